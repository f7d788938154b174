select
    cast(cog_source as integer) as cog_source,
    code_source,
    cog_cible,
    code_cible,
    poids,
    nature
from {{ ref('int_passages') }}
