-- The accepted deliveries in the order in which their producer published them, and those whose every figure is read again: the ones that
-- no earlier build saw, and the one that follows each of them (a late deposit takes its place between two others).
with livraisons as (
    select
        source,
        partie,
        livraison,
        publie_le,
        recu_le,
        connu_le
    from {{ ref('stg_extraction__livraisons') }}
    where resultat = 'nouveau'
    union
    select
        source,
        partie,
        livraison,
        publie_le,
        recu_le,
        connu_le
    from {{ ref('int_observations_recues') }}
),

classees as (
    select
        l.*,
        m.livraison is null as est_relue,
        row_number() over (partition by l.source, l.partie order by l.connu_le, l.recu_le, l.livraison) as rang,
        row_number() over (partition by l.source, l.partie order by l.connu_le desc, l.recu_le desc, l.livraison desc) = 1
            as est_en_vigueur
    from livraisons as l
    left join {{ ref('stg_memoire__livraisons') }} as m on l.livraison = m.livraison
)

select
    source,
    partie,
    livraison,
    publie_le,
    recu_le,
    connu_le,
    rang,
    est_relue,
    est_en_vigueur,
    max(case when est_relue then 1 else 0 end) over (partition by source, partie) = 1 as chaine_relue,
    min(case when est_relue then rang end) over (partition by source, partie) as premier_rang_relu,
    -- one delivery is read, the last of all: what it says is compared with what the partition says today
    min(case when est_relue then rang end) over (partition by source, partie) = max(rang) over (partition by source, partie)
        as est_prolongee,
    -- the first delivery after this one whose every figure is read again
    min(case when est_relue then rang end) over (
        partition by source, partie order by rang rows between 1 following and unbounded following
    ) as rang_relu_suivant
from classees
