-- SIRET lost leading zeros (13 or 12 digits): padded. Regions and universes come in several spellings: compared by bare letters later.
select
    lpad("SIRET", 14, '0') as siret,
    "Raison sociale" as raison_sociale,
    "Code NAF" as code_naf,
    "Région" as libelle_region,
    "Univers" as univers,
    cast("Date de labellisation" as date) as date_labellisation,
    cast("Date de fin de labellisation" as date) as date_fin_labellisation,
    _livraison as livraison,
    _ligne as ligne
from {{ source('landing', 'economie__epv') }}
