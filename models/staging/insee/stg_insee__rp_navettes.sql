-- Each cell that is kept pins every dimension; the other crossings stay in the landing.
with choisies as (
    select
        *,
        case
            when TRANS = '_T' and WORK_AREA = '_T' then 'occupes|_T'
            when TRANS = '_T' and WORK_AREA = '10' then 'meme_commune|_T'
            when TRANS = '_T' and WORK_AREA = '21' then 'sortants_departement|_T'
            when TRANS = '_T' and WORK_AREA = '22' then 'sortants_region|_T'
            when TRANS = '_T' and WORK_AREA = '23' then 'sortants_autre_region|_T'
            when TRANS = '_T' and WORK_AREA = '24T30' then 'sortants_etranger|_T'
            when TRANS = '1' and WORK_AREA = '_T' then 'occupes|transport:aucun'
            when TRANS = '2' and WORK_AREA = '_T' then 'occupes|transport:marche'
            when TRANS = '3' and WORK_AREA = '_T' then 'occupes|transport:velo'
            when TRANS = '4' and WORK_AREA = '_T' then 'occupes|transport:deux-roues'
            when TRANS = '5' and WORK_AREA = '_T' then 'occupes|transport:voiture'
            when TRANS = '6' and WORK_AREA = '_T' then 'occupes|transport:transports-en-commun'
        end as cellule
    from {{ source('landing', 'insee__rp_navettes') }}
    where AGE = 'Y_GE15' and EMPSTA_ENQ = '1'
)

select {{ colonnes_melodi() }}
from choisies
where cellule is not null
