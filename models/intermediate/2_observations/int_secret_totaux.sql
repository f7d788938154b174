{{ config(materialized='par_indicateur') }}
-- Every total that a producer prints over a hidden cell, one row per cell. Regions that we do not detail count as one unknown cell
-- each: they veil the total of France, as they should, unless their own total is printed too.
with cases as (
    select * from {{ ref('int_secret_cases') }}
    where true{{ et_refaits('indicateur') }}
),

zones as (
    select * from {{ ref('int_secret_zones') }}
),

tailles as (
    select
        type_territoire,
        code_territoire,
        count(*) as nombre_communes
    from zones
    group by type_territoire, code_territoire
),

masques as (
    select distinct
        type_territoire,
        code_territoire
    from cases
),

-- A place lies in a zone when all its communes do.
inclusions as (
    select
        'COM' as type_part,
        m.code_territoire as code_part,
        z.type_territoire,
        z.code_territoire
    from masques as m
    inner join zones as z on m.code_territoire = z.code_commune
    where m.type_territoire = 'COM'
    union all
    select
        m.type_territoire,
        m.code_territoire,
        z.type_territoire,
        z.code_territoire
    from masques as m
    inner join tailles as t on m.type_territoire = t.type_territoire and m.code_territoire = t.code_territoire
    inner join zones as c on m.type_territoire = c.type_territoire and m.code_territoire = c.code_territoire
    inner join zones as z on c.code_commune = z.code_commune
    where z.type_territoire <> m.type_territoire or z.code_territoire <> m.code_territoire
    group by m.type_territoire, m.code_territoire, z.type_territoire, z.code_territoire, t.nombre_communes
    having count(*) = t.nombre_communes
),

series as (
    select distinct
        indicateur,
        periode,
        modalite
    from cases
),

termes as (
    select 'haut' as terme
    union all
    select 'bas'
),

inconnues as (
    select distinct
        c.code_region,
        z.type_territoire,
        z.code_territoire
    from {{ ref('int_communes') }} as c
    inner join zones as z on c.code_commune = z.code_commune
    where c.code_region <> {{ region() }} and z.type_territoire in ('REG', 'FRANCE')
),

cellules as (
    select
        c.indicateur,
        c.periode,
        c.modalite,
        c.type_territoire || '-' || c.code_territoire as cellule,
        c.groupe,
        1 as est_protegee,
        i.type_territoire,
        i.code_territoire
    from cases as c
    inner join inclusions as i on c.type_territoire = i.type_part and c.code_territoire = i.code_part
    union all
    select
        s.indicateur,
        s.periode,
        s.modalite,
        'inconnues-' || i.code_region,
        'inconnues-' || i.code_region,
        0,
        i.type_territoire,
        i.code_territoire
    from series as s
    cross join inconnues as i
),

-- A total is printed as such, or follows from its breakdown, or from a ratio that the producer prints and the ratio's other term
-- (supposed known: on the safe side). `porteur` is the figure to withhold so that the total is no longer known.
series_imprimees as (
    select
        indicateur,
        periode,
        case when modalite = '_T' then '_T' else '*' end as modalite,
        type_territoire,
        code_territoire,
        max(case when modalite = '_T' then valeur end) as valeur
    from {{ ref('int_observations_publiees') }}
    where valeur is not null{{ et_refaits('indicateur') }}
    group by indicateur, periode, case when modalite = '_T' then '_T' else '*' end, type_territoire, code_territoire
),

imprimes as (
    select
        indicateur,
        periode,
        modalite,
        type_territoire,
        code_territoire,
        valeur,
        indicateur as porteur,
        modalite as modalite_porteur
    from series_imprimees
    union all
    select
        indicateur,
        periode,
        '_T',
        type_territoire,
        code_territoire,
        valeur,
        indicateur,
        '*'
    from series_imprimees
    where modalite = '*'
    union all
    select
        case t.terme when 'haut' then d.numerateur else d.denominateur end,
        p.periode,
        case
            when t.terme = 'haut' and coalesce(nullif(d.numerateur_modalite, ''), p.modalite) = '_T' then '_T'
            when t.terme = 'bas' and coalesce(nullif(d.denominateur_modalite, ''), p.modalite) = '_T' then '_T'
            else '*'
        end,
        p.type_territoire,
        p.code_territoire,
        cast(null as double),
        p.indicateur,
        p.modalite
    from {{ ref('int_observations_publiees') }} as p
    inner join {{ ref('dictionnaire') }} as d on p.indicateur = d.indicateur
    cross join termes as t
    where
        p.valeur is not null and d.calcul = 'publie' and d.numerateur <> '' and d.denominateur <> ''{{ et_lus('p.indicateur') }}
),

