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
    where o.modalite = '_T'
),

dernieres as (
    select *
    from (
        select
            *,
            row_number() over (partition by territoire, indicateur order by rang_periode desc) as recence
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
        ntile(4) over (partition by indicateur, type_territoire, periode order by valeur, territoire) as quartile
    from dernieres
    where
        valeur is not null
        and marque_producteur is distinct from '5 ou moins' and marque_producteur is distinct from '95 ou plus'
        and not (type_territoire = 'UU2020' and code_territoire like '%000')
        and not (type_territoire = 'AAV2020' and code_territoire = '000')
        and type_territoire not in ('FRANCE', 'PROJET') and type_territoire not like '%PARTIE'
),

comparaisons as (
    select
        d.territoire,
        d.indicateur,
        d.periode,
        d.valeur,
        d.statut,
        d.confidentialite,
        d.methode,
        d.motif,
        a.periode as periode_un_an_avant,
        a.valeur as valeur_un_an_avant,
        p.valeur as valeur_departement,
        r.valeur as valeur_region,
        f.valeur as valeur_france,
        i.unite,
        i.nature,
        g.rang,
        g.nombre_classes,
        g.quartile
    from dernieres as d
    inner join {{ ref('indicateurs') }} as i on d.indicateur = i.indicateur
    left join observations as a
        on
            d.indicateur = a.indicateur and d.territoire = a.territoire and length(d.periode) = length(a.periode)
            and d.rang_periode - {{ periodes_par_an('i.frequence') }} = a.rang_periode
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
)

select
    territoire,
    indicateur,
    periode,
    valeur,
    statut,
    confidentialite,
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
    valeur_departement,
    valeur_region,
    valeur_france,
    -- one alone is not ranked
    case when nombre_classes > 1 then cast(rang as integer) end as rang,
    cast(nombre_classes as integer) as nombre_classes,
    case when nombre_classes > 3 then cast(quartile as integer) end as quartile,
    motif
from comparaisons
