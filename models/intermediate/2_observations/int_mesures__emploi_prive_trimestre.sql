-- A zone is the sum of its parts (by region and former region) when all of them have a figure: a null part is hidden or late. A département
-- has the sum of its sectors, raw, on the same condition; adjusted series do not add up.
with zones as (
    select
        m.mesure,
        z.code_ze2020,
        z.periode,
        case m.mesure
            when 'effectifs_brut' then z.effectifs_brut when 'effectifs_cvs' then z.effectifs_cvs
            when 'masse_brut' then z.masse_brut else z.masse_cvs
        end as valeur,
        z.livraison,
        z.ligne
    from {{ ref('stg_urssaf__zones_emploi') }} as z
    cross join (values ('effectifs_brut'), ('effectifs_cvs'), ('masse_brut'), ('masse_cvs')) as m (mesure)
),

secteurs as (
    select
        m.mesure,
        d.code_departement,
        d.secteur,
        d.periode,
        case m.mesure when 'effectifs_brut' then d.effectifs_brut else d.masse_brut end as valeur,
        d.livraison,
        d.ligne
    from {{ ref('stg_urssaf__departements_secteurs') }} as d
    cross join (values ('effectifs_brut'), ('masse_brut')) as m (mesure)
)

select
    'urssaf__zones_emploi' as source,
    mesure,
    'ZE2020' as type_territoire,
    code_ze2020 as code_territoire,
    {{ cog_courant() }} as cog,
    periode,
    '_T' as modalite,
    case when count(valeur) = count(*) then sum(valeur) end as valeur,
    cast(null as string) as systeme,
    cast(null as string) as marque_producteur,
    case when count(*) = 1 then 'publiee' else 'agregee' end as methode,
    case when count(valeur) < count(*) then 'Une partie de la zone n''a pas de chiffre.' end as motif,
    livraison,
    min(ligne) as ligne
from zones
group by mesure, code_ze2020, periode, livraison
union all
select
    'urssaf__departements_secteurs',
    mesure,
    'DEP',
    code_departement,
    {{ cog_courant() }},
    periode,
    '_T',
    case when count(valeur) = count(*) then sum(valeur) end,
    null,
    null,
    'agregee',
    case when count(valeur) < count(*) then 'Un secteur n''a pas de chiffre.' end,
    livraison,
    min(ligne)
from secteurs
group by mesure, code_departement, periode, livraison
union all
select
    'urssaf__departements_secteurs',
    mesure,
    'DEP',
    code_departement,
    {{ cog_courant() }},
    periode,
    secteur,
    valeur,
    null,
    null,
    'publiee',
    null,
    livraison,
    ligne
from secteurs
where secteur <> 'grand_secteur:calage'