imprimes_distincts as (
    select distinct * from imprimes
),

totaux as (
    select
        c.*,
        i.valeur,
        i.porteur,
        i.modalite_porteur
    from cellules as c
    inner join imprimes_distincts as i
        on
            c.indicateur = i.indicateur and c.periode = i.periode and c.modalite = i.modalite
            and c.type_territoire = i.type_territoire and c.code_territoire = i.code_territoire
),

-- What is left of a total when its printed communes are taken away, if nothing else in it is unknown.
listes as (
    select
        indicateur,
        periode,
        modalite,
        type_territoire,
        code_territoire,
        porteur,
        modalite_porteur,
        max(valeur) as valeur,
        count(*) as nombre_cellules,
        min(est_protegee) as sont_protegees
    from totaux
    group by indicateur, periode, modalite, type_territoire, code_territoire, porteur, modalite_porteur
),

communes as (
    select
        p.indicateur,
        p.periode,
        p.modalite,
        p.code_territoire as code_commune,
        p.valeur
    from {{ ref('int_observations_publiees') }} as p
    left join cases as c
        on
            p.indicateur = c.indicateur and p.type_territoire = c.type_territoire and p.code_territoire = c.code_territoire
            and p.periode = c.periode and p.modalite = c.modalite
    where p.type_territoire = 'COM' and p.valeur is not null and c.indicateur is null{{ et_refaits('p.indicateur') }}
),

restes as (
    select
        l.indicateur,
        l.periode,
        l.modalite,
        l.type_territoire,
        l.code_territoire,
        l.porteur,
        l.modalite_porteur,
        l.nombre_cellules,
        l.valeur - sum(coalesce(p.valeur, 0)) as reste,
        -- the most that a hidden cell can be worth, when the producer's threshold says it
        max(
            case s.indicateur when s.indicateur_menages then s.min_menages - 1 when s.indicateur_personnes then s.min_personnes - 1 end
        ) as borne,
        max(s.protection_relative) as protection_relative,
        max(s.protection_absolue) as protection_absolue
    from listes as l
    inner join zones as z on l.type_territoire = z.type_territoire and l.code_territoire = z.code_territoire
    left join communes as p
        on l.indicateur = p.indicateur and l.periode = p.periode and l.modalite = p.modalite and z.code_commune = p.code_commune
    left join {{ ref('int_seuils') }} as s on l.indicateur = s.indicateur and s.regle in ('rien', 'entreprises', 'personnes_physiques')
    where l.sont_protegees = 1 and l.valeur is not null
    group by
        l.indicateur, l.periode, l.modalite, l.type_territoire, l.code_territoire, l.porteur, l.modalite_porteur,
        l.nombre_cellules, l.valeur
    having count(*) = count(p.valeur) + l.nombre_cellules
),

intervalles as (
    select
        *,
        case when borne is null then 0 else greatest(0, reste - (nombre_cellules - 1) * borne) end as minimum,
        case when borne is null then reste else least(borne, reste) end as maximum
    from restes
)

select
    t.indicateur,
    t.periode,
    t.modalite,
    t.type_territoire,
    t.code_territoire,
    case when t.type_territoire = 'FRANCE' then 'FRANCE-' || t.code_territoire else t.type_territoire end as niveau,
    t.cellule,
    t.groupe,
    t.est_protegee,
    t.porteur,
    t.modalite_porteur,
    case
        when i.maximum - i.minimum < 2 * greatest(
            coalesce(i.protection_absolue, 3), coalesce(i.protection_relative, 0.15) * (i.maximum + i.minimum) / 2
        ) then 1
        else 0
    end as est_etroit
from totaux as t
left join intervalles as i
    on
        t.indicateur = i.indicateur and t.periode = i.periode and t.modalite = i.modalite
        and t.type_territoire = i.type_territoire and t.code_territoire = i.code_territoire
        and t.porteur = i.porteur and t.modalite_porteur = i.modalite_porteur
