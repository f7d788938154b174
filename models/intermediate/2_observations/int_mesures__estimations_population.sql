-- Sex and age are breakdowns, one at a time: their cross stays in staging. The producer says in the sheet « À savoir » that the last three
-- years of the file are provisional.
select
    'insee__estimations_population' as source,
    'population' as mesure,
    type_territoire,
    code_territoire,
    {{ cog_courant() }} as cog,
    periode,
    case when sexe <> '_T' then 'sexe:' || sexe when age <> '_T' then 'age:' || age else '_T' end as modalite,
    valeur,
    'estimations' as systeme,
    case
        when cast(periode as integer) > max(cast(periode as integer)) over (partition by livraison) - 3 then 'provisoire'
    end as marque_producteur,
    livraison,
    ligne
from {{ ref('stg_insee__estimations_population') }}
where sexe = '_T' or age = '_T'
