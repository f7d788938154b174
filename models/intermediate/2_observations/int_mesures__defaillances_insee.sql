select
    'insee__defaillances' as source,
    'defaillances' as mesure,
    type_territoire,
    code_territoire,
    {{ cog_courant() }} as cog,
    periode,
    'secteur_diren:' || secteur as modalite,
    valeur,
    'bdm' as systeme,
    marque_producteur,
    livraison,
    ligne
from {{ ref('stg_insee__defaillances') }}
