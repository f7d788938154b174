-- Zones made of communes, where the producer gives no figure of the zone: the sum of complete parts, else NULL and the reason.
with communes as (
    select
        o.*,
        d.agregation,
        d.absence
    from {{ ref('int_observations_protegees') }} as o
    inner join {{ ref('dictionnaire') }} as d on o.indicateur = d.indicateur
    where o.type_territoire = 'COM' and d.niveau_fin = 'COM'
),

series as (
    select
        indicateur,
        periode,
        modalite,
        agregation,
        absence,
        min(cog) as cog,
        max(livraison) as livraison,
        max(publie_le) as publie_le
    from communes
    group by indicateur, periode, modalite, agregation, absence
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

parts as (
    select
        s.indicateur,
        s.periode,
        s.modalite,
        s.agregation,
        s.cog,
        s.livraison,
        s.publie_le,
        m.type_territoire,
        m.code_territoire,
        m.est_complete,
        m.population,
        case
            when c.valeur is not null then c.valeur
            when c.indicateur is null and s.absence = 'nulle' then 0
        end as valeur,
        c.confidentialite,
        c.statut,
        -- a place without any unit has none to count
        case when c.indicateur is null and s.absence = 'nulle' then 0 else c.n_unites end as n_unites,
        case when c.indicateur is null and s.absence = 'nulle' then 0 else c.part_max end as part_max
    from series as s
    cross join membres as m
    left join communes as c
        on
            s.indicateur = c.indicateur and s.periode = c.periode and s.modalite = c.modalite
            and m.code_commune = c.code_territoire
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
        livraison,
        publie_le,
        round(sum(valeur), 6) as somme,
        count(*) as nombre_communes,
        count(valeur) as nombre_connues,
        max(case when confidentialite in ('C', 'D') then 1 else 0 end) as est_secrete,
        case when count(n_unites) = count(*) then sum(n_unites) end as n_unites,
        -- the largest unit of the zone is the largest of one of its parts
        case when count(part_max) = count(*) then max(part_max * valeur) / nullif(sum(valeur), 0) end as part_max,
        max(case when statut in ('B', 'E', 'P') then statut end) as statut_partiel,
        sum(case when valeur is not null then population end) / nullif(sum(population), 0) as couverture
    from parts
    group by
        indicateur, type_territoire, code_territoire, periode, modalite, agregation, est_complete, cog, livraison, publie_le
),

jugees as (
    select
        *,
        agregation = 'somme' and est_complete and nombre_connues = nombre_communes as est_diffusable
    from sommes
)

select
    j.indicateur,
    j.type_territoire,
    j.code_territoire,
    j.periode,
    j.modalite,
    case when j.est_diffusable then j.somme end as valeur,
    case
        when j.est_diffusable then coalesce(j.statut_partiel, 'A') when j.est_secrete = 1 and j.agregation = 'somme' then 'Q' else 'O'
    end as statut,
    case when j.est_secrete = 1 and j.agregation = 'somme' then 'C' else 'F' end as confidentialite,
    cast(null as string) as marque_producteur,
    'agregee' as methode,
    case
        when j.est_diffusable then null
        when j.agregation <> 'somme'
            then 'Cet indicateur ne s''agrège pas : seul vaudrait le chiffre du producteur pour la zone, qui n''est pas reçu.'
        when not j.est_complete then 'Les communes de la zone hors de la région ne sont pas toutes connues.'
        when j.est_secrete = 1 then 'Au moins une commune est sous secret statistique.'
        else 'Au moins une commune n''a pas de chiffre.'
    end as motif,
    -- unknown when the zone itself is not wholly known
    case when j.agregation = 'somme' and j.est_complete then round(j.couverture, 4) end as couverture,
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
where p.indicateur is null
