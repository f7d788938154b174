-- What each élit weighs: the municipal population of the commune that it was alone in. An élit that took part in a split is weighed by the
-- first census that shows the products; any other one by the last that shows it before it merged. A census that shows several together
-- gives the population of the group, which divides as another census, or that of the communes déléguées, knew its parts; if one of them
-- is not known, neither is any.
with communes as (
    select
        p.millesime_cog as cog,
        coalesce(a.code_commune, r.code_commune, p.code_commune) as code_commune,
        sum(p.population_municipale) as population
    from {{ en_vigueur('stg_insee__populations_communes') }} as p
    left join {{ ref('int_arrondissements_municipaux') }} as a on p.code_commune = a.code_arrondissement_municipal
    left join {{ ref('codes_retardes') }} as r
        on p.code_commune = r.code_alias and p.millesime_cog between r.cog_debut and r.cog_fin
    group by p.millesime_cog, coalesce(a.code_commune, r.code_commune, p.code_commune)
),

effectifs as (
    select
        cog,
        code_commune,
        count(*) as nombre
    from {{ ref('int_elits_communes') }}
    group by cog, code_commune
),

separations as (
    select
        c.elit,
        max(e.cog) as cog
    from {{ ref('int_evenements_communes') }} as e
    inner join {{ ref('int_elits_communes') }} as c on e.cog - 1 = c.cog and e.code_avant = c.code_commune
    where e.nature = 'scission'
    group by c.elit
),

recensees as (
    select
        c.elit,
        c.cog,
        c.code_commune,
        n.nombre,
        p.population,
        row_number() over (
            partition by c.elit
            order by
                case when c.cog >= s.cog then 0 else 1 end,
                n.nombre,
                case when c.cog >= s.cog then c.cog else -c.cog end
        ) as rang,
        row_number() over (partition by c.elit order by n.nombre asc, c.cog desc) as rang_seul
    from {{ ref('int_elits_communes') }} as c
    inner join communes as p on c.cog = p.cog and c.code_commune = p.code_commune
    inner join effectifs as n on c.cog = n.cog and c.code_commune = n.code_commune
    left join separations as s on c.elit = s.elit
),

-- An associated commune merged before the first geography belongs to the commune that absorbed it then.
anciennes_absorptions as (
    select
        code_avant,
        code_apres,
        row_number() over (partition by code_avant order by date_effet desc, code_apres asc) as rang
    from {{ en_vigueur('stg_insee__cog_mouvements') }}
    where
        type_avant = 'COM' and type_apres = 'COM' and code_avant <> code_apres and modalite_mouvement in (30, 31, 32, 33)
        and date_effet <= make_date({{ var('premier_cog') }}, 1, 1)
),

deleguees as (
    select
        c.elit,
        d.cog,
        d.code_commune,
        sum(d.population_municipale) as population
    from {{ ref('populations_deleguees') }} as d
    left join anciennes_absorptions as a on d.code_deleguee = a.code_avant and a.rang = 1
    inner join {{ ref('int_elits_communes') }} as c
        on d.cog = c.cog and d.code_commune = c.code_commune and c.elit in (d.code_deleguee, a.code_apres)
    group by c.elit, d.cog, d.code_commune
),

partagees as (
    select
        cog,
        code_commune
    from deleguees
    group by cog, code_commune
),

-- One part of a commune that has no row of its own is what the others leave.
fractions as (
    select
        c.elit,
        case
            when d.population is not null then d.population
            when count(*) over (partition by c.cog, c.code_commune) - count(d.population) over (partition by c.cog, c.code_commune) = 1
                then nullif(greatest(p.population - sum(d.population) over (partition by c.cog, c.code_commune), 0), 0)
        end as population
    from {{ ref('int_elits_communes') }} as c
    inner join communes as p on c.cog = p.cog and c.code_commune = p.code_commune
    inner join partagees as x on c.cog = x.cog and c.code_commune = x.code_commune
    left join deleguees as d on c.elit = d.elit and c.cog = d.cog and c.code_commune = d.code_commune
),

groupes as (
    select
        e.elit,
        r.cog as cog_population,
        r.code_commune as code_population,
        r.nombre,
        r.population as population_groupe,
        coalesce(seul.population, f.population) as fraction,
        count(*) over (partition by r.cog, r.code_commune) as nombre_retenus,
        count(coalesce(seul.population, f.population)) over (partition by r.cog, r.code_commune) as nombre_fractions,
        sum(coalesce(seul.population, f.population)) over (partition by r.cog, r.code_commune) as somme_fractions
    from {{ ref('int_elits_communes') }} as e
    left join recensees as r on e.elit = r.elit and r.rang = 1
    left join recensees as seul on e.elit = seul.elit and seul.rang_seul = 1 and seul.nombre = 1
    left join fractions as f on e.elit = f.elit
    where e.cog = {{ cog_courant() }}
)

select
    elit,
    substr(elit, 1, 5) as code_origine,
    cog_population,
    code_population,
    cast(coalesce(nombre, 1) as integer) as nombre_groupe,
    case
        when nombre = 1 then population_groupe
        when nombre_fractions = nombre and nombre_retenus = nombre then population_groupe * fraction / nullif(somme_fractions, 0)
    end as population,
    -- the part of its group when nothing tells how the group divides: only sums of whole groups mean something
    case when nombre = 1 then population_groupe when nombre_retenus = nombre then population_groupe / nombre end as population_moyenne
from groupes
