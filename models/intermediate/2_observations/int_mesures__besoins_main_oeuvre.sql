-- One hidden cell hides every total that holds it. Beside the totals, what the producer lets be read: the sum of the cells that it prints
-- (a floor, and said so), and the cells where two numbers are printed side by side, to divide like by like.
with niveaux as (
    select
        n.type_territoire,
        case n.type_territoire when 'DEP' then b.code_departement when 'REG' then b.code_region else 'F' end as code_territoire,
        b.periode,
        f.est_detail,
        case when f.est_detail then 'famille_bmo:' || b.famille else '_T' end as modalite,
        b.projets,
        b.difficiles,
        b.saisonniers,
        b.livraison,
        b.ligne
    from {{ ref('stg_francetravail__bmo') }} as b
    cross join (values ('DEP'), ('REG'), ('FRANCE')) as n (type_territoire)
    cross join (values (true), (false)) as f (est_detail)
),

sommes as (
    select
        type_territoire,
        code_territoire,
        periode,
        modalite,
        case when count(projets) = count(*) then sum(projets) end as met,
        case when count(difficiles) = count(*) then sum(difficiles) end as xmet,
        case when count(saisonniers) = count(*) then sum(saisonniers) end as smet,
        sum(projets) as met_diffuses,
        sum(case when difficiles is not null then projets end) as met_avec_xmet,
        sum(case when projets is not null then difficiles end) as xmet_avec_met,
        sum(case when saisonniers is not null then projets end) as met_avec_smet,
        sum(case when projets is not null then saisonniers end) as smet_avec_met,
        livraison,
        min(ligne) as ligne
    from niveaux
    group by type_territoire, code_territoire, periode, modalite, livraison
),

mesures as (
    select
        s.*,
        m.mesure,
        case m.mesure
            when 'met' then s.met when 'xmet' then s.xmet when 'smet' then s.smet when 'met_diffuses' then s.met_diffuses
            when 'met_avec_xmet' then s.met_avec_xmet when 'xmet_avec_met' then s.xmet_avec_met
            when 'met_avec_smet' then s.met_avec_smet else s.smet_avec_met
        end as valeur
    from sommes as s
    cross join (
        values
        ('met'), ('xmet'), ('smet'), ('met_diffuses'), ('met_avec_xmet'), ('xmet_avec_met'), ('met_avec_smet'), ('smet_avec_met')
    ) as m (mesure)
)

select
    'francetravail__bmo' as source,
    mesure,
    type_territoire,
    code_territoire,
    {{ cog_courant() }} as cog,
    periode,
    modalite,
    valeur,
    'bmo' as systeme,
    case when valeur is null then '*' end as marque_producteur,
    'agregee' as methode,
    cast(null as string) as motif,
    livraison,
    ligne
from mesures
