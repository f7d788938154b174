-- The producer gives no total by region: it is the sum of the 17 sectors when all are there, else NULL (an absent sector may be hidden).
with valeurs as (
    select
        case m.mesure when 'demandes' then a.demandes when 'salaries' then a.salaries when 'heures' then a.heures end as valeur,
        m.mesure,
        a.code_region,
        a.secteur,
        a.periode,
        a.livraison,
        a.ligne
    from {{ ref('stg_dares__activite_partielle') }} as a
    cross join (
        select 'demandes' as mesure
        union all
        select 'salaries'
        union all
        select 'heures'
    ) as m
    where a.code_region <> '99'
),

totaux as (
    select
        mesure,
        code_region,
        periode,
        case when count(valeur) = 17 then sum(valeur) end as valeur,
        count(valeur) as nombre_secteurs,
        livraison,
        min(ligne) as ligne
    from valeurs
    group by mesure, code_region, periode, livraison
)

select
    'dares__activite_partielle' as source,
    mesure,
    'REG' as type_territoire,
    code_region as code_territoire,
    {{ cog_courant() }} as cog,
    periode,
    'secteur_a17:' || secteur as modalite,
    valeur,
    cast(null as string) as systeme,
    cast(null as string) as marque_producteur,
    'publiee' as methode,
    cast(null as string) as motif,
    livraison,
    ligne
from valeurs
union all
select
    'dares__activite_partielle',
    mesure,
    'REG',
    code_region,
    {{ cog_courant() }},
    periode,
    '_T',
    valeur,
    null,
    null,
    'agregee',
    case when valeur is null then 'Total incomplet : ' || nombre_secteurs || ' secteurs reçus sur 17.' end,
    livraison,
    ligne
from totaux
