-- Codes are padded: 127 of them lost a leading zero in the producer's file of 2026.
select
    cast(MOD as integer) as modalite_mouvement,
    cast(DATE_EFF as date) as date_effet,
    TYPECOM_AV as type_avant,
    lpad(COM_AV, 5, '0') as code_avant,
    LIBELLE_AV as libelle_avant,
    TYPECOM_AP as type_apres,
    lpad(COM_AP, 5, '0') as code_apres,
    LIBELLE_AP as libelle_apres,
    _livraison as livraison,
    _ligne as ligne
from {{ source('landing', 'insee__cog_mouvements') }}
