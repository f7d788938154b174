-- Each cell that is kept pins every dimension; the other crossings stay in the landing.
with choisies as (
    select
        *,
        case
            when STO = 'B1GQ' then 'pib_valeur|_T'
        end as cellule
    from {{ source('landing', 'insee__comptes_regionaux') }}
    where PRICES = 'V' and ACTIVITY = '_T'
)

select {{ colonnes_melodi(mult='UNIT_MULT', unite=6, statut='OBS_STATUS_FR') }}
from choisies
where cellule is not null
