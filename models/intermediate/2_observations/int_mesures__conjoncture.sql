select
    'bdf__conjoncture' as source,
    mesure,
    'REG' as type_territoire,
    code_region as code_territoire,
    {{ cog_courant() }} as cog,
    periode,
    '_T' as modalite,
    valeur,
    'webstat' as systeme,
    marque_producteur,
    livraison,
    ligne
from {{ ref('stg_bdf__conjoncture') }}
