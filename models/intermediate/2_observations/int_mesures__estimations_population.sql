-- Sex and age are breakdowns, one at a time: their cross stays in staging.
select
    'insee__estimations_population' as source,
    'population' as mesure,
    type_territoire,
    code_territoire,
    {{ cog_courant() }} as cog,
    periode,
    case when sexe <> '_T' then 'sexe:' || sexe when age <> '_T' then 'age:' || age else '_T' end as modalite,
    valeur,
    cast(null as string) as systeme,
    cast(null as string) as marque_producteur,
    livraison,
    ligne
from {{ ref('stg_insee__estimations_population') }}
where sexe = '_T' or age = '_T'
