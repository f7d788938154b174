-- Each cell that is kept pins every dimension; the other crossings stay in the landing.
with choisies as (
    select
        *,
        case
            when SEX = '_T' then 'salaire_net|_T'
            when SEX = 'F' then 'salaire_net|sexe:F'
            when SEX = 'M' then 'salaire_net|sexe:M'
        end as cellule
    from {{ source('landing', 'insee__salaires') }}
    where DERA_MEASURE = 'SALAIRE_NET_EQTP_MENSUEL_MOYENNE' and AGE = '_T'
)

select {{ colonnes_melodi() }}
from choisies
where cellule is not null
