select
    REG as code_region,
    LIBELLE as libelle,
    _livraison as livraison,
    _ligne as ligne
from {{ source('landing', 'insee__cog_regions') }}
