-- Which measure of which source feeds which indicator.
select
    indicateur,
    source,
    mesure,
    1 as priorite
from {{ ref('dictionnaire') }}
where calcul = 'publie'
union all
select
    indicateur,
    source,
    mesure,
    priorite
from {{ ref('mesures_complementaires') }}
