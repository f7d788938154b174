select
    TYPECOM as type_commune,
    COM as code_commune,
    REG as code_region,
    DEP as code_departement,
    ARR as code_arrondissement,
    LIBELLE as libelle,
    COMPARENT as code_commune_parente,
    _livraison as livraison,
    _ligne as ligne
from {{ source('landing', 'insee__cog_communes') }}
