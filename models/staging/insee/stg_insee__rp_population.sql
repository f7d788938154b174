-- Each cell that is kept pins every dimension; the other crossings stay in the landing.
with choisies as (
    select
        *,
        case
            when SEX = '_T' and AGE = '_T' then 'population|_T'
            when SEX = 'F' and AGE = '_T' then 'population|sexe:F'
            when SEX = 'M' and AGE = '_T' then 'population|sexe:M'
            when SEX = '_T' and AGE = 'Y_LT15' then 'population|age:0-14'
            when SEX = '_T' and AGE = 'Y15T24' then 'population|age:15-24'
            when SEX = '_T' and AGE = 'Y25T39' then 'population|age:25-39'
            when SEX = '_T' and AGE = 'Y40T54' then 'population|age:40-54'
            when SEX = '_T' and AGE = 'Y55T64' then 'population|age:55-64'
            when SEX = '_T' and AGE = 'Y65T79' then 'population|age:65-79'
            when SEX = '_T' and AGE = 'Y_GE80' then 'population|age:80-plus'
        end as cellule
    from {{ source('landing', 'insee__rp_population') }}
    where RP_MEASURE = 'POP'
)

select {{ colonnes_melodi() }}
from choisies
where cellule is not null
