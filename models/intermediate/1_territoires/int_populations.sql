-- Municipal population of the newest census by commune of today: the weight of coverages, and what `territoires` prints.
with dernier as (
    select max(annee_recensement) as annee_recensement
    from {{ en_vigueur('stg_insee__populations_communes') }}
)

select
    p.code_cible as code_commune,
    sum(r.population_municipale * p.poids) as population_municipale
from {{ en_vigueur('stg_insee__populations_communes') }} as r
inner join dernier as d on r.annee_recensement = d.annee_recensement
left join {{ ref('int_arrondissements_municipaux') }} as a on r.code_commune = a.code_arrondissement_municipal
inner join {{ ref('int_passages') }} as p
    on r.millesime_cog = p.cog_source and coalesce(a.code_commune, r.code_commune) = p.code_source
group by p.code_cible
