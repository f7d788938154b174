-- A zone is the sum of its regional parts when all of them have a figure, else it has none.
select
    'dares__demandeurs_emploi_communes' as source,
    'ABC' as mesure,
    'COM' as type_territoire,
    code_commune as code_territoire,
    millesime_cog as cog,
    periode,
    modalite,
    valeur,
    cast(null as string) as systeme,
    cast(null as string) as marque_producteur,
    'publiee' as methode,
    cast(null as string) as motif,
    livraison,
    ligne
from {{ ref('stg_dares__demandeurs_emploi_communes') }}
union all
select
    'dares__demandeurs_emploi_zones',
    categorie,
    'ZE2020',
    code_ze2020,
    {{ cog_courant() }},
    periode,
    modalite,
    case when count(valeur) = count(*) then sum(valeur) end,
    null,
    null,
    case when count(*) = 1 then 'publiee' else 'agregee' end,
    case when count(valeur) < count(*) then 'Une partie régionale de la zone n''a pas de chiffre.' end,
    livraison,
    min(ligne)
from {{ ref('stg_dares__demandeurs_emploi_zones') }}
group by categorie, code_ze2020, periode, modalite, livraison
union all
select
    'dares__demandeurs_emploi_departements',
    categorie,
    type_territoire,
    code_territoire,
    {{ cog_courant() }},
    periode,
    modalite,
    valeur,
    null,
    null,
    'publiee',
    null,
    livraison,
    ligne
from {{ ref('stg_dares__demandeurs_emploi_departements') }}
