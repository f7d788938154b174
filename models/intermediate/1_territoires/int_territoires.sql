with zones as (
    select
        z.type_territoire,
        z.code_territoire,
        z.libelle,
        z.code_region,
        z.code_departement,
        z.est_interregional,
        z.est_complete,
        -- min() of a flag that is constant within the group: the sum of an incomplete zone would be a wrong total
        case when min(case when z.est_complete then 1 else 0 end) = 1 then sum(p.population_municipale) end
            as population_municipale
    from {{ ref('int_zones') }} as z
    inner join {{ ref('int_communes_zones') }} as m
        on z.type_territoire = m.type_territoire and z.code_territoire = m.code_territoire
    left join {{ ref('int_populations') }} as p on m.code_commune = p.code_commune
    group by
        z.type_territoire, z.code_territoire, z.libelle, z.code_region, z.code_departement, z.est_interregional, z.est_complete
),

communes as (
    select
        'COM' as type_territoire,
        c.code_commune as code_territoire,
        c.libelle,
        c.code_region,
        c.code_departement,
        false as est_interregional,
        true as est_complete,
        p.population_municipale
    from {{ ref('int_communes') }} as c
    left join {{ ref('int_populations') }} as p on c.code_commune = p.code_commune
    where c.code_region = {{ region() }}
),

tous as (
    select * from zones
    union all
    select * from communes
    union all
    select
        'FRANCE',
        'FM',
        'France métropolitaine',
        null,
        null,
        true,
        false,
        null
),

surfaces as (
    select
        type_territoire,
        code_territoire,
        surface_km2
    from {{ ref('int_contours') }}
    union all
    -- A region is the sum of its départements, when all of them are known.
    select
        'REG',
        d.code_region,
        case when count(c.surface_km2) = count(*) then sum(c.surface_km2) end
    from {{ en_vigueur('stg_insee__cog_departements') }} as d
    left join {{ ref('int_contours') }} as c
        on c.type_territoire = 'DEP' and d.code_departement = c.code_territoire
    group by d.code_region
)

select
    t.type_territoire || '-' || t.code_territoire as territoire,
    t.type_territoire,
    t.code_territoire,
    t.libelle,
    t.code_region,
    t.code_departement,
    t.est_interregional,
    t.est_complete,
    round(s.surface_km2, 1) as superficie_km2,
    cast(round(t.population_municipale) as bigint) as population_municipale
from tous as t
left join surfaces as s on t.type_territoire = s.type_territoire and t.code_territoire = s.code_territoire
