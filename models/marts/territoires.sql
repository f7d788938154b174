select
    territoire,
    type_territoire,
    code_territoire,
    libelle,
    cast({{ cog_courant() }} as integer) as millesime_cog,
    code_region,
    code_departement,
    est_interregional,
    cast(superficie_km2 as double) as superficie_km2,
    population_municipale
from {{ ref('int_territoires') }}
