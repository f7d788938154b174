{{ config(materialized='par_indicateur') }}
-- Zones made of communes, where the producer gives no figure of the zone: the sum of complete parts (for a mean, by its weight), else
-- NULL and the reason. Also where the producer's figure of the zone is that of another perimeter: of an earlier geography, and not the
-- sum of the communes of the same source that make the zone today (that sum then stands for it: int_observations_de_base).
with communes as (
    select
        o.*,
        d.agregation,
        d.absence,
        w.poids as ponderation
    from {{ ref('int_observations_protegees') }} as o
    inner join {{ ref('dictionnaire') }} as d on o.indicateur = d.indicateur
    left join {{ ref('poids') }} as w on o.indicateur = w.indicateur and w.usage = 'moyenne'
    where o.type_territoire = 'COM' and d.niveau_fin = 'COM'{{ et_refaits('o.indicateur') }}
),

series as (
    select
        indicateur,
        periode,
        modalite,
        agregation,
        absence,
        ponderation,
        min(cog) as cog,
        case when min(source) = max(source) and min(cog) = max(cog) then min(source) end as source,
        max(livraison) as livraison,
        max(publie_le) as publie_le
    from communes
    group by indicateur, periode, modalite, agregation, absence, ponderation
),

-- What weighs the means: the figures of the indicator that `poids` names.
ponderations as (
    select
        indicateur,
        periode,
        modalite,
        code_territoire,
        valeur,
        confidentialite
    from {{ ref('int_observations_protegees') }}
    where
        type_territoire = 'COM' and indicateur in (
            select poids from {{ ref('poids') }}
            where usage = 'moyenne'
        )
),

membres as (
    select
        z.type_territoire,
        z.code_territoire,
        z.est_complete,
        m.code_commune,
        coalesce(p.population_municipale, 0) as population
    from {{ ref('int_zones') }} as z
    inner join {{ ref('int_communes_zones') }} as m
        on z.type_territoire = m.type_territoire and z.code_territoire = m.code_territoire
    left join {{ ref('int_populations') }} as p on m.code_commune = p.code_commune
    where z.type_territoire not in ('REG', 'FRANCE') or z.code_territoire = {{ region() }}
),

scissions as (
    select
        cog_source,
        code_source,
        code_cible
    from {{ ref('int_passages') }}
    where nature = 'scission'
),

-- The members that share an older commune with a place outside of the zone: a zone that holds every part of it estimates nothing.
partagees as (
    select distinct
        m.type_territoire,
        m.code_territoire,
        m.code_commune,
        s.cog_source
    from membres as m
    inner join scissions as s on m.code_commune = s.code_cible
    inner join scissions as a on s.cog_source = a.cog_source and s.code_source = a.code_source
    left join membres as n
        on m.type_territoire = n.type_territoire and m.code_territoire = n.code_territoire and a.code_cible = n.code_commune
    where n.code_commune is null
),

parts as (
    select
        s.indicateur,
        s.periode,
        s.modalite,
        s.agregation,
        s.cog,
        s.source,
        s.livraison,
        s.publie_le,
        m.type_territoire,
        m.code_territoire,
        m.est_complete,
        m.population,
        case
            when c.valeur is not null then c.valeur
            when c.indicateur is null and s.absence = 'nulle' then 0
            -- what weighs nothing counts for nothing
            when s.ponderation is not null and w.valeur = 0 then 0
        end as valeur,
        case when s.ponderation is null then 1 else w.valeur end as poids,
        case when w.confidentialite in ('C', 'D') then w.confidentialite else c.confidentialite end as confidentialite,
        case when c.methode = 'projetee' and c.statut = 'E' and g.code_commune is null then 'A' else c.statut end as statut,
        -- a place without any unit has none to count
        case when c.indicateur is null and s.absence = 'nulle' then 0 else c.n_unites end as n_unites,
        case when c.indicateur is null and s.absence = 'nulle' then 0 else c.part_max end as part_max
    from series as s
    cross join membres as m
    left join communes as c
        on
            s.indicateur = c.indicateur and s.periode = c.periode and s.modalite = c.modalite
            and m.code_commune = c.code_territoire
    left join ponderations as w
        on
            s.ponderation = w.indicateur and s.periode = w.periode and s.modalite = w.modalite
            and m.code_commune = w.code_territoire
    left join partagees as g
        on
            m.type_territoire = g.type_territoire and m.code_territoire = g.code_territoire and m.code_commune = g.code_commune
            and c.cog = g.cog_source
),

