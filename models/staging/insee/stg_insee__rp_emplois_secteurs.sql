-- Each cell that is kept pins every dimension; the other crossings stay in the landing.
with choisies as (
    select
        *,
        case
            when EMP_ACTIVITY = '_T' then 'emplois|_T'
            when EMP_ACTIVITY = 'AZ' then 'emplois|secteur_a5:AZ'
            when EMP_ACTIVITY = 'BE' then 'emplois|secteur_a5:BE'
            when EMP_ACTIVITY = 'FZ' then 'emplois|secteur_a5:FZ'
            when EMP_ACTIVITY = 'GU' then 'emplois|secteur_a5:GU'
            when EMP_ACTIVITY = 'OQ' then 'emplois|secteur_a5:OQ'
        end as cellule
    from {{ source('landing', 'insee__rp_emplois_secteurs') }}
    where SEX = '_T' and PCS = '_T' and EMPFORM = '_T'
)

select {{ colonnes_melodi() }}
from choisies
where cellule is not null
