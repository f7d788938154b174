-- Each cell that is kept pins every dimension; the other series stay in the landing.
with choisies as (
    select
        *,
        case
            when UNIT_MEASURE = 'EUROS_HABITANTS' then 'pib_par_habitant|_T'
            when UNIT_MEASURE = 'EUROS_EMPLOI' then 'pib_par_emploi|_T'
        end as cellule
    from {{ source('landing', 'insee__pib_regions') }}
    where INDICATEUR = 'PIB_EURO_VALEUR'
)

select {{ colonnes_bdm() }}
from choisies
where cellule is not null and {{ zone_bdm('FE') }}
