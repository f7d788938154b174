-- The lists of communes rebuilt from the movements have as many communes as the producer's, year by year. Départements are those of the
-- code: a commune that changed of département counts where it was.
with departements as (
    select
        c.cog,
        d.code_region,
        d.code_departement,
        count(distinct c.code_commune) as communes
    from {{ ref('int_elits_communes') }} as c
    inner join {{ ref('departements') }} as d
        on d.code_departement = substr(c.code_commune, 1, case when c.code_commune like '97%' then 3 else 2 end)
    group by c.cog, d.code_region, d.code_departement
),

trouvees as (
    select
        cog,
        code_region,
        code_departement,
        communes
    from departements
    union all
    select
        cog,
        code_region,
        null,
        sum(communes)
    from departements
    group by cog, code_region
    union all
    select
        cog,
        null,
        null,
        sum(communes)
    from departements
    group by cog
)

select
    a.cog,
    a.code_region,
    a.code_departement,
    a.communes as attendues,
    t.communes as trouvees
from {{ ref('communes_attendues') }} as a
left join trouvees as t
    on
        a.cog = t.cog and coalesce(a.code_region, '') = coalesce(t.code_region, '')
        and coalesce(a.code_departement, '') = coalesce(t.code_departement, '')
where t.communes is null or a.communes <> t.communes
