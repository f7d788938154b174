-- A year is a total only when its twelve months were summed. Metropolitan France is the sum of its 96 départements when all are whole
-- years: overseas départements have no series, so the total of France is not known.
with annees as (
    select
        code_departement,
        periode,
        case when mois = 12 then depots end as valeur,
        case when mois < 12 then 'Année incomplète : ' || mois || ' mois sur 12.' end as motif,
        livraison,
        ligne
    from {{ ref('stg_bdf__surendettement_annuel') }}
)

select
    'bdf__surendettement_annuel' as source,
    'depots_annee' as mesure,
    'DEP' as type_territoire,
    code_departement as code_territoire,
    {{ cog_courant() }} as cog,
    periode,
    '_T' as modalite,
    valeur,
    cast(null as string) as systeme,
    cast(null as string) as marque_producteur,
    'agregee' as methode,
    motif,
    livraison,
    ligne
from annees
union all
select
    'bdf__surendettement_annuel',
    'depots_annee',
    'FRANCE',
    'FM',
    {{ cog_courant() }},
    periode,
    '_T',
    case when count(valeur) = 96 then sum(valeur) end,
    null,
    null,
    'agregee',
    case when count(valeur) < 96 then count(valeur) || ' départements complets sur 96.' end,
    livraison,
    min(ligne)
from annees
group by periode, livraison
union all
select
    'bdf__surendettement',
    'depots_mois',
    'DEP',
    code_departement,
    {{ cog_courant() }},
    periode,
    '_T',
    depots,
    'webstat',
    marque_producteur,
    'publiee',
    null,
    livraison,
    ligne
from {{ ref('stg_bdf__surendettement') }}
