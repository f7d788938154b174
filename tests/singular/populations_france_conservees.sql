-- The whole country, every census received: all its communes are known to the geography that it says, and the sum of their populations
-- carried to today's communes is the sum before, to the unit.
with avant as (
    select
        coalesce(a.code_commune, r.code_commune, p.code_commune) as code_commune,
        p.millesime_cog,
        p.annee_recensement,
        p.population_municipale
    from {{ en_vigueur('stg_insee__populations_communes') }} as p
    left join {{ ref('int_arrondissements_municipaux') }} as a on p.code_commune = a.code_arrondissement_municipal
    left join {{ ref('codes_retardes') }} as r
        on p.code_commune = r.code_alias and p.millesime_cog between r.cog_debut and r.cog_fin
),

apres as (
    select
        a.annee_recensement,
        sum(a.population_municipale * p.poids) as total
    from avant as a
    inner join {{ ref('int_passages') }} as p on a.millesime_cog = p.cog_source and a.code_commune = p.code_source
    group by a.annee_recensement
)

select
    'population_municipale' as indicateur,
    a.annee_recensement,
    sum(a.population_municipale) as total_avant,
    max(b.total) as total_apres
from avant as a
left join apres as b on a.annee_recensement = b.annee_recensement
group by a.annee_recensement
having max(b.total) is null or abs(sum(a.population_municipale) - max(b.total)) > 0.5
