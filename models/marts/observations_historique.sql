{{ config(materialized='par_indicateur') }}
-- The versions as they can be printed: what would give a hidden cell back is withheld from every version.
with comptages as (
    select distinct
        s.indicateur,
        v.type_territoire,
        v.code_territoire,
        v.periode
    from {{ ref('int_seuils') }} as s
    inner join {{ ref('int_observations_versions') }} as v on s.indicateur_menages = v.indicateur
    left join {{ ref('int_secret_historique') }} as r
        on
            v.source = r.source and v.indicateur = r.indicateur and v.type_territoire = r.type_territoire
            and v.code_territoire = r.code_territoire and v.cog = r.cog and v.periode = r.periode and v.modalite = r.modalite
    where v.confidentialite <> 'F' or r.motif is not null
)

select
    v.indicateur,
    v.type_territoire || '-' || v.code_territoire as territoire,
    v.periode,
    v.modalite,
    case when s.motif is null then v.valeur end as valeur,
    case when s.motif is null or v.valeur is null then v.statut else 'Q' end as statut,
    case when s.motif is null or v.valeur is null then v.confidentialite else 'D' end as confidentialite,
    v.marque_producteur,
    v.methode,
    cast(v.cog as integer) as millesime_cog,
    cast(v.publie_le as timestamp) as publie_le,
    v.livraison,
    {{ debut_periode('v.periode') }} as date_debut,
    {{ fin_periode('v.periode') }} as date_fin,
    case when v.valeur is null then v.motif else coalesce(s.motif, v.motif) end as motif,
    v.source,
    v.partie as partition,
    cast(v.ligne as bigint) as ligne,
    v.est_retrait,
    case when s.motif is null then v.correction end as correction,
    -- a number of units is a figure too: told only where the measure that counts them is
    case when s.motif is null and c.indicateur is null then cast(v.n_unites as bigint) end as n_unites,
    case when s.motif is null then cast(ceil(round(v.part_max * 20, 6)) / 20 as double) end as part_max,
    cast(v.priorite as integer) as priorite,
    v.version,
    cast(v.connu_du as timestamp) as connu_du,
    cast(v.connu_jusqua as timestamp) as connu_jusqua
from {{ ref('int_observations_versions') }} as v
left join {{ ref('int_secret_historique') }} as s
    on
        v.source = s.source and v.indicateur = s.indicateur and v.type_territoire = s.type_territoire
        and v.code_territoire = s.code_territoire and v.cog = s.cog and v.periode = s.periode and v.modalite = s.modalite
left join comptages as c
    on
        v.indicateur = c.indicateur and v.type_territoire = c.type_territoire and v.code_territoire = c.code_territoire
        and v.periode = c.periode
