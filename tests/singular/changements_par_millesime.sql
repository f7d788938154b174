-- The changes of each year, counted from the movement file, are those that were read by hand for Normandie.
with mouvements as (
    select distinct
        m.modalite_mouvement as modalite,
        m.date_effet,
        m.type_avant,
        m.code_avant,
        m.type_apres,
        m.code_apres,
        year(m.date_effet) + case when month(m.date_effet) = 1 and day(m.date_effet) = 1 then 0 else 1 end as cog,
        d.code_region
    from {{ en_vigueur('stg_insee__cog_mouvements') }} as m
    inner join {{ ref('departements') }} as d on d.code_departement = substr(m.code_apres, 1, 2)
    where m.date_effet > make_date({{ var('premier_cog') }}, 1, 1)
),

entieres as (
    select
        *,
        cast(date_effet as string) || code_avant as avant,
        cast(date_effet as string) || code_apres as apres
    from mouvements
    where type_avant = 'COM' and type_apres = 'COM'
),

comptes as (
    select
        cog,
        code_region,
        count(distinct case when modalite in (31, 32, 33) then apres end) as communes_nouvelles,
        count(distinct case when modalite in (31, 32, 33) then avant end) as communes_reunies,
        count(distinct case when modalite in (31, 32, 33) and code_avant <> code_apres then avant end) as absorbees,
        count(distinct case when modalite = 21 and code_avant <> code_apres then apres end) as retablies,
        count(distinct case when modalite = 50 then apres end) as changements_code,
        count(distinct case when modalite = 41 then apres end) as changements_departement,
        count(distinct case when modalite = 10 then apres end) as changements_nom
    from entieres
    group by cog, code_region
),

suppressions as (
    select
        cog,
        code_region,
        count(distinct code_avant) as deleguees_supprimees
    from mouvements
    where modalite = 35
    group by cog, code_region
)

select a.*
from {{ ref('changements_attendus') }} as a
left join comptes as c on a.cog = c.cog and a.code_region = c.code_region
left join suppressions as s on a.cog = s.cog and a.code_region = s.code_region
where
    a.communes_nouvelles <> coalesce(c.communes_nouvelles, 0)
    or coalesce(a.communes_reunies, c.communes_reunies, 0) <> coalesce(c.communes_reunies, 0)
    or a.absorbees <> coalesce(c.absorbees, 0)
    or a.retablies <> coalesce(c.retablies, 0)
    or a.changements_code <> coalesce(c.changements_code, 0)
    or a.changements_departement <> coalesce(c.changements_departement, 0)
    or a.changements_nom <> coalesce(c.changements_nom, 0)
    or a.deleguees_supprimees <> coalesce(s.deleguees_supprimees, 0)
