-- Each cell that is kept pins every dimension; the other crossings stay in the landing.
with choisies as (
    select
        *,
        case
            when EMPFORM = '_T' and SEX = '_T' and WKTIME = '_T' then 'emplois|_T'
            when EMPFORM = '_T' and SEX = 'F' and WKTIME = '_T' then 'emplois|sexe:F'
            when EMPFORM = '_T' and SEX = 'M' and WKTIME = '_T' then 'emplois|sexe:M'
            when EMPFORM = '2' and SEX = '_T' and WKTIME = '_T' then 'emplois_salaries|_T'
            when EMPFORM = '2' and SEX = '_T' and WKTIME = 'PT' then 'emplois_salaries_temps_partiel|_T'
        end as cellule
    from {{ source('landing', 'insee__rp_emplois') }}
    where AGE = '_T'
)

select {{ colonnes_melodi() }}
from choisies
where cellule is not null
