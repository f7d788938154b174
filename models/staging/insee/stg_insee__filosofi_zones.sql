-- Each cell that is kept pins every dimension; the other crossings stay in the landing.
with choisies as (
    select
        *,
        case
            when FILOSOFI_MEASURE = 'MED_SL' then 'MED|_T'
            when FILOSOFI_MEASURE = 'PR_MD60' then 'TP60|_T'
            when FILOSOFI_MEASURE = 'IR_D9_D1_SL' then 'RD|_T'
            when FILOSOFI_MEASURE = 'GI_SL' then 'GINI|_T'
        end as cellule
    from {{ source('landing', 'insee__filosofi_zones') }}
)

select {{ colonnes_melodi() }}
from choisies
where cellule is not null
