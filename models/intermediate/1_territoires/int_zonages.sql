-- The zones that touch the region served (all regions and France besides), whole: with their communes outside the region.
{% set est_zone_complete %}(m.type_territoire not in ('BV2022', 'UU2020', 'AAV2020') or coalesce(l.nombre_communes = m.nombre_membres, false)){% endset %}
with membres as (
    select
        z.type_territoire,
        z.code_territoire,
        count(*) as nombre_membres,
        count(distinct c.code_region) as nombre_regions,
        min(c.code_region) as code_region,
        count(distinct c.code_departement) as nombre_departements,
        min(c.code_departement) as code_departement,
        max(case when c.code_region = {{ region() }} then 1 else 0 end) as touche_la_region
    from {{ ref('int_communes_zonages') }} as z
    inner join {{ ref('int_communes') }} as c on z.code_commune = c.code_commune
    group by z.type_territoire, z.code_territoire
),

epci as (
    select distinct
        code_epci,
        libelle,
        dense_rank() over (order by millesime desc) as anciennete
    from {{ en_vigueur('stg_dgcl__epci') }}
),

libelles as (
    select
        'EPCI' as type_territoire,
        code_epci as code_territoire,
        libelle,
        cast(null as integer) as nombre_communes
    from epci
    where anciennete = 1
    union all
    select distinct
        'ZE2020',
        code_ze2020,
        libelle,
        cast(null as integer)
    from {{ en_vigueur('stg_insee__zones_emploi') }}
    union all
    select
        type_territoire,
        code_territoire,
        libelle,
        nombre_communes
    from {{ en_vigueur('stg_insee__appartenance_libelles') }}
    where type_territoire in ('BV2022', 'UU2020', 'AAV2020', 'CAN')
    union all
    select
        'ARR',
        code_arrondissement,
        libelle,
        cast(null as integer)
    from {{ en_vigueur('stg_insee__cog_arrondissements') }}
    union all
    select
        'DEP',
        code_departement,
        libelle,
        cast(null as integer)
    from {{ en_vigueur('stg_insee__cog_departements') }}
    union all
    select
        'REG',
        code_region,
        libelle,
        cast(null as integer)
    from {{ en_vigueur('stg_insee__cog_regions') }}
    union all
    select
        'FRANCE',
        'F',
        'France',
        cast(null as integer)
)

select
    m.type_territoire,
    m.code_territoire,
    l.libelle,
    -- said only of zones that are wholly known: the communes that we lack may lie elsewhere
    case when m.nombre_regions = 1 and {{ est_zone_complete }} then m.code_region end as code_region,
    case when m.nombre_departements = 1 and {{ est_zone_complete }} then m.code_departement end as code_departement,
    m.nombre_membres,
    -- Lists of the whole country know every member. Those that may cover the region alone (BV, UU, AAV) are whole only if the producer
    -- announces as many communes as we hold; without an announced number nothing is known.
    {{ est_zone_complete }} as est_complete,
    case
        when m.nombre_regions > 1 then true
        when m.type_territoire not in ('BV2022', 'UU2020', 'AAV2020') then false
        when l.nombre_communes is not null then l.nombre_communes > m.nombre_membres
    end as est_interregional
from membres as m
left join libelles as l on m.type_territoire = l.type_territoire and m.code_territoire = l.code_territoire
where m.touche_la_region = 1 or m.type_territoire in ('REG', 'FRANCE')
