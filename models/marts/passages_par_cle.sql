select
    cle,
    cog_source,
    code_source,
    cog_cible,
    code_cible,
    cast(poids as double) as poids,
    nature,
    periode_cle,
    source_cle
from {{ ref('int_passages_par_cle') }}
