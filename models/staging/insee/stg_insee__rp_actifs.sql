-- Each cell that is kept pins every dimension; the other crossings stay in the landing.
with choisies as (
    select
        *,
        case
            when EMPSTA_ENQ = '_T' and AGE = 'Y15T64' and SEX = '_T' then 'population_15_64|_T'
            when EMPSTA_ENQ = '1T2' and AGE = 'Y15T64' and SEX = '_T' then 'actifs_15_64|_T'
            when EMPSTA_ENQ = '1' and AGE = 'Y15T64' and SEX = '_T' then 'occupes_15_64|_T'
            when EMPSTA_ENQ = '2' and AGE = 'Y15T64' and SEX = '_T' then 'chomeurs_15_64|_T'
            when EMPSTA_ENQ = '_T' and AGE = 'Y15T64' and SEX = 'F' then 'population_15_64|sexe:F'
            when EMPSTA_ENQ = '_T' and AGE = 'Y15T64' and SEX = 'M' then 'population_15_64|sexe:M'
            when EMPSTA_ENQ = '1T2' and AGE = 'Y15T64' and SEX = 'F' then 'actifs_15_64|sexe:F'
            when EMPSTA_ENQ = '1T2' and AGE = 'Y15T64' and SEX = 'M' then 'actifs_15_64|sexe:M'
            when EMPSTA_ENQ = '1' and AGE = 'Y15T64' and SEX = 'F' then 'occupes_15_64|sexe:F'
            when EMPSTA_ENQ = '1' and AGE = 'Y15T64' and SEX = 'M' then 'occupes_15_64|sexe:M'
            when EMPSTA_ENQ = '2' and AGE = 'Y15T64' and SEX = 'F' then 'chomeurs_15_64|sexe:F'
            when EMPSTA_ENQ = '2' and AGE = 'Y15T64' and SEX = 'M' then 'chomeurs_15_64|sexe:M'
            when EMPSTA_ENQ = '_T' and AGE = 'Y15T24' and SEX = '_T' then 'population_15_64|age:15-24'
            when EMPSTA_ENQ = '_T' and AGE = 'Y25T54' and SEX = '_T' then 'population_15_64|age:25-54'
            when EMPSTA_ENQ = '_T' and AGE = 'Y55T64' and SEX = '_T' then 'population_15_64|age:55-64'
            when EMPSTA_ENQ = '1T2' and AGE = 'Y15T24' and SEX = '_T' then 'actifs_15_64|age:15-24'
            when EMPSTA_ENQ = '1T2' and AGE = 'Y25T54' and SEX = '_T' then 'actifs_15_64|age:25-54'
            when EMPSTA_ENQ = '1T2' and AGE = 'Y55T64' and SEX = '_T' then 'actifs_15_64|age:55-64'
            when EMPSTA_ENQ = '1' and AGE = 'Y15T24' and SEX = '_T' then 'occupes_15_64|age:15-24'
            when EMPSTA_ENQ = '1' and AGE = 'Y25T54' and SEX = '_T' then 'occupes_15_64|age:25-54'
            when EMPSTA_ENQ = '1' and AGE = 'Y55T64' and SEX = '_T' then 'occupes_15_64|age:55-64'
            when EMPSTA_ENQ = '2' and AGE = 'Y15T24' and SEX = '_T' then 'chomeurs_15_64|age:15-24'
            when EMPSTA_ENQ = '2' and AGE = 'Y25T54' and SEX = '_T' then 'chomeurs_15_64|age:25-54'
            when EMPSTA_ENQ = '2' and AGE = 'Y55T64' and SEX = '_T' then 'chomeurs_15_64|age:55-64'
            when EMPSTA_ENQ = '1' and AGE = 'Y_GE15' and SEX = '_T' then 'occupes_15_plus|_T'
        end as cellule
    from {{ source('landing', 'insee__rp_actifs') }}
    where EDUC = '_T'
)

select {{ colonnes_melodi() }}
from choisies
where cellule is not null
