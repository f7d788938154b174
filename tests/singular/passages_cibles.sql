-- Every commune of today is reached from every vintage, and every commune that the release speaks of is reached in every vintage.
with attendues as (
    select
        v.cog as cog_source,
        {{ cog_courant() }} as cog_cible,
        c.code_commune as code_cible
    from {{ ref('int_communes') }} as c
    cross join (select distinct cog from {{ ref('int_elits_communes') }}) as v
    union all
    select distinct
        {{ cog_courant() }},
        b.cog,
        b.code_commune
    from {{ ref('int_elits_communes') }} as a
    inner join {{ ref('int_communes_utiles') }} as u on a.code_commune = u.code_commune
    inner join {{ ref('int_elits_communes') }} as b on a.elit = b.elit
    where a.cog = {{ cog_courant() }}
)

select a.*
from attendues as a
left join {{ ref('passages') }} as p
    on a.cog_source = p.cog_source and a.cog_cible = p.cog_cible and a.code_cible = p.code_cible
where p.code_cible is null
