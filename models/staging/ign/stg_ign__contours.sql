select
    case _partition when 'epci' then 'EPCI' when 'departement' then 'DEP' end as type_territoire,
    code as code_territoire,
    nom as libelle,
    {{ nombre('surface_km2') }} as surface_km2,
    geometrie,
    _livraison as livraison,
    _ligne as ligne
from {{ source('landing', 'ign__contours') }}
