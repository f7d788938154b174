{{ config(materialized='par_indicateur') }}
with observations as (
    select
        o.*,
        t.type_territoire,
        t.code_territoire,
        t.code_departement,
        t.code_region,
        {{ rang_periode('o.periode') }} as rang_periode
    from {{ ref('observations') }} as o
    inner join {{ ref('int_territoires') }} as t on o.territoire = t.territoire
    where o.modalite = '_T'{{ et_refaits('o.indicateur') }}
),

dernieres as (
    select *
    from (
        select
            *,
            -- the last period that is known; the last one of all when none is
            row_number() over (
                partition by territoire, indicateur
                order by case when valeur is null then 1 else 0 end, rang_periode desc
            ) as recence,
            max(case when valeur is not null then rang_periode end) over (partition by indicateur, type_territoire) as rang_dernier
        from observations
    ) as classees
    where recence = 1
),

-- Only what is known can be ranked; a rate printed `5 ou moins` is not a value to rank, nor are the territories that stand for "the rest",
-- the parts of zones, the zones of the working group (which overlap).
rangs as (
    select
        indicateur,
        territoire,
        rank() over (partition by indicateur, type_territoire, periode order by valeur desc) as rang,
        count(*) over (partition by indicateur, type_territoire, periode) as nombre_classes,
        -- by rank, so that equal values share their quartile
        1 + floor(
            4.0 * (rank() over (partition by indicateur, type_territoire, periode order by valeur) - 1)
            / count(*) over (partition by indicateur, type_territoire, periode)
        ) as quartile
    from dernieres
    where
        valeur is not null
        -- a territory whose figure stopped earlier is not ranked among the others that stopped then
        and rang_periode = rang_dernier
        and marque_producteur is distinct from '5 ou moins' and marque_producteur is distinct from '95 ou plus'
        and not (type_territoire = 'UU2020' and code_territoire like '%000')
        and not (type_territoire = 'AAV2020' and code_territoire = '000')
        and type_territoire not in ('FRANCE', 'PROJET') and type_territoire not like '%PARTIE'
),

-- The breaks of each indicator: its own and those of its terms; those of an evolution are felt as long as it looks back.
ruptures as (
    select
        i.indicateur,
        u.raison,
        {{ fin_periode('u.periode') }} as fin,
        case
            when i.calcul like 'evolution%' then i.decalage * cast(12 / {{ periodes_par_an('i.frequence') }} as integer) else 0
        end as mois_de_recul
    from {{ ref('indicateurs') }} as i
    inner join {{ ref('ruptures') }} as u on u.indicateur in (i.indicateur, i.numerateur, i.denominateur)
),

-- Each last figure beside that of a year earlier.
annees as (
    select
        d.*,
        i.unite,
        i.nature,
        i.calcul,
        i.numerateur,
        i.decimales,
        a.periode as periode_un_an_avant,
        a.valeur as valeur_un_an_avant,
        a.date_fin as fin_un_an_avant
    from dernieres as d
    inner join {{ ref('indicateurs') }} as i on d.indicateur = i.indicateur
    left join observations as a
        on
            d.indicateur = a.indicateur and d.territoire = a.territoire and length(d.periode) = length(a.periode)
            and d.rang_periode - {{ periodes_par_an('i.frequence') }} = a.rang_periode
),

franchies as (
    select
        d.territoire,
        d.indicateur,
        string_agg(distinct u.raison, ' ; ' order by u.raison) as rupture
    from annees as d
    inner join ruptures as u on d.indicateur = u.indicateur
    where
        d.valeur_un_an_avant is not null and d.valeur is not null
        and last_day(d.fin_un_an_avant - to_months(u.mois_de_recul)) < u.fin and d.date_fin >= u.fin
    group by d.territoire, d.indicateur
),

comparaisons as (
    select
        d.territoire,
        d.indicateur,
        d.periode,
        d.valeur,
        d.statut,
        d.confidentialite,
        d.marque_producteur,
        d.methode,
        d.motif,
        u.rupture,
        d.periode_un_an_avant,
        d.valeur_un_an_avant,
        p.valeur as valeur_departement,
        r.valeur as valeur_region,
        f.valeur as valeur_france,
        d.unite,
        d.nature,
        g.rang,
        g.nombre_classes,
        g.quartile,
        d.calcul,
        d.decimales,
        coalesce(x.chiffres_vus_naitre, y.chiffres_vus_naitre, 0) as chiffres_vus_naitre,
        coalesce(x.ecart_premier_moyen, y.ecart_premier_moyen) as ecart_premier_moyen
    from annees as d
    left join franchies as u on d.indicateur = u.indicateur and d.territoire = u.territoire
    left join observations as p
        on d.indicateur = p.indicateur and d.periode = p.periode and p.territoire = 'DEP-' || d.code_departement
    left join observations as r
        on
            d.indicateur = r.indicateur and d.periode = r.periode
            -- a territory that straddles regions is compared with the region served
            and r.territoire = 'REG-' || coalesce(d.code_region, {{ region() }})
    left join observations as f
        on d.indicateur = f.indicateur and d.periode = f.periode and f.territoire = 'FRANCE-F'
    left join rangs as g on d.indicateur = g.indicateur and d.territoire = g.territoire
    -- a computed figure is as reliable as what it is made of: it is told by its numerator, without a figure
    left join {{ ref('revisions') }} as x
        on
            case when d.calcul = 'publie' then d.indicateur else d.numerateur end = x.indicateur
            and d.type_territoire = x.type_territoire and x.chiffres_vus_naitre > 0
    left join {{ ref('revisions') }} as y
        on case when d.calcul = 'publie' then d.indicateur else d.numerateur end = y.indicateur and y.type_territoire = '_T'
)

select
    territoire,
    indicateur,
    periode,
    valeur,
    statut,
    confidentialite,
    marque_producteur,
    methode,
    periode_un_an_avant,
    valeur_un_an_avant,
    -- A rate moves in points; an amount in per cent.
    case
        when unite = '%' then valeur - valeur_un_an_avant
        when nature in ('indice', 'moyenne') or unite = 'rapport' then valeur - valeur_un_an_avant
        when valeur_un_an_avant <> 0 then 100 * (valeur / valeur_un_an_avant - 1)
    end as variation,
    case
        when unite = '%' then 'points' when nature in ('indice', 'moyenne') or unite = 'rapport' then 'unité' else '%'
    end as unite_variation,
    rupture,
    valeur_departement,
    valeur_region,
    valeur_france,
    -- one alone is not ranked
    case when nombre_classes > 1 then cast(rang as integer) end as rang,
    cast(nombre_classes as integer) as nombre_classes,
    case when nombre_classes > 3 then cast(quartile as integer) end as quartile,
    motif,
    case when calcul = 'publie' then ecart_premier_moyen end as revision_moyenne,
    case when statut = 'P' then 'Provisoire. ' else '' end
    || case when calcul = 'publie' then '' else 'Calculé. ' end
    || case
        when chiffres_vus_naitre = 0 then 'Révisions inconnues : une seule publication reçue.'
        when ecart_premier_moyen = 0 then 'Jamais révisé à la publication suivante'
        when calcul <> 'publie' then 'Son numérateur est révisé à la publication suivante'
        else
            'Révisé de ± ' || replace(cast(round(ecart_premier_moyen, decimales + 1) as string), '.', ',')
            || case when unite = '%' then ' point' else '' end || ' en moyenne à la publication suivante'
    end
    || case when chiffres_vus_naitre > 0 then ' (' || cast(chiffres_vus_naitre as string) || ' chiffres suivis).' else '' end
        as fiabilite
from comparaisons
