-- Each cell that is kept pins every dimension; the other series stay in the landing.
with choisies as (
    select
        *,
        case
            when INDICATEUR = 'INDICATEUR_FECONDITE' and AGE = '00-' then 'icf|_T'
            when INDICATEUR = 'AGE_MOYEN_MERES_ACCOUCHEMENT' and AGE = 'SO' then 'age_maternite|_T'
        end as cellule
    from {{ source('landing', 'insee__fecondite') }}
    where FREQ = 'A'
)

select {{ colonnes_bdm() }}
from choisies
where cellule is not null and {{ zone_bdm('FE') }}
