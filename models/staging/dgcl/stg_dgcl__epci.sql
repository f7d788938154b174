select
    siren as code_epci,
    raison_sociale as libelle,
    nature_juridique,
    dept as code_departement_siege,
    lpad(insee, 5, '0') as code_commune,
    _livraison as livraison,
    _ligne as ligne
from {{ source('landing', 'dgcl__epci') }}
