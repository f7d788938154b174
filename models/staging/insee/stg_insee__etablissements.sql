-- Each cell that is kept pins every dimension; the other crossings stay in the landing.
with choisies as (
    select
        *,
        case
            when ACTIVITY = '_T' then 'etablissements|_T'
            when ACTIVITY = 'AZ' then 'etablissements|secteur_a10:AZ'
            when ACTIVITY = 'BE' then 'etablissements|secteur_a10:BE'
            when ACTIVITY = 'FZ' then 'etablissements|secteur_a10:FZ'
            when ACTIVITY = 'GI' then 'etablissements|secteur_a10:GI'
            when ACTIVITY = 'JZ' then 'etablissements|secteur_a10:JZ'
            when ACTIVITY = 'KZ' then 'etablissements|secteur_a10:KZ'
            when ACTIVITY = 'LZ' then 'etablissements|secteur_a10:LZ'
            when ACTIVITY = 'MN' then 'etablissements|secteur_a10:MN'
            when ACTIVITY = 'OQ' then 'etablissements|secteur_a10:OQ'
            when ACTIVITY = 'RU' then 'etablissements|secteur_a10:RU'
        end as cellule
    from {{ source('landing', 'insee__etablissements') }}
    where SIDE_MEASURE = 'UNIT_LOC'
)

select {{ colonnes_melodi() }}
from choisies
where cellule is not null
