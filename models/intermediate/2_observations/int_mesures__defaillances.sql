-- The 12-month cumul of December is the failures of the year. Outside agriculture (A.03.HA) they are set against the legal units, whose
-- count leaves agriculture out: the sum of the ten other sectors when all are there, for the regions and France.
with series as (
    select
        mesure,
        type_territoire,
        code_territoire,
        secteur,
        periode,
        valeur,
        marque_producteur,
        livraison,
        ligne
    from {{ ref('stg_bdf__defaillances') }}
),

annees as (
    select
        type_territoire,
        code_territoire,
        secteur,
        substr(periode, 1, 4) as periode,
        valeur,
        marque_producteur,
        livraison,
        ligne
    from series
    where mesure = 'M.03' and periode like '%-12'
),

hors_agriculture as (
    select
        type_territoire,
        code_territoire,
        periode,
        case when count(valeur) = 10 then sum(valeur) end as valeur,
        count(valeur) as nombre_secteurs,
        livraison,
        min(ligne) as ligne
    from annees
    where secteur not in ('ZZ', 'AZ')
    group by type_territoire, code_territoire, periode, livraison
),

ensemble as (
    select
        mesure,
        type_territoire,
        code_territoire,
        periode,
        case secteur when 'ZZ' then '_T' else 'secteur_diren:' || secteur end as modalite,
        valeur,
        marque_producteur,
        'publiee' as methode,
        cast(null as string) as motif,
        livraison,
        ligne
    from series
    union all
    select
        m.mesure,
        a.type_territoire,
        a.code_territoire,
        a.periode,
        case a.secteur when 'ZZ' then '_T' else 'secteur_diren:' || a.secteur end,
        a.valeur,
        a.marque_producteur,
        'publiee',
        null,
        a.livraison,
        a.ligne
    from annees as a
    inner join (values ('A.03'), ('A.03.HA')) as m (mesure) on m.mesure = 'A.03' or a.secteur not in ('ZZ', 'AZ')
    union all
    select
        'A.03.HA',
        type_territoire,
        code_territoire,
        periode,
        '_T',
        valeur,
        null,
        'agregee',
        case when valeur is null then 'Total incomplet : ' || nombre_secteurs || ' secteurs reçus sur 10.' end,
        livraison,
        ligne
    from hors_agriculture
)

select
    'bdf__defaillances' as source,
    mesure,
    type_territoire,
    code_territoire,
    {{ cog_courant() }} as cog,
    periode,
    modalite,
    valeur,
    'webstat' as systeme,
    marque_producteur,
    methode,
    motif,
    livraison,
    ligne
from ensemble
