select
    'insee__taux_chomage_ze' as source,
    'taux' as mesure,
    'ZE2020' as type_territoire,
    code_ze2020 as code_territoire,
    -- The file gives one rate for the whole zone, in the composition of its year of publication.
    2023 as cog,
    periode,
    '_T' as modalite,
    valeur,
    cast(null as string) as systeme,
    cast(null as string) as marque_producteur,
    livraison,
    ligne
from {{ ref('stg_insee__taux_chomage_ze') }}
