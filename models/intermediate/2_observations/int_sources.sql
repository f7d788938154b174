with dernieres as (
    select
        source,
        max(case when resultat in ('nouveau', 'inchange') then recu_le end) as derniere_livraison,
        max(case when resultat in ('nouveau', 'inchange') then publie_le end) as derniere_publication
    from {{ ref('stg_extraction__livraisons') }}
    group by source
),

dernier_etat as (
    select
        l.source,
        l.resultat,
        l.motif,
        row_number() over (partition by l.source order by l.recu_le desc, l.livraison desc) as rang
    from {{ ref('stg_extraction__livraisons') }} as l
)

select
    s.source,
    s.titre,
    s.producteur,
    s.protocole,
    s.url,
    s.page,
    s.licence,
    s.attribution,
    s.frequence,
    s.description,
    s.cle_requise,
    cast(d.derniere_livraison as timestamp) as derniere_livraison,
    cast(d.derniere_publication as timestamp) as derniere_publication,
    e.resultat as dernier_resultat,
    e.motif as dernier_motif
from {{ ref('stg_extraction__sources') }} as s
left join dernieres as d on s.source = d.source
left join dernier_etat as e on s.source = e.source and e.rang = 1
