-- The region, where the producer stops at the département: the sum of its départements if the indicator adds up and all are known.
with departements as (
    select
        o.*,
        d.code_region
    from {{ ref('int_observations_protegees') }} as o
    inner join {{ ref('departements') }} as d on o.code_territoire = d.code_departement
    inner join {{ ref('dictionnaire') }} as i on o.indicateur = i.indicateur
    where o.type_territoire = 'DEP' and d.code_region = {{ region() }} and i.niveau_fin = 'DEP' and i.agregation = 'somme'
),

attendus as (
    select
        code_region,
        count(*) as nombre
    from {{ ref('departements') }}
    group by code_region
),

sommes as (
    select
        d.indicateur,
        d.code_region,
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
    inner join attendus as a on d.code_region = a.code_region
    group by d.indicateur, d.code_region, d.periode, d.modalite
)

select
    s.indicateur,
    'REG' as type_territoire,
    s.code_region as code_territoire,
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
        s.indicateur = p.indicateur and p.type_territoire = 'REG' and s.code_region = p.code_territoire
        and s.periode = p.periode and s.modalite = p.modalite
where p.indicateur is null
