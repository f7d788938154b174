-- Each cell that is kept pins every dimension; the other crossings stay in the landing.
with choisies as (
    select
        *,
        case
            when ACTIVITY = '_T' then 'creations|_T'
            when ACTIVITY = 'AZ' then 'creations|secteur_a10:AZ'
            when ACTIVITY = 'BE' then 'creations|secteur_a10:BE'
            when ACTIVITY = 'FZ' then 'creations|secteur_a10:FZ'
            when ACTIVITY = 'GI' then 'creations|secteur_a10:GI'
            when ACTIVITY = 'JZ' then 'creations|secteur_a10:JZ'
            when ACTIVITY = 'KZ' then 'creations|secteur_a10:KZ'
            when ACTIVITY = 'LZ' then 'creations|secteur_a10:LZ'
            when ACTIVITY = 'MN' then 'creations|secteur_a10:MN'
            when ACTIVITY = 'OQ' then 'creations|secteur_a10:OQ'
            when ACTIVITY = 'RU' then 'creations|secteur_a10:RU'
        end as cellule
    from {{ source('landing', 'insee__creations_communes') }}
    where SIDE_MEASURE = 'BURE' and LEGAL_FORM = '_T'
)

select {{ colonnes_melodi() }}
from choisies
where cellule is not null
