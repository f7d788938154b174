-- One partition a year of the list of communes; a delivery without a partition is the list at 1 January 2025.
select
    cast(coalesce(_partition, '2025') as integer) as millesime,
    CODGEO as code_commune,
    DEP as code_departement,
    REG as code_region,
    EPCI as code_epci,
    ARR as code_arrondissement,
    CV as code_canton,
    ZE2020 as code_ze2020,
    UU2020 as code_uu2020,
    AAV2020 as code_aav2020,
    BV2022 as code_bv2022,
    _livraison as livraison,
    _ligne as ligne
from {{ source('landing', 'insee__appartenance') }}
