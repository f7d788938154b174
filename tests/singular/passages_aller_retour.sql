-- Geographies are compared by what they share, not chained: A to B then B to A, the links are the same two communes.
select
    a.cog_source,
    a.code_source,
    a.cog_cible,
    a.code_cible
from {{ ref('int_passages') }} as a
inner join {{ ref('int_communes_utiles') }} as u on a.code_cible = u.code_commune
left join {{ ref('passages') }} as r
    on a.cog_cible = r.cog_source and a.code_cible = r.code_source and a.cog_source = r.cog_cible and a.code_source = r.code_cible
where r.nature is null or (a.nature = 'identite') <> (r.nature = 'identite')
