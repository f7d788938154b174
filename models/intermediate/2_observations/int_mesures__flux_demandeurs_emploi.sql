select
    'dares__flux_demandeurs_emploi' as source,
    flux as mesure,
    'FRANCE' as type_territoire,
    'F' as code_territoire,
    {{ cog_courant() }} as cog,
    periode,
    modalite,
    valeur,
    'dares' as systeme,
    marque_producteur,
    livraison,
    ligne
from {{ ref('stg_dares__flux_demandeurs_emploi') }}
