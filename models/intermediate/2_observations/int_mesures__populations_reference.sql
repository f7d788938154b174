select
    'insee__populations_reference' as source,
    mesure,
    type_territoire,
    code_territoire,
    millesime_cog as cog,
    periode,
    '_T' as modalite,
    valeur,
    cast(null as string) as systeme,
    cast(null as string) as marque_producteur,
    livraison,
    ligne
from {{ ref('stg_insee__populations_reference') }}
