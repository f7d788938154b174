select
    livraison,
    source,
    partie as partition,
    url,
    cast(recu_le as timestamp) as recu_le,
    cast(publie_le as timestamp) as publie_le,
    cast(http_statut as integer) as http_statut,
    cast(octets as bigint) as octets,
    sha256,
    cast(lignes as bigint) as lignes,
    resultat,
    motif
from {{ ref('stg_extraction__livraisons') }}
