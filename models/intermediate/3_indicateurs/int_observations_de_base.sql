{{ config(materialized='par_indicateur') }}
-- What ratios and evolutions are computed from: published first (but for a zone of another perimeter, of which the sum is taken), then
-- complete sums. The producers' thresholds judge again every figure that we sum or project; a figure that the producer itself prints is
-- never judged twice.
with ensemble as (
    select
        o.indicateur,
        o.type_territoire,
        o.code_territoire,
        o.periode,
        o.modalite,
        o.valeur,
        o.statut,
        o.confidentialite,
        o.marque_producteur,
        o.methode,
        o.motif,
        case when o.valeur is not null then cast(1 as double) end as couverture,
        o.cog,
        o.n_unites,
        o.part_max,
        o.livraison,
        o.publie_le
    from {{ ref('int_observations_protegees') }} as o
    left join {{ ref('int_observations_agregees') }} as a
        on
            o.indicateur = a.indicateur and o.type_territoire = a.type_territoire and o.code_territoire = a.code_territoire
            and o.periode = a.periode and o.modalite = a.modalite
    where a.indicateur is null
    {% for sommes in ['int_observations_agregees', 'int_observations_regionales'] %}
        union all
        select
            indicateur,
            type_territoire,
            code_territoire,
            periode,
            modalite,
            valeur,
            statut,
            confidentialite,
            marque_producteur,
            methode,
            motif,
            couverture,
            cog,
            n_unites,
            part_max,
            livraison,
            publie_le
        from {{ ref(sommes) }}
    {% endfor %}
),

-- The measures that count what the thresholds speak of (households, persons).
comptes as (
    select * from ensemble
    where
        modalite = '_T'
        and indicateur in (
            select indicateur_menages from {{ ref('int_seuils') }}
            union all
            select indicateur_personnes from {{ ref('int_seuils') }}
        )
),

refusees as (
    select
        e.indicateur,
        e.type_territoire,
        e.code_territoire,
        e.periode,
        e.modalite,
        min(s.texte) as texte
    from ensemble as e
    inner join {{ ref('int_seuils') }} as s on e.indicateur = s.indicateur and s.est_applique
    left join comptes as m
        on
            s.indicateur_menages = m.indicateur and e.type_territoire = m.type_territoire
            and e.code_territoire = m.code_territoire and e.periode = m.periode
    left join comptes as p
        on
            s.indicateur_personnes = p.indicateur and e.type_territoire = p.type_territoire
            and e.code_territoire = p.code_territoire and e.periode = p.periode
    where
        e.methode in ('agregee', 'projetee') and e.valeur is not null
        and {{ sous_le_seuil('s', 'e.n_unites', 'm.valeur', 'p.valeur', 'e.part_max') }}
    group by e.indicateur, e.type_territoire, e.code_territoire, e.periode, e.modalite
),

-- A number of units is a figure too: it is not told where the measure that counts them is hidden or withheld.
unites_tues as (
    select distinct
        s.indicateur,
        m.type_territoire,
        m.code_territoire,
        m.periode
    from {{ ref('int_seuils') }} as s
    inner join comptes as m on s.indicateur_menages = m.indicateur
    where m.valeur is null
)

select
    e.indicateur,
    e.type_territoire,
    e.code_territoire,
    e.periode,
    e.modalite,
    case when r.texte is null then e.valeur end as valeur,
    case when r.texte is null then e.statut else 'Q' end as statut,
    case when r.texte is null then e.confidentialite else 'C' end as confidentialite,
    e.marque_producteur,
    e.methode,
    coalesce('Sous le seuil du producteur. ' || r.texte, e.motif) as motif,
    e.couverture,
    e.cog,
    case when r.texte is null and e.valeur is not null and u.indicateur is null then e.n_unites end as n_unites,
    case when r.texte is null and e.valeur is not null then e.part_max end as part_max,
    e.livraison,
    e.publie_le
from ensemble as e
left join refusees as r
    on
        e.indicateur = r.indicateur and e.type_territoire = r.type_territoire and e.code_territoire = r.code_territoire
        and e.periode = r.periode and e.modalite = r.modalite
left join unites_tues as u
    on
        e.indicateur = u.indicateur and e.type_territoire = u.type_territoire and e.code_territoire = u.code_territoire
        and e.periode = u.periode
