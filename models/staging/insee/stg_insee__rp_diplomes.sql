-- Each cell that is kept pins every dimension; the other crossings stay in the landing.
with choisies as (
    select
        *,
        case
            when EDUC = '_T' then 'non_scolarises|_T'
            when EDUC = '001T100_RP' then 'non_scolarises|diplome:aucun'
            when EDUC = '200_RP' then 'non_scolarises|diplome:brevet'
            when EDUC = '300_RP' then 'non_scolarises|diplome:cap-bep'
            when EDUC = '350T351_RP' then 'non_scolarises|diplome:bac'
            when EDUC = '500_RP' then 'non_scolarises|diplome:bac-plus-2'
            when EDUC = '600_RP' then 'non_scolarises|diplome:bac-plus-3-4'
            when EDUC = '700_RP' then 'non_scolarises|diplome:bac-plus-5'
        end as cellule
    from {{ source('landing', 'insee__rp_diplomes') }}
    where SEX = '_T' and AGE = 'Y_GE15'
)

select {{ colonnes_melodi() }}
from choisies
where cellule is not null
