select
    IDBANK as idbank,
    TITLE_FR as titre,
    {{ type_ref_area('REF_AREA') }} as type_territoire,
    {{ code_ref_area('REF_AREA') }} as code_territoire,
    ACTIVITE as activite,
    SERIE_ARRETEE = 'TRUE' as est_arretee,
    {{ periode_sdmx('TIME_PERIOD') }} as periode,
    -- UNIT_MULT is a power of ten to apply.
    {{ nombre('OBS_VALUE') }} * power(10, cast(UNIT_MULT as integer)) as valeur,
    OBS_STATUS as marque_producteur,
    cast(LAST_UPDATE as date) as mise_a_jour,
    _livraison as livraison,
    _ligne as ligne
from {{ source('landing', 'insee__emploi_salarie') }}
where FREQ = 'T' and CORRECTION = 'CVS' and INDICATEUR = 'EMPLOI_SALARIE_TRIM' and NATURE = 'VALEUR_ABSOLUE'
