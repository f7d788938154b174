-- The zones of the working group as lists of today's communes. A line that names a commune of an older geography brings its élits; a
-- commune of today belongs to the zone when all of its élits do (the others are refused by a test).
with elits as (
    select
        l.projet,
        l.libelle,
        l.ligne,
        e.elit
    from {{ ref('int_projets_lignes') }} as l
    inner join {{ ref('int_elits_communes') }} as e on l.cog = e.cog and l.code_commune = e.code_commune
    where l.faute is null
    union all
    select
        l.projet,
        l.libelle,
        l.ligne,
        e.elit
    from {{ ref('int_projets_lignes') }} as l
    inner join {{ ref('int_communes_zonages') }} as z
        on l.type_territoire = z.type_territoire and l.code_territoire = z.code_territoire
    inner join {{ ref('int_elits_communes') }} as e on e.cog = {{ cog_courant() }} and z.code_commune = e.code_commune
    where l.faute is null
),

tailles as (
    select
        code_commune,
        count(*) as nombre
    from {{ ref('int_elits_communes') }}
    where cog = {{ cog_courant() }}
    group by code_commune
)

select
    e.projet,
    min(e.libelle) as libelle,
    c.code_commune,
    min(e.ligne) as premiere_ligne,
    -- one line per élit: two lines that bring the same territory count it twice
    cast(count(*) - count(distinct e.elit) as integer) as elits_en_double,
    cast(max(t.nombre) - count(distinct e.elit) as integer) as elits_manquants
from elits as e
inner join {{ ref('int_elits_communes') }} as c on c.cog = {{ cog_courant() }} and e.elit = c.elit
inner join tailles as t on c.code_commune = t.code_commune
group by e.projet, c.code_commune
