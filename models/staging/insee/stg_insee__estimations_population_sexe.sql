-- Each cell that is kept pins every dimension; the other crossings stay in the landing.
with choisies as (
    select
        *,
        case
            when SEX = '_T' then 'population|_T'
            when SEX = 'F' then 'population|sexe:F'
            when SEX = 'M' then 'population|sexe:M'
        end as cellule
    from {{ source('landing', 'insee__estimations_population_sexe') }}
    where EP_MEASURE = 'POP_JAN_1ST' and AGE = '_T'
)

select {{ colonnes_melodi() }}
from choisies
where cellule is not null
