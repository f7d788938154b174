select
    'dares__offres_emploi' as source,
    mesure,
    type_territoire,
    code_territoire,
    {{ cog_courant() }} as cog,
    periode,
    '_T' as modalite,
    valeur,
    cast(null as string) as systeme,
    cast(null as string) as marque_producteur,
    livraison,
    ligne
from {{ ref('stg_dares__offres_emploi') }}
