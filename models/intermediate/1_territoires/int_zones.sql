-- Everything that is summed from communes: the zonings whole, their regional parts, the zones of the working group that touch the region.
with regions as (
    select
        code_region,
        libelle
    from {{ en_vigueur('stg_insee__cog_regions') }}
),

autres as (
    select
        m.type_territoire,
        m.code_territoire,
        count(*) as nombre_membres,
        count(distinct c.code_region) as nombre_regions,
        min(c.code_region) as code_region,
        count(distinct c.code_departement) as nombre_departements,
        min(c.code_departement) as code_departement
    from {{ ref('int_communes_zones') }} as m
    inner join {{ ref('int_communes') }} as c on m.code_commune = c.code_commune
    where m.type_territoire = 'PROJET' or m.type_territoire like '%PARTIE'
    group by m.type_territoire, m.code_territoire
    having max(case when c.code_region = {{ region() }} then 1 else 0 end) = 1
),

projets as (
    select distinct
        projet,
        libelle
    from {{ ref('int_projets') }}
)

select
    type_territoire,
    code_territoire,
    libelle,
    code_region,
    code_departement,
    nombre_membres,
    est_complete,
    est_interregional
from {{ ref('int_zonages') }}
union all
select
    a.type_territoire,
    a.code_territoire,
    coalesce(p.libelle, z.libelle || ' (partie ' || r.libelle || ')'),
    case when a.nombre_regions = 1 then a.code_region end,
    case when a.nombre_departements = 1 then a.code_departement end,
    a.nombre_membres,
    true,
    a.nombre_regions > 1
from autres as a
left join projets as p on a.type_territoire = 'PROJET' and a.code_territoire = p.projet
left join {{ ref('int_zonages') }} as z
    on a.type_territoire = z.type_territoire || '_PARTIE' and a.code_territoire = z.code_territoire || '-' || {{ region() }}
left join regions as r on r.code_region = {{ region() }}
