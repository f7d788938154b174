-- The movements replayed backwards from today's communes: at each step, a code that an event produced becomes the codes it came from.
with recursive evenements as (
    select * from {{ ref('int_evenements_communes') }}
),

derniere_etape as (
    select coalesce(max(etape), 0) + 1 as etape from evenements
),

mobiles as (
    select code_avant as code from evenements
    union
    select code_apres from evenements
),

etats (code, code_cible, poids, etape) as (
    select
        c.code_commune as code,
        c.code_commune as code_cible,
        cast(1 as double) as poids,
        d.etape
    from {{ ref('int_communes') }} as c
    inner join mobiles as m on c.code_commune = m.code
    cross join derniere_etape as d
    union all
    select
        coalesce(e.code_avant, s.code),
        s.code_cible,
        s.poids * coalesce(e.poids, 1),
        s.etape - 1
    from etats as s
    left join evenements as e on s.etape - 1 = e.etape and s.code = e.code_apres
    where s.etape > 1
),

annees as (
    {% for annee in range(var('premier_cog') | int, var('cog_courant') | int + 1) %}
        select {{ annee }} as cog {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

-- The state of the country at the COG of a year is the one just before the first event of a later COG.
millesimes as (
    select
        a.cog,
        coalesce(min(e.etape), max(d.etape)) as etape
    from annees as a
    cross join derniere_etape as d
    left join evenements as e on a.cog < e.cog
    group by a.cog
),

liens as (
    select
        m.cog as cog_source,
        s.code as code_source,
        s.code_cible,
        sum(s.poids) as poids
    from etats as s
    inner join millesimes as m on s.etape = m.etape
    group by m.cog, s.code, s.code_cible
    union all
    select
        m.cog as cog_source,
        c.code_commune as code_source,
        c.code_commune as code_cible,
        cast(1 as double) as poids
    from {{ ref('int_communes') }} as c
    cross join millesimes as m
    where c.code_commune not in (select code from mobiles)
),

comptes as (
    select
        *,
        count(*) over (partition by cog_source, code_source) as nombre_cibles,
        count(*) over (partition by cog_source, code_cible) as nombre_sources
    from liens
)

select
    cog_source,
    code_source,
    cast({{ cog_courant() }} as integer) as cog_cible,
    code_cible,
    poids,
    case
        when nombre_cibles > 1 then 'scission'
        when nombre_sources > 1 then 'fusion'
        when code_source <> code_cible then 'recodage'
        else 'identite'
    end as nature
from comptes
