select
    case _partition when 'epci' then 'EPCI' when 'departement' then 'DEP' when 'commune' then 'COM' end as type_territoire,
    code as code_territoire,
    case when _partition = 'commune' then 2026 else 2025 end as millesime,
    nom as libelle,
    {{ nombre('surface_km2') }} as surface_km2,
    geometrie,
    _livraison as livraison,
    _ligne as ligne
from {{ source('landing', 'ign__contours') }}
