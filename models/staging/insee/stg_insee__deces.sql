-- Each cell that is kept pins every dimension; the other crossings stay in the landing.
with choisies as (
    select
        *,
        case
            when EC_MEASURE = 'DTH' then 'deces|_T'
        end as cellule
    from {{ source('landing', 'insee__deces') }}
)

select {{ colonnes_melodi() }}
from choisies
where cellule is not null
