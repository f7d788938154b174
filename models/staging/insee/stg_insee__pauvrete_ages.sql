-- Each cell that is kept pins every dimension; the other series stay in the landing.
with choisies as (
    select
        *,
        case
            when AGE = '00-' then 'TP60|_T'
            when AGE = '00-29' then 'TP60_moins_30|_T'
            when AGE = '75-' then 'TP60_75_plus|_T'
        end as cellule
    from {{ source('landing', 'insee__pauvrete_ages') }}
    where INDICATEUR = 'TAUX_PAUVRETE'
)

select {{ colonnes_bdm() }}
from choisies
where cellule is not null and {{ zone_bdm('FE') }}
