select
    type_territoire,
    code_territoire,
    millesime,
    surface_km2,
    geometrie
from {{ en_vigueur('stg_ign__contours') }}
