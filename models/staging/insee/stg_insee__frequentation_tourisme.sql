-- Each cell that is kept pins every dimension; the other crossings stay in the landing.
with choisies as (
    select
        *,
        case
            when TOUR_MEASURE = 'NUI' then 'nuitees_hotels|_T'
            when TOUR_MEASURE = 'ARR' then 'arrivees_hotels|_T'
        end as cellule
    from {{ source('landing', 'insee__frequentation_tourisme') }}
    where FREQ = 'M' and ACTIVITY = 'I551' and TOUR_RESID = '_T'
)

select {{ colonnes_melodi(mult='UNIT_MULT') }}
from choisies
where cellule is not null
