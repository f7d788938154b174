-- Every commune of today is reached from every vintage.
select
    c.code_commune,
    v.cog_source
from {{ ref('int_communes') }} as c
cross join (select distinct cog_source from {{ ref('passages') }}) as v
left join {{ ref('passages') }} as p on v.cog_source = p.cog_source and c.code_commune = p.code_cible
where p.code_cible is null