sommes as (
    select
        indicateur,
        type_territoire,
        code_territoire,
        periode,
        modalite,
        agregation,
        est_complete,
        cog,
        source,
        livraison,
        publie_le,
        agregation in ('somme', 'moyenne_ponderee') as est_agregeable,
        round(case agregation when 'somme' then sum(valeur) else sum(valeur * poids) / nullif(sum(poids), 0) end, 6) as resultat,
        count(*) as nombre_communes,
        count(valeur * poids) as nombre_connues,
        max(case when confidentialite in ('C', 'D') then 1 else 0 end) as est_secrete,
        case when count(n_unites) = count(*) then sum(n_unites) end as n_unites,
        -- the largest unit of the zone is the largest of one of its parts
        case when count(part_max) = count(*) then max(part_max * valeur * poids) / nullif(sum(valeur * poids), 0) end as part_max,
        max(case when statut in ('B', 'E', 'P') then statut end) as statut_partiel,
        sum(case when valeur * poids is not null then population end) / nullif(sum(population), 0) as couverture
    from parts
    group by
        indicateur, type_territoire, code_territoire, periode, modalite, agregation, est_complete, cog, source, livraison, publie_le
),

jugees as (
    select
        *,
        est_agregeable and est_complete and nombre_connues = nombre_communes and resultat is not null as est_diffusable
    from sommes
)

select
    j.indicateur,
    j.type_territoire,
    j.code_territoire,
    j.periode,
    j.modalite,
    case when j.est_diffusable then j.resultat end as valeur,
    case
        when j.est_diffusable then coalesce(j.statut_partiel, 'A') when j.est_secrete = 1 and j.est_agregeable then 'Q' else 'O'
    end as statut,
    case when j.est_secrete = 1 and j.est_agregeable then 'C' else 'F' end as confidentialite,
    cast(null as string) as marque_producteur,
    'agregee' as methode,
    case
        when j.est_diffusable then null
        when not j.est_agregeable
            then 'Cet indicateur ne s''agrège pas : seul vaudrait le chiffre du producteur pour la zone, qui n''est pas reçu.'
        when not j.est_complete then 'Les communes de la zone hors de la région ne sont pas toutes connues.'
        when j.est_secrete = 1 then 'Au moins une commune est sous secret statistique.'
        when j.nombre_connues = j.nombre_communes then 'Le poids de la moyenne est nul.'
        when j.agregation = 'moyenne_ponderee' then 'Au moins une commune n''a pas de chiffre, ou pas de poids.'
        else 'Au moins une commune n''a pas de chiffre.'
    end as motif,
    -- unknown when the zone itself is not wholly known
    case when j.est_agregeable and j.est_complete then round(j.couverture, 4) end as couverture,
    j.cog,
    case when j.est_diffusable then cast(j.n_unites as bigint) end as n_unites,
    case when j.est_diffusable then j.part_max end as part_max,
    j.livraison,
    j.publie_le
from jugees as j
left join {{ ref('int_observations_protegees') }} as p
    on
        j.indicateur = p.indicateur and j.type_territoire = p.type_territoire and j.code_territoire = p.code_territoire
        and j.periode = p.periode and j.modalite = p.modalite
where
    p.indicateur is null
    -- a producer's total of a département or above may hold what it could place in no commune
    or (
        j.est_diffusable and j.agregation = 'somme' and j.type_territoire not in ('DEP', 'REG', 'FRANCE')
        and p.cog < {{ cog_courant() }} and p.cog = j.cog and p.source = j.source and abs(p.valeur - j.resultat) > 0.000001
    )
