-- One row per figure of the release in force, with what it became and the revision that its producer usually makes (revisions.csv).
create or replace temp table revisions as
with regles as (
    select
        i.indicateur,
        r.usuelle,
        r.refus,
        r.plancher
    from indicateurs as i
    inner join revisions_usuelles as r
        on r.indicateur in (i.indicateur, '*')
            and r.source in (i.source, '*')
            and r.mesure = case when i.unite = '%' or i.nature in ('ratio', 'indice') then 'points' else 'relatif' end
    -- the most precise rule wins: the indicator's, the source's, everyone's
    qualify row_number() over (
        partition by i.indicateur order by (r.indicateur <> '*')::int desc, (r.source <> '*')::int desc
    ) = 1
)
select
    a.indicateur,
    a.niveau,
    a.territoire,
    a.periode,
    a.modalite,
    a.methode,
    a.valeur as avant,
    b.valeur as apres,
    a.valeur is not null and b.valeur is null as disparu,
    a.valeur is null and b.valeur is not null as apparu,
    -- the sum of a region is its producer's sections or sectors; that of a zone follows its communes
    a.confidentialite = 'C' and (a.methode = 'publiee' or a.niveau in ('DEP', 'REG')) and b.valeur is not null as devoile,
    abs(b.valeur - a.valeur) as ecart,
    case when a.en_points then 1 else abs(a.valeur) end * r.usuelle + r.plancher + 1e-9 as usuel,
    case when a.en_points then 1 else abs(a.valeur) end * r.refus + 2 * r.plancher + 1e-9 as refus,
    case when not a.en_points and a.valeur <> 0 then 100 * (b.valeur / a.valeur - 1) else b.valeur - a.valeur end as ecart_lisible,
    case when a.en_points then 'points' else '%' end as unite_ecart
from chiffres_avant as a
inner join regles as r on a.indicateur = r.indicateur
left join chiffres as b
    on a.indicateur = b.indicateur and a.territoire = b.territoire and a.periode = b.periode and a.modalite = b.modalite;
