select
    'bdf__defaillances' as source,
    mesure,
    type_territoire,
    code_territoire,
    {{ cog_courant() }} as cog,
    periode,
    case secteur when 'ZZ' then '_T' else 'secteur_diren:' || secteur end as modalite,
    valeur,
    'webstat' as systeme,
    marque_producteur,
    livraison,
    ligne
from {{ ref('stg_bdf__defaillances') }}
