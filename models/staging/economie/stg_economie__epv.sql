-- SIRET lost leading zeros (13 or 12 digits): padded. Regions and universes come in several spellings: compared by bare letters later.
select
    lpad(SIRET, 14, '0') as siret,
    {{ colonne('Raison sociale') }} as raison_sociale,
    {{ colonne('Code NAF') }} as code_naf,
    Région as libelle_region,
    Univers as univers,
    cast({{ colonne('Date de labellisation') }} as date) as date_labellisation,
    cast({{ colonne('Date de fin de labellisation') }} as date) as date_fin_labellisation,
    _livraison as livraison,
    _ligne as ligne
from {{ source('landing', 'economie__epv') }}
