-- Today's memberships of everything that can be summed from communes: the zonings, the regional part of those that straddle the region
-- (or may: a list received for the region alone does not say), and the zones of the working group.
select
    type_territoire,
    code_territoire,
    code_commune,
    millesime_zonage
from {{ ref('int_communes_zonages') }}
union all
select
    m.type_territoire || '_PARTIE',
    m.code_territoire || '-' || {{ region() }},
    m.code_commune,
    m.millesime_zonage
from {{ ref('int_communes_zonages') }} as m
inner join {{ ref('int_zonages') }} as z on m.type_territoire = z.type_territoire and m.code_territoire = z.code_territoire
inner join {{ ref('int_communes') }} as c on m.code_commune = c.code_commune
where
    coalesce(z.est_interregional, true) and c.code_region = {{ region() }}
    and m.type_territoire in ('EPCI', 'ZE2020', 'BV2022', 'UU2020', 'AAV2020')
union all
select
    'PROJET',
    projet,
    code_commune,
    {{ cog_courant() }}
from {{ ref('int_projets') }}
