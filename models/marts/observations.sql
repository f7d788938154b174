{{ config(materialized='par_indicateur') }}
with toutes as (
    select * from {{ ref('int_observations_de_base') }}
    union all
    select * from {{ ref('int_observations_calculees') }}
)

select
    o.indicateur,
    t.territoire,
    o.periode,
    o.modalite,
    o.valeur,
    o.statut,
    o.confidentialite,
    o.marque_producteur,
    o.methode,
    cast(o.cog as integer) as millesime_cog,
    cast(o.publie_le as timestamp) as publie_le,
    o.livraison,
    {{ debut_periode('o.periode') }} as date_debut,
    {{ fin_periode('o.periode') }} as date_fin,
    cast(o.couverture as double) as couverture,
    o.motif,
    cast(o.n_unites as bigint) as n_unites,
    -- to the next twentieth: the exact share of a firm is not ours to print
    cast(ceil(round(o.part_max * 20, 6)) / 20 as double) as part_max,
    c.correction
from toutes as o
inner join {{ ref('int_territoires') }} as t
    on o.type_territoire = t.type_territoire and o.code_territoire = t.code_territoire
left join {{ ref('int_observations_en_vigueur') }} as c
    on
        o.methode = 'publiee' and c.correction is not null and o.confidentialite = 'F'
        and o.indicateur = c.indicateur and o.type_territoire = c.type_territoire and o.code_territoire = c.code_territoire
        and o.periode = c.periode and o.modalite = c.modalite and o.livraison = c.livraison
