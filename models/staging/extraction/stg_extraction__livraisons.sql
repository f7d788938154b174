with livraisons as (
    select
        livraison,
        source,
        partition as partie,
        url,
        recu_le,
        publie_le,
        http_statut,
        octets,
        sha256,
        lignes,
        resultat,
        motif,
        -- What we knew when: the day the producer published, when it says so, else the day we received.
        coalesce(publie_le, recu_le) as connu_le
    from {{ source('extraction', 'livraisons') }}
)

select
    *,
    case
        when resultat = 'nouveau'
            then
                row_number()
                    over (partition by source, partie, resultat order by connu_le desc, recu_le desc, livraison desc)
                = 1
        else false
    end as est_en_vigueur
from livraisons
