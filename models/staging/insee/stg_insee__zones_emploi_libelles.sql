select
    code as code_ze2020,
    intitule as libelle,
    _livraison as livraison,
    _ligne as ligne
from {{ source('landing', 'insee__zones_emploi_libelles') }}
