-- The producers' figures in force, brought to today's communes. A commune that did not change keeps its figure; one that grew out of
-- several has their sum if the indicator adds up and every part is known, else NULL and the reason.
with en_vigueur as (
    select
        o.*,
        d.agregation,
        d.absence,
        row_number() over (
            partition by o.indicateur, o.type_territoire, o.code_territoire, o.cog, o.periode, o.modalite
            order by o.priorite asc, o.connu_le desc
        ) as rang
    from {{ ref('int_observations_recues') }} as o
    inner join {{ ref('dictionnaire') }} as d on o.indicateur = d.indicateur
    where o.est_en_vigueur
),

meilleures as (
    select * from en_vigueur
    where rang = 1
),

communes as (
    select * from meilleures
    where type_territoire = 'COM'
),

inchangees as (
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
        cog,
        n_unites,
        part_max,
        priorite,
        source,
        livraison,
        publie_le
    from meilleures
    where type_territoire <> 'COM'
    union all
    select
        c.indicateur,
        c.type_territoire,
        p.code_cible,
        c.periode,
        c.modalite,
        c.valeur,
        c.statut,
        c.confidentialite,
        c.marque_producteur,
        c.methode,
        c.motif,
        c.cog,
        c.n_unites,
        c.part_max,
        c.priorite,
        c.source,
        c.livraison,
        c.publie_le
    from communes as c
    inner join {{ ref('int_passages') }} as p
        on c.cog = p.cog_source and c.code_territoire = p.code_source
    where p.nature in ('identite', 'recodage')
),

-- The series that cross a change of perimeter, and the parts they should have.
series as (
    select distinct
        indicateur,
        cog,
        periode,
        modalite,
        agregation,
        absence,
        priorite,
        source,
        livraison,
        publie_le
    from communes
),

parts as (
    select
        s.*,
        p.code_cible,
        p.nature,
        p.poids,
        m.valeur,
        m.confidentialite,
        m.n_unites,
        m.part_max,
        case
            when m.valeur is not null then m.valeur * p.poids
            when m.indicateur is null and s.absence = 'nulle' then 0
        end as part,
        m.indicateur is not null as est_recue
    from series as s
    inner join {{ ref('int_passages') }} as p on s.cog = p.cog_source and p.nature in ('fusion', 'scission')
    inner join {{ ref('int_communes_utiles') }} as u on p.code_cible = u.code_commune
    left join communes as m
        on
            s.indicateur = m.indicateur and s.cog = m.cog and s.periode = m.periode and s.modalite = m.modalite
            and s.livraison = m.livraison and p.code_source = m.code_territoire
),

projetees as (
    select
        indicateur,
        code_cible,
        periode,
        modalite,
        agregation,
        cog,
        priorite,
        source,
        livraison,
        publie_le,
        count(*) as nombre_parts,
        count(part) as nombre_connues,
        -- weights of a split are fractions: without rounding a sum of whole numbers would end in 0.9999999
        round(sum(part), 6) as somme,
        -- counted only when every part says it; a split commune does not say where its units went
        case when max(case when nature = 'scission' then 1 else 0 end) = 0 and count(n_unites) = count(*) then sum(n_unites) end
            as n_unites,
        case when count(part_max) = count(*) then max(part_max * part) / nullif(sum(part), 0) end as part_max,
        max(case when confidentialite = 'C' then 1 else 0 end) as nombre_secretes,
        max(case when nature = 'scission' then 1 else 0 end) as est_scission,
        max(case when est_recue then 1 else 0 end) as est_recue
    from parts
    group by indicateur, code_cible, periode, modalite, agregation, cog, priorite, source, livraison, publie_le
),

ensemble as (
    select * from inchangees
    union all
    select
        indicateur,
        'COM',
        code_cible,
        periode,
        modalite,
        case when agregation = 'somme' and nombre_connues = nombre_parts then somme end,
        case
            when agregation = 'somme' and nombre_connues = nombre_parts
                then case when est_scission = 1 then 'E' else 'A' end
            when nombre_secretes = 1 and agregation = 'somme' then 'Q'
            else 'O'
        end,
        case when nombre_secretes = 1 and agregation = 'somme' then 'C' else 'F' end,
        cast(null as string),
        'projetee',
        case
            when agregation <> 'somme' then 'Périmètre modifié depuis le COG ' || cog || ' : cet indicateur ne s''agrège pas.'
            when nombre_secretes = 1 then 'Au moins une des communes réunies est sous secret statistique.'
            when nombre_connues < nombre_parts then 'Au moins une des communes réunies n''a pas de chiffre.'
        end,
        cog,
        n_unites,
        part_max,
        priorite,
        source,
        livraison,
        publie_le
    from projetees
    where est_recue = 1
),

-- A commune that the producer's list leaves out is worth zero only where a test proves it (`absence` = nulle): then it is written, so
-- that neither ranks nor evolutions stop at the last year in which the commune was listed.
attendues as (
    select
        s.indicateur,
        u.code_commune,
        s.periode,
        s.modalite,
        max(s.cog) as cog,
        max(s.priorite) as priorite,
        max(s.source) as source,
        max(s.livraison) as livraison,
        max(s.publie_le) as publie_le
    from series as s
    cross join {{ ref('int_communes_utiles') }} as u
    where s.absence = 'nulle'
    group by s.indicateur, u.code_commune, s.periode, s.modalite
),

completees as (
    select * from ensemble
    union all
    select
        a.indicateur,
        'COM',
        a.code_commune,
        a.periode,
        a.modalite,
        0,
        'A',
        'F',
        cast(null as string),
        'calculee',
        cast(null as string),
        a.cog,
        0,
        cast(null as double),
        a.priorite,
        a.source,
        a.livraison,
        a.publie_le
    from attendues as a
    left join ensemble as e
        on
            e.type_territoire = 'COM' and a.indicateur = e.indicateur and a.code_commune = e.code_territoire
            and a.periode = e.periode and a.modalite = e.modalite
    where e.indicateur is null
),

-- Two sources of one indicator may give the same figure in two geographies: the first in priority, then the newest geography.
classees as (
    select
        *,
        row_number() over (
            partition by indicateur, type_territoire, code_territoire, periode, modalite
            order by priorite asc, cog desc
        ) as rang
    from completees
)

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
    cog,
    case when valeur is not null then cast(n_unites as bigint) end as n_unites,
    case when valeur is not null then part_max end as part_max,
    source,
    livraison,
    publie_le
from classees
where rang = 1
