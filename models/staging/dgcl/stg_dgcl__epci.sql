-- One delivery a year (its partition is the year); a delivery without a partition is the list at 1 January 2025.
select
    cast(coalesce(_partition, '2025') as integer) as millesime,
    siren as code_epci,
    raison_sociale as libelle,
    nature_juridique,
    dept as code_departement_siege,
    lpad(insee, 5, '0') as code_commune,
    _livraison as livraison,
    _ligne as ligne
from {{ source('landing', 'dgcl__epci') }}
