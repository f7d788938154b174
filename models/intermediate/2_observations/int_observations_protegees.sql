{{ config(materialized='par_indicateur') }}
-- The producers' figures in today's geography, less those that would give back what a producer hides.
select
    p.indicateur,
    p.type_territoire,
    p.code_territoire,
    p.periode,
    p.modalite,
    case when r.motif is null then p.valeur end as valeur,
    case when r.motif is null then p.statut else 'Q' end as statut,
    case when r.motif is null then p.confidentialite else 'D' end as confidentialite,
    p.marque_producteur,
    p.methode,
    coalesce(r.motif, p.motif) as motif,
    p.cog,
    p.n_unites,
    p.part_max,
    p.source,
    p.livraison,
    p.publie_le
from {{ ref('int_observations_publiees') }} as p
left join {{ ref('int_secret_retenues') }} as r
    on
        p.indicateur = r.indicateur and p.type_territoire = r.type_territoire and p.code_territoire = r.code_territoire
        and p.periode = r.periode and p.modalite = r.modalite
