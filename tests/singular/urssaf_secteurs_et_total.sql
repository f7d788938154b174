-- The communes received add up, sector by sector, to the producer's own figure of France, to the unit: so a commune absent from a sector
-- has no employer there. And the sectors of a place add up to its total of the other demand, when both are of the same publication.
with secteurs as (
    select m.*
    from {{ ref('int_mesures__emploi_prive_secteurs') }} as m
    inner join {{ ref('stg_extraction__livraisons') }} as l on m.livraison = l.livraison and l.est_en_vigueur
),

communes as (
    select
        mesure,
        modalite,
        periode,
        sum(valeur) as somme
    from secteurs
    where type_territoire = 'COM'
    group by mesure, modalite, periode
),

totaux as (
    select
        s.type_territoire,
        s.code_territoire,
        s.periode,
        l.publie_le,
        sum(s.valeur) as somme
    from secteurs as s
    inner join {{ ref('stg_extraction__livraisons') }} as l on s.livraison = l.livraison
    where s.mesure = 'effectifs' and s.modalite <> '_T'
    group by s.type_territoire, s.code_territoire, s.periode, l.publie_le
)

select
    'communes' as controle,
    f.mesure || ' ' || f.modalite as objet,
    f.periode,
    f.valeur as attendu,
    c.somme as trouve
from secteurs as f
left join communes as c on f.mesure = c.mesure and f.modalite = c.modalite and f.periode = c.periode
where f.type_territoire = 'FRANCE' and f.valeur <> coalesce(c.somme, 0)
union all
select
    'secteurs',
    t.type_territoire || '-' || t.code_territoire,
    t.periode,
    e.valeur,
    t.somme
from totaux as t
inner join {{ ref('int_mesures__effectifs_salaries') }} as e
    on t.type_territoire = e.type_territoire and t.code_territoire = e.code_territoire and t.periode = e.periode
inner join {{ ref('stg_extraction__livraisons') }} as l on e.livraison = l.livraison and l.est_en_vigueur and t.publie_le = l.publie_le
where e.valeur <> t.somme
