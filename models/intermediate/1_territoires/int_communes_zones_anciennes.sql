-- EPCI of earlier years, in the communes of their own year: one delivery (partition) a year, as many as were received. Only those that
-- touch the region, whole.
with listes as (
    select
        *,
        dense_rank() over (order by millesime desc) as anciennete
    from {{ en_vigueur('stg_dgcl__epci') }}
    where code_epci <> 'ZZZZZZZZZ'
),

regionales as (
    select distinct
        l.millesime,
        l.code_epci
    from listes as l
    inner join {{ ref('int_passages') }} as p on l.millesime = p.cog_source and l.code_commune = p.code_source
    inner join {{ ref('int_communes') }} as c on p.code_cible = c.code_commune
    where c.code_region = {{ region() }}
)

select
    'EPCI' as type_territoire,
    l.code_epci as code_territoire,
    l.code_commune,
    l.millesime as cog,
    l.millesime as millesime_zonage
from listes as l
inner join regionales as r on l.millesime = r.millesime and l.code_epci = r.code_epci
where l.anciennete > 1
