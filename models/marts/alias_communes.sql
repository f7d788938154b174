select
    code_alias,
    libelle_alias,
    code_commune,
    cast(du as date) as du,
    cast(au as date) as au,
    nature,
    notes
from {{ ref('int_alias_communes') }}
