select
    ZE2020 as code_ze2020,
    LIBZE2020 as libelle,
    REG as code_region,
    periode,
    {{ nombre('valeur') }} as valeur,
    _livraison as livraison,
    _ligne as ligne
from {{ source('landing', 'insee__taux_chomage_ze') }}
