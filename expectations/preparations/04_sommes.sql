-- Every total that can be compared with the sum of all its parts (sommes.csv says with which tolerance).
create or replace temp table totaux as
with region as (
    select territoire, type_territoire, count(*) over (partition by type_territoire) as combien
    from territoires inner join contexte on territoires.code_region = contexte.region
    where type_territoire = 'DEP'
),
par_departement as (
    select c.indicateur, c.periode, c.modalite, 'departements' as parts, x.territoire_region as territoire, sum(c.valeur) as somme
    from chiffres as c
    inner join region as r on c.territoire = r.territoire
    cross join contexte as x
    where c.agregation = 'somme'
    group by all
    having count(c.valeur) = any_value(r.combien)
),
-- metropolitan regions have codes of 11 and more
regions_metropole as (
    select territoire, count(*) over () as combien from territoires where type_territoire = 'REG' and code_territoire >= '11'
),
par_region as (
    select c.indicateur, c.periode, c.modalite, 'regions' as parts, 'FRANCE-FM' as territoire, sum(c.valeur) as somme
    from chiffres as c inner join regions_metropole as r on c.territoire = r.territoire
    where c.agregation = 'somme'
    group by all
    having count(c.valeur) = any_value(r.combien)
),
details as (
    select c.*
    from chiffres as c
    -- a heading that gathers others is left out of their sum
    left join sommes as s on c.indicateur = s.indicateur and c.axe = s.parts
    where c.axe <> '_T' and c.agregation = 'somme' and c.modalite is distinct from s.hors
),
axes as (
    select indicateur, axe, niveau, count(distinct modalite) as combien
    from details
    group by all
),
par_modalite as (
    select c.indicateur, c.periode, '_T' as modalite, c.axe as parts, c.territoire, sum(c.valeur) as somme
    from details as c inner join axes as a on c.indicateur = a.indicateur and c.axe = a.axe and c.niveau = a.niveau
    where c.niveau in ('DEP', 'REG', 'FRANCE')
    group by all
    having count(c.valeur) = any_value(a.combien)
),
-- months that a producer publishes as such against its own sum of twelve of them
quatre_trimestres as (
    select
        c.indicateur,
        c.periode,
        c.modalite,
        'quatre_trimestres' as parts,
        c.territoire,
        sum(c.valeur) over annee as somme,
        count(c.valeur) over annee as combien,
        c.date_fin
    from chiffres as c
    where c.frequence = 'T' and c.indicateur in (select indicateur from sommes where parts = 'quatre_trimestres')
    window annee as (partition by c.indicateur, c.territoire, c.modalite order by c.date_fin rows 3 preceding)
),
ensemble as (
    select indicateur, periode, modalite, parts, territoire, somme from par_departement
    union all
    select indicateur, periode, modalite, parts, territoire, somme from par_region
    union all
    select indicateur, periode, modalite, parts, territoire, somme from par_modalite
)
select
    e.indicateur,
    e.parts,
    c.niveau,
    e.territoire,
    e.periode,
    e.modalite,
    c.valeur as total,
    e.somme,
    abs(c.valeur - e.somme) as ecart,
    s.indicateur is not null as regle_connue,
    coalesce(s.ecart_absolu + s.ecart_relatif * abs(e.somme), 5 + 0.01 * abs(e.somme)) + 1e-6 as admis
from ensemble as e
inner join chiffres as c
    on e.indicateur = c.indicateur and e.territoire = c.territoire and e.periode = c.periode and e.modalite = c.modalite
left join sommes as s on e.indicateur = s.indicateur and e.parts = s.parts
where c.valeur is not null
union all
select
    q.indicateur,
    q.parts,
    c.niveau,
    q.territoire,
    c.periode,
    q.modalite,
    c.valeur,
    q.somme,
    abs(c.valeur - q.somme),
    true,
    s.ecart_absolu + s.ecart_relatif * abs(q.somme) + 1e-6
from quatre_trimestres as q
inner join sommes as s on q.indicateur = s.indicateur and s.parts = 'quatre_trimestres'
inner join chiffres as c
    on s.total = c.indicateur and q.territoire = c.territoire and q.modalite = c.modalite and q.date_fin = c.date_fin
where q.combien = 4 and c.valeur is not null;
