-- Each cell that is kept pins every dimension; the other crossings stay in the landing.
with choisies as (
    select
        *,
        case
            when ACTIVITY = '_T' then 'creations_etablissements|_T'
        end as cellule
    from {{ source('landing', 'insee__creations_etablissements') }}
    where LEGAL_FORM = '_T'
)

select {{ colonnes_melodi() }}
from choisies
where cellule is not null
