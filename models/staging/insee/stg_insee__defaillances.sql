-- A series asked by its idbank comes without its dimensions: the idbank says which sector it is, the title says that it is raw.
select
    IDBANK as idbank,
    case IDBANK when '001739987' then 'I' end as secteur,
    {{ type_ref_area('REF_AREA') }} as type_territoire,
    {{ code_ref_area('REF_AREA') }} as code_territoire,
    {{ periode_sdmx('TIME_PERIOD') }} as periode,
    {{ nombre('OBS_VALUE') }} as valeur,
    OBS_STATUS as marque_producteur,
    cast(LAST_UPDATE as date) as mise_a_jour,
    _livraison as livraison,
    _ligne as ligne
from {{ source('landing', 'insee__defaillances') }}
