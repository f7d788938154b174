select
    'urssaf__dpae' as source,
    'dpae' as mesure,
    'DEP' as type_territoire,
    code_departement as code_territoire,
    {{ cog_courant() }} as cog,
    periode,
    modalite,
    dpae as valeur,
    cast(null as string) as systeme,
    cast(null as string) as marque_producteur,
    'publiee' as methode,
    case when dpae is null then 'Un secteur n''a pas de chiffre.' end as motif,
    livraison,
    ligne
from {{ ref('stg_urssaf__dpae') }}
where modalite is not null
union all
select
    'urssaf__dpae',
    'dpae',
    'DEP',
    code_departement,
    {{ cog_courant() }},
    periode,
    '_T',
    case when count(dpae) = count(*) then sum(dpae) end,
    null,
    null,
    'agregee',
    case when count(dpae) < count(*) then 'Un secteur n''a pas de chiffre.' end,
    livraison,
    min(ligne)
from {{ ref('stg_urssaf__dpae') }}
group by code_departement, periode, livraison
