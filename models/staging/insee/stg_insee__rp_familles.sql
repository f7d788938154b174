-- Each cell that is kept pins every dimension; the other crossings stay in the landing.
with choisies as (
    select
        *,
        case
            when TFN = '_T' then 'familles|_T'
            when TFN = '1' then 'familles|type_famille:monoparentale'
            when TFN = '12' then 'familles|type_famille:mere-seule'
            when TFN = '11' then 'familles|type_famille:pere-seul'
            when TFN = '21' then 'familles|type_famille:couple-sans-enfant'
            when TFN = '22' then 'familles|type_famille:couple-avec-enfant'
        end as cellule
    from {{ source('landing', 'insee__rp_familles') }}
    where NCH = '_T'
)

select {{ colonnes_melodi() }}
from choisies
where cellule is not null
