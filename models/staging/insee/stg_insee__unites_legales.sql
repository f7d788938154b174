-- Each cell that is kept pins every dimension; the other crossings stay in the landing.
with choisies as (
    select
        *,
        case
            when ACTIVITY = '_T' then 'unites_legales|_T'
            when ACTIVITY = 'AZ' then 'unites_legales|secteur_a10:AZ'
            when ACTIVITY = 'BE' then 'unites_legales|secteur_a10:BE'
            when ACTIVITY = 'FZ' then 'unites_legales|secteur_a10:FZ'
            when ACTIVITY = 'GI' then 'unites_legales|secteur_a10:GI'
            when ACTIVITY = 'JZ' then 'unites_legales|secteur_a10:JZ'
            when ACTIVITY = 'KZ' then 'unites_legales|secteur_a10:KZ'
            when ACTIVITY = 'LZ' then 'unites_legales|secteur_a10:LZ'
            when ACTIVITY = 'MN' then 'unites_legales|secteur_a10:MN'
            when ACTIVITY = 'OQ' then 'unites_legales|secteur_a10:OQ'
            when ACTIVITY = 'RU' then 'unites_legales|secteur_a10:RU'
        end as cellule
    from {{ source('landing', 'insee__unites_legales') }}
)

select {{ colonnes_melodi() }}
from choisies
where cellule is not null
