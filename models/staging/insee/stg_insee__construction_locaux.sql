-- Each cell that is kept pins every dimension; the other series stay in the landing.
with choisies as (
    select
        *,
        case
            when INDICATEUR = 'SURF_PLANCHER_AUT' and LOCAL = '0' then 'locaux_autorises|_T'
            when INDICATEUR = 'SURF_PLANCHER_COM' and LOCAL = '0' then 'locaux_commences|_T'
            when INDICATEUR = 'SURF_PLANCHER_AUT' and LOCAL = '3' then 'locaux_autorises|type_local:bureaux'
            when INDICATEUR = 'SURF_PLANCHER_AUT' and LOCAL = '4' then 'locaux_autorises|type_local:commerce'
            when INDICATEUR = 'SURF_PLANCHER_AUT' and LOCAL = '6' then 'locaux_autorises|type_local:industrie'
            when INDICATEUR = 'SURF_PLANCHER_AUT' and LOCAL = '8' then 'locaux_autorises|type_local:entrepot'
        end as cellule
    from {{ source('landing', 'insee__construction_locaux') }}
    where FREQ = 'M' and CORRECTION = 'BRUT'
)

select {{ colonnes_bdm() }}
from choisies
where cellule is not null and {{ zone_bdm('FE') }}
