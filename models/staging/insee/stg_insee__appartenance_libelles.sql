select
    -- INSEE calls `CV` (canton-ville) the level that Melodi calls CAN.
    case NIVGEO when 'CV' then 'CAN' else NIVGEO end as type_territoire,
    CODGEO as code_territoire,
    LIBGEO as libelle,
    cast(NB_COM as integer) as nombre_communes,
    _livraison as livraison,
    _ligne as ligne
from {{ source('landing', 'insee__appartenance_libelles') }}
