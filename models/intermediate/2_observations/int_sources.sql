with dernieres as (
    select
        source,
        max(case when resultat in ('nouveau', 'inchange') then recu_le end) as derniere_livraison,
        max(case when resultat in ('nouveau', 'inchange') then publie_le end) as derniere_publication
    from {{ ref('stg_extraction__livraisons') }}
    group by source
),

-- A partition that left the yaml, or only comes by deposit, answers no more: its last attempt would stay for ever.
-- publish/status.py reads the landing by the same rule.
essais as (
    select
        l.source,
        l.partie,
        l.resultat,
        l.motif,
        case l.resultat when 'refuse' then 1 when 'echec' then 2 when 'ignore' then 3 when 'nouveau' then 4 else 5 end as gravite,
        row_number() over (partition by l.source, l.partie order by l.recu_le desc, l.livraison desc) as rang
    from {{ ref('stg_extraction__livraisons') }} as l
    inner join {{ ref('stg_extraction__sources') }} as s on l.source = s.source
    where case when s.partitions is null then l.partie is null else array_contains(s.partitions, l.partie) end
),

-- An unchanged answer has words too, that give no reason for anything.
derniers_essais as (
    select
        source,
        resultat,
        gravite,
        case when gravite <= 3 then motif end as motif,
        string_agg(partie, ', ' order by partie) as parties
    from essais
    where rang = 1
    group by source, resultat, gravite, case when gravite <= 3 then motif end
),

etats as (
    select
        source,
        min_by(resultat, gravite) as resultat,
        string_agg(coalesce(parties || ' : ', '') || motif, ' ; ' order by gravite, parties) as motif
    from derniers_essais
    group by source
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
left join etats as e on s.source = e.source
