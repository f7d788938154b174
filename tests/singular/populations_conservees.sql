-- The population of the region is the same before and after the journey to today's communes, to the unit, for every census.
with avant as (
    select
        r.periode,
        r.indicateur,
        sum(r.valeur) as total
    from {{ ref('int_observations_recues') }} as r
    inner join {{ ref('int_passages') }} as p on r.cog = p.cog_source and r.code_territoire = p.code_source
    inner join {{ ref('int_communes') }} as c on p.code_cible = c.code_commune
    where
        r.source = 'insee__populations_communes' and r.type_territoire = 'COM' and r.est_en_vigueur
        -- a split commune is counted once, with its first product
        and p.code_cible = (
            select min(q.code_cible) from {{ ref('int_passages') }} as q
            where q.cog_source = p.cog_source and q.code_source = p.code_source
        )
        and c.code_region = {{ region() }}
    group by r.periode, r.indicateur
),

apres as (
    select
        periode,
        indicateur,
        sum(valeur) as total
    from {{ ref('observations') }}
    where
        territoire in (
            select territoire from {{ ref('territoires') }}
            where type_territoire = 'COM' and code_region = {{ region() }}
        )
        and indicateur in ('population_municipale', 'population_totale', 'population_comptee_a_part')
    group by periode, indicateur
)

select
    a.indicateur,
    a.periode,
    a.total as avant,
    b.total as apres
from avant as a
left join apres as b on a.indicateur = b.indicateur and a.periode = b.periode
where b.total is null or abs(a.total - b.total) > 0.5
