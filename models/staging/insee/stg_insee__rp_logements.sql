-- Each cell that is kept pins every dimension; the other crossings stay in the landing.
with choisies as (
    select
        *,
        case
            when RP_MEASURE = 'DWELLINGS' and OCS = '_T' and TDW = '_T' and TSH = '_T' and CARS = '_T' then 'logements|_T'
            when RP_MEASURE = 'DWELLINGS' and OCS = '_T' and TDW = '1' and TSH = '_T' and CARS = '_T' then 'logements|type_logement:maison'
            when
                RP_MEASURE = 'DWELLINGS' and OCS = '_T'
                and TDW = '2' and TSH = '_T' and CARS = '_T'
                then 'logements|type_logement:appartement'
            when RP_MEASURE = 'DWELLINGS' and OCS = 'DW_MAIN' and TDW = '_T' and TSH = '_T' and CARS = '_T' then 'residences_principales|_T'
            when
                RP_MEASURE = 'DWELLINGS' and OCS = 'DW_SEC_DW_OCC'
                and TDW = '_T' and TSH = '_T' and CARS = '_T'
                then 'residences_secondaires|_T'
            when RP_MEASURE = 'DWELLINGS' and OCS = 'DW_VAC' and TDW = '_T' and TSH = '_T' and CARS = '_T' then 'logements_vacants|_T'
            when RP_MEASURE = 'DWELLINGS' and OCS = 'DW_MAIN' and TDW = '_T' and TSH = '100' and CARS = '_T' then 'proprietaires|_T'
            when RP_MEASURE = 'DWELLINGS' and OCS = 'DW_MAIN' and TDW = '_T' and TSH = '221' and CARS = '_T' then 'locataires_hlm|_T'
            when RP_MEASURE = 'DWELLINGS' and OCS = 'DW_MAIN' and TDW = '_T' and TSH = '_T' and CARS = 'C0' then 'menages_sans_voiture|_T'
            when
                RP_MEASURE = 'DWELLINGS_POPSIZE' and OCS = 'DW_MAIN'
                and TDW = '_T' and TSH = '_T' and CARS = '_T'
                then 'population_menages|_T'
        end as cellule
    from {{ source('landing', 'insee__rp_logements') }}
    where L_STAY = '_T' and NRG_SRC = '_T' and CARPARK = '_T' and NOR = '_T' and BUILD_END = '_T'
)

select {{ colonnes_melodi() }}
from choisies
where cellule is not null
