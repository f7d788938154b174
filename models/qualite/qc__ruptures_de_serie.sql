{{ config(materialized='par_indicateur') }}
-- Suspicious, not provably wrong: a quarter or a year in which a figure moved far more than it usually does. For a reader, never blocking.
with variations as (
    select
        o.indicateur,
        o.territoire,
        o.periode,
        o.valeur,
        lag(o.valeur) over (partition by o.indicateur, o.territoire order by o.date_fin) as valeur_precedente
    from {{ ref('observations') }} as o
    inner join {{ ref('indicateurs') }} as i on o.indicateur = i.indicateur
    where o.modalite = '_T' and i.calcul = 'publie' and o.valeur is not null and o.territoire not like 'COM-%'
),

ecarts as (
    select
        *,
        abs(valeur - valeur_precedente) as ecart,
        median(abs(valeur - valeur_precedente)) over (partition by indicateur, territoire) as ecart_usuel,
        count(*) over (partition by indicateur, territoire) as nombre
    from variations
    where valeur_precedente is not null
)

select
    indicateur,
    territoire,
    periode,
    valeur_precedente,
    valeur,
    ecart,
    ecart_usuel
from ecarts
where nombre >= 12 and ecart_usuel > 0 and ecart > 12 * ecart_usuel
