select
    CODGEO as code_commune,
    ZE2020 as code_ze2020,
    LIBZE2020 as libelle,
    DEP as code_departement,
    REG as code_region,
    _livraison as livraison,
    _ligne as ligne
from {{ source('landing', 'insee__zones_emploi') }}
