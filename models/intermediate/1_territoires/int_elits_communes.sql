-- The movements replayed once, forwards, on elementary territories (élits): the communes of the first geography, cut only where a split
-- shows a territory that no list had shown. A merger that is undone gives each élit back to the commune that it came from.
with recursive evenements as (
    select * from {{ ref('int_evenements_communes') }}
),

derniere_etape as (
    select coalesce(max(etape), 0) as etape from evenements
),

mobiles as (
    select
        code,
        min(avant) as premier_avant,
        min(apres) as premier_apres
    from (
        select
            code_avant as code,
            etape as avant,
            cast(null as integer) as apres
        from evenements
        union all
        select
            code_apres,
            null,
            etape
        from evenements
    ) as apparitions
    group by code
),

-- `etape` is the event to come; `parcours` the codes borne so far; `code_reuni` the code borne just before the last merger.
etats (elit, code, parcours, code_reuni, etape) as (
    select
        cast(m.code as string) as elit,
        cast(m.code as string) as code,
        '|' || m.code || '|' as parcours,
        cast(null as string) as code_reuni,
        1 as etape
    from mobiles as m
    -- in the first list: the codes that an event takes before any event gives them
    where m.premier_avant is not null and (m.premier_apres is null or m.premier_avant <= m.premier_apres)
    union all
    select
        case when u.nombre_libres > 1 then s.elit || '>' || u.code_apres else s.elit end,
        coalesce(r.code_apres, u.code_apres, s.code),
        case
            when coalesce(r.code_apres, u.code_apres, s.code) = s.code then s.parcours
            else s.parcours || coalesce(r.code_apres, u.code_apres) || '|'
        end,
        case
            when u.nature = 'fusion' then s.code
            when r.nature = 'scission' or u.nature = 'scission' then null
            else s.code_reuni
        end,
        s.etape + 1
    from etats as s
    cross join derniere_etape as d
    -- the product that is this élit's own former commune, else the products that take what nobody claims
    left join evenements as r
        on
            s.etape = r.etape and s.code = r.code_avant and r.est_retablie
            and case when s.code = r.code_apres then s.code_reuni = s.code else s.parcours like '%|' || r.code_apres || '|%' end
    left join evenements as u
        on r.code_apres is null and s.etape = u.etape and s.code = u.code_avant and not u.est_retablie
    where s.etape <= d.etape
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
        coalesce(min(e.etape), max(d.etape) + 1) as etape
    from annees as a
    cross join derniere_etape as d
    left join evenements as e on a.cog < e.cog
    group by a.cog
),

finals as (
    select
        s.elit,
        substr(s.elit, 1, 5) as origine
    from etats as s
    inner join derniere_etape as d on s.etape = d.etape + 1
)

select
    m.cog,
    f.elit,
    s.code as code_commune
from etats as s
-- before it was cut, an élit was in the one that it was cut from: its name begins with it
inner join finals as f on substr(s.elit, 1, 5) = f.origine and s.elit = substr(f.elit, 1, length(s.elit))
inner join millesimes as m on s.etape = m.etape
union all
select
    m.cog,
    c.code_commune as elit,
    c.code_commune
from {{ ref('int_communes') }} as c
cross join millesimes as m
where c.code_commune not in (select code from mobiles)
