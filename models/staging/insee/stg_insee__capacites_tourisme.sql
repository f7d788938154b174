-- Each cell that is kept pins every dimension; the other crossings stay in the landing.
with choisies as (
    select
        *,
        case
            when ACTIVITY = 'I551' and TOUR_MEASURE = 'UNIT_LOC' then 'hotels|_T'
            when ACTIVITY = 'I551' and TOUR_MEASURE = 'PLACE' then 'chambres_hotel|_T'
            when ACTIVITY = 'I553' and TOUR_MEASURE = 'UNIT_LOC' then 'campings|_T'
            when ACTIVITY = 'I553' and TOUR_MEASURE = 'PLACE' then 'emplacements_camping|_T'
            when ACTIVITY = 'I552' and TOUR_MEASURE = 'BEDPLACE' then 'lits_collectifs|_T'
        end as cellule
    from {{ source('landing', 'insee__capacites_tourisme') }}
    where UNIT_LOC_RANKING = '_T' and L_STAY = '_T'
)

select {{ colonnes_melodi() }}
from choisies
where cellule is not null
