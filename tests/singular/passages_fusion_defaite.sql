-- A merger that was undone gives back exactly what was there; a split that no former commune explains is shared by population; codes that
-- die and come back, code changes on the day of a merger.
with nombres as (
    select
        cog_source,
        code_source,
        count(*) as nombre_cibles
    from {{ ref('int_passages') }}
    group by cog_source, code_source
)

select
    f.cog_source,
    f.code_source,
    f.code_cible,
    f.poids_numerateur / f.poids_denominateur as attendu,
    p.poids as trouve
from {{ ref('passages_attendus') }} as f
left join {{ ref('int_passages') }} as p
    on f.cog_source = p.cog_source and f.code_source = p.code_source and f.code_cible = p.code_cible
left join nombres as n on f.cog_source = n.cog_source and f.code_source = n.code_source
where
    p.poids is null or abs(p.poids - f.poids_numerateur / f.poids_denominateur) > 1e-9
    or (f.poids_numerateur = f.poids_denominateur and n.nombre_cibles > 1)
