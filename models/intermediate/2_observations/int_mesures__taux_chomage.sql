select
    'insee__taux_chomage' as source,
    'taux' as mesure,
    type_territoire,
    code_territoire,
    {{ cog_courant() }} as cog,
    periode,
    '_T' as modalite,
    valeur,
    'bdm' as systeme,
    marque_producteur,
    livraison,
    ligne
from {{ ref('stg_insee__taux_chomage') }}
