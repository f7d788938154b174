-- The move of every series from one period to the next, and how unusual it is. `commun` is the move that the level shares (a crisis moves
-- everyone), `propre` is what remains to the territory; each is divided by its own usual size (a robust one: 1.4826 x the median of the
-- absolute moves). A short series borrows the usual size of the territories of its size. `nouveau`: the release in force does not have it.
-- Only what is new is judged: an indicator that brings no period to a level is not measured there.
create or replace temp table variations as
with dernieres as (
    select indicateur, niveau, max(date_fin) as date_fin
    from chiffres_avant
    group by indicateur, niveau
),
finales as (
    select f.*
    from (
        select indicateur, niveau, max(date_fin) as date_fin
        from chiffres
        where valeur is not null
        group by indicateur, niveau
    ) as f
    left join dernieres as d on f.indicateur = d.indicateur and f.niveau = d.niveau
    where d.date_fin is null or f.date_fin > d.date_fin
),
suites as (
    select
        c.*,
        lag(c.valeur) over serie as valeur_avant,
        lag(c.periode) over serie as periode_avant
    from chiffres as c
    inner join finales as f on c.indicateur = f.indicateur and c.niveau = f.niveau
    where c.valeur is not null and c.niveau in ('COM', 'EPCI', 'ZE2020', 'DEP', 'REG', 'FRANCE')
    window serie as (partition by c.indicateur, c.territoire, c.modalite order by c.date_fin)
),
ecarts as (
    select
        *,
        case when en_points then valeur - valeur_avant else ln((valeur + 0.5) / (valeur_avant + 0.5)) end as ecart,
        case when en_points then power(10, -decimales) else 1 / greatest(valeur, valeur_avant, 1) end as arrondi
    from suites
    where valeur_avant is not null and (en_points or (valeur >= 0 and valeur_avant >= 0))
),
groupes as (
    select
        *,
        count(*) over pairs as nombre_pairs,
        case when count(*) over pairs >= 5 then median(ecart) over pairs else 0 end as commun
    from ecarts
    window pairs as (partition by indicateur, niveau, modalite, periode)
),
restes as (
    select
        *,
        ecart - commun as propre,
        count(*) over serie as longueur,
        count(*) over ensemble >= 1000 as nombreux,
        -- ties in an order of their own: two judgements of the same figures say the same
        ntile(10) over (partition by indicateur, niveau order by valeur_avant, territoire, modalite, date_fin) as tranche
    from groupes
    window serie as (partition by indicateur, territoire, modalite), ensemble as (partition by indicateur, niveau)
),
echelles as (
    select
        *,
        1.4826 * median(abs(propre)) over (partition by indicateur, territoire, modalite) as echelle_serie,
        1.4826 * median(abs(propre)) over (partition by indicateur, niveau, case when nombreux then tranche else 0 end) as echelle_pairs
    from restes
)
select
    e.indicateur,
    e.niveau,
    e.territoire,
    e.modalite,
    e.periode_avant,
    e.periode,
    e.date_fin,
    e.valeur_avant,
    e.valeur,
    e.en_points,
    e.commun,
    e.nombre_pairs,
    e.ecart,
    e.propre,
    case when e.longueur >= 12 then greatest(e.echelle_serie, e.echelle_pairs / 3, e.arrondi)
        else greatest(e.echelle_pairs, e.arrondi) end as echelle,
    abs(e.propre)
    / case when e.longueur >= 12 then greatest(e.echelle_serie, e.echelle_pairs / 3, e.arrondi)
        else greatest(e.echelle_pairs, e.arrondi) end as intensite,
    -- with no release in force, the last period of the level is the new one
    case when d.date_fin is null then e.date_fin = f.date_fin else e.date_fin > d.date_fin end as nouveau
from echelles as e
inner join finales as f on e.indicateur = f.indicateur and e.niveau = f.niveau
left join dernieres as d on e.indicateur = d.indicateur and e.niveau = d.niveau;

-- The move that a whole level shares, against the moves it made before.
create or replace temp table mouvements as
with communs as (
    select
        indicateur,
        niveau,
        modalite,
        periode,
        any_value(en_points) as en_points,
        median(ecart) as commun,
        count(*) as nombre,
        bool_or(nouveau) as nouveau,
        avg((valeur = valeur_avant)::int) as part_identique,
        median(greatest(valeur, valeur_avant)) as taille
    from variations
    group by all
    having count(*) >= 5
)
select
    *,
    abs(commun - median(commun) over serie)
    / greatest(1.4826 * median(abs(commun)) over serie, case when en_points then 0.1 else 0.01 end) as intensite
from communs
window serie as (partition by indicateur, niveau, modalite);

-- What an indicator has lived through at a level: one that triples or falls to a third more than once in a hundred (a measure of crisis) is
-- not impossible when it does so again; its new figure is held to twice the largest moves that it made, ratio to ratio.
create or replace temp table habitudes as
select
    indicateur,
    niveau,
    quantile_cont(abs(ecart), 0.99) > ln(3) as volatil,
    greatest(ln(3), 2 * quantile_cont(abs(ecart), 0.999)) as ecart_connu
from variations
where not nouveau and not en_points and greatest(valeur, valeur_avant) >= 50
group by indicateur, niveau
-- fewer moves tell no hundredth
having count(*) >= 100;
