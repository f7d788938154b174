select
    modalite,
    nullif(axe, '') as axe,
    code,
    libelle,
    nullif(note, '') as note
from {{ ref('libelles_modalites') }}
