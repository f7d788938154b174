-- Each cell that is kept pins every dimension; the other series stay in the landing.
with choisies as (
    select
        *,
        case
            when INDICATEUR = 'HOTELLERIE-NOMBRE-NUITEES' and INDIC_TOUR = 'NUITEES' and RESIDENCE = 'ENS' then 'nuitees_hotels|_T'
            when INDICATEUR = 'CAMPING-NOMBRE-NUITEES' and INDIC_TOUR = 'NUITEES' and RESIDENCE = 'ENS' then 'nuitees_campings|_T'
            when INDIC_TOUR = 'HOTEL_TCHOF_TOTAL' then 'chambres_offertes|_T'
            when INDIC_TOUR = 'HOTEL_TCHOC_TOTAL' then 'chambres_occupees|_T'
        end as cellule
    from {{ source('landing', 'insee__tourisme') }}
    where FREQ = 'M' and SERIE_ARRETEE = 'FALSE'
)

select {{ colonnes_bdm() }}
from choisies
where cellule is not null and {{ zone_bdm('FM') }}
