-- Each cell that is kept pins every dimension; the other crossings stay in the landing.
with choisies as (
    select
        *,
        case
            when EMPFORM = '_T' then 'occupes|_T'
            when EMPFORM = '1' then 'non_salaries|_T'
            when EMPFORM = '2' then 'salaries|_T'
            when EMPFORM = '22T27' then 'duree_limitee|_T'
        end as cellule
    from {{ source('landing', 'insee__rp_conditions_emploi') }}
    where SEX = '_T' and AGE = 'Y_GE15' and coalesce(WKTIME, '_T') = '_T'
)

select {{ colonnes_melodi() }}
from choisies
where cellule is not null
