-- Each cell that is kept pins every dimension; the other crossings stay in the landing.
with choisies as (
    select
        *,
        case
            when EC_MEASURE = 'LVB' then 'naissances|_T'
        end as cellule
    from {{ source('landing', 'insee__naissances') }}
)

select {{ colonnes_melodi() }}
from choisies
where cellule is not null
