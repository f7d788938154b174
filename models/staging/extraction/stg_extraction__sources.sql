select
    source,
    titre,
    producteur,
    protocole,
    url,
    page,
    licence,
    attribution,
    frequence,
    description,
    cle_requise
from {{ source('extraction', 'sources') }}
