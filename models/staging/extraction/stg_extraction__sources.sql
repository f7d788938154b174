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
    cle_requise,
    partitions
from {{ source('extraction', 'sources') }}
