{{ config(materialized='par_indicateur') }}
-- The region and the zones of the working group made of whole départements, where the producer stops at the département: the sum of their
-- départements if the indicator adds up and all are known.
with tailles as (
    select
        code_departement,
        count(*) as nombre_communes
    from {{ ref('int_communes') }}
    group by code_departement
),

projets as (
    select
        p.projet,
        c.code_departement,
        count(*) as nombre_communes,
        max(t.nombre_communes) as nombre_attendu
    from {{ ref('int_projets') }} as p
    inner join {{ ref('int_communes') }} as c on p.code_commune = c.code_commune
    inner join tailles as t on c.code_departement = t.code_departement
    group by p.projet, c.code_departement
),

ensembles as (
    select
        'REG' as type_territoire,
        code_region as code_territoire,
        code_departement
    from {{ ref('departements') }}
    where code_region = {{ region() }}
    union all
    select
        'PROJET',
        p.projet,
        p.code_departement
    from projets as p
    left join projets as x on p.projet = x.projet and x.nombre_communes < x.nombre_attendu
    where x.projet is null
),

departements as (
    select
        o.*,
        e.type_territoire as type_ensemble,
        e.code_territoire as code_ensemble
    from {{ ref('int_observations_protegees') }} as o
    inner join ensembles as e on o.code_territoire = e.code_departement
    inner join {{ ref('dictionnaire') }} as i on o.indicateur = i.indicateur
    where o.type_territoire = 'DEP' and i.niveau_fin = 'DEP' and i.agregation = 'somme'
),

attendus as (
    select
        type_territoire,
        code_territoire,
        count(*) as nombre
    from ensembles
    group by type_territoire, code_territoire
),

sommes as (
    select
        d.indicateur,
        d.type_ensemble,
        d.code_ensemble,
        d.periode,
        d.modalite,
        sum(d.valeur) as somme,
        count(d.valeur) as nombre_connus,
        max(a.nombre) as nombre_attendus,
        max(case when d.confidentialite in ('C', 'D') then 1 else 0 end) as est_secrete,
        case when count(d.n_unites) = count(*) then sum(d.n_unites) end as n_unites,
        case when count(d.part_max) = count(*) then max(d.part_max * d.valeur) / nullif(sum(d.valeur), 0) end as part_max,
        max(case when d.statut in ('E', 'P') then d.statut end) as statut_partiel,
        max(d.cog) as cog,
        max(d.livraison) as livraison,
        max(d.publie_le) as publie_le
    from departements as d
    inner join attendus as a on d.type_ensemble = a.type_territoire and d.code_ensemble = a.code_territoire
    group by d.indicateur, d.type_ensemble, d.code_ensemble, d.periode, d.modalite
)

select
    s.indicateur,
    s.type_ensemble as type_territoire,
    s.code_ensemble as code_territoire,
    s.periode,
    s.modalite,
    case when s.nombre_connus = s.nombre_attendus then s.somme end as valeur,
    case
        when s.nombre_connus = s.nombre_attendus then coalesce(s.statut_partiel, 'A') when s.est_secrete = 1 then 'Q' else 'O'
    end as statut,
    case when s.est_secrete = 1 then 'C' else 'F' end as confidentialite,
    cast(null as string) as marque_producteur,
    'agregee' as methode,
    case when s.nombre_connus < s.nombre_attendus then 'Au moins un département n''a pas de chiffre.' end as motif,
    case when s.nombre_connus = s.nombre_attendus then cast(1 as double) end as couverture,
    s.cog,
    case when s.nombre_connus = s.nombre_attendus then cast(s.n_unites as bigint) end as n_unites,
    case when s.nombre_connus = s.nombre_attendus then s.part_max end as part_max,
    s.livraison,
    s.publie_le
from sommes as s
left join {{ ref('int_observations_protegees') }} as p
    on
        s.indicateur = p.indicateur and s.type_ensemble = p.type_territoire and s.code_ensemble = p.code_territoire
        and s.periode = p.periode and s.modalite = p.modalite
where p.indicateur is null
