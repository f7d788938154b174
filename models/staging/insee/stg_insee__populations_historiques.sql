-- Each cell that is kept pins every dimension; the other crossings stay in the landing.
with choisies as (
    select
        *,
        case
            when POPREF_MEASURE = 'PMUN' then 'PMUN|_T'
            when POPREF_MEASURE = 'PSDC' then 'PSDC|_T'
        end as cellule
    from {{ source('landing', 'insee__populations_historiques') }}
)

select {{ colonnes_melodi() }}
from choisies
where cellule is not null
