-- What the judgement compares: the figures that producers give (not those computed from them), one row per figure, with what is needed
-- to read a difference: in points for a rate or a balance, relative otherwise.
create or replace temp table chiffres as
select
    o.indicateur,
    split_part(o.territoire, '-', 1) as niveau,
    o.territoire,
    o.periode,
    o.date_fin,
    o.modalite,
    case when o.modalite = '_T' then '_T' else split_part(o.modalite, ':', 1) end as axe,
    o.valeur,
    o.confidentialite,
    o.methode,
    i.source,
    i.agregation,
    i.frequence,
    i.decimales,
    i.unite = '%' or i.nature in ('ratio', 'indice') as en_points
from observations as o
inner join indicateurs as i on o.indicateur = i.indicateur
where i.calcul = 'publie';

-- The same of the release that readers have now; empty when there is none.
create or replace temp table chiffres_avant as
select
    a.indicateur,
    split_part(a.territoire, '-', 1) as niveau,
    a.territoire,
    a.periode,
    a.date_fin,
    a.modalite,
    a.valeur,
    a.confidentialite,
    a.methode,
    i.source,
    i.unite = '%' or i.nature in ('ratio', 'indice') as en_points
from avant as a
-- an indicator that people took out of the dictionary is not a loss: NOTE.md says it
inner join indicateurs as i on a.indicateur = i.indicateur
where i.calcul = 'publie';
