-- `nd`: no figure; `s`: secret. Neither is a number: they stay beside the value as marks.
select
    ANNEE as periode,
    case REG when 'FR' then 'FRANCE' else 'REG' end as type_territoire,
    case REG when 'FR' then 'F' else REG end as code_territoire,
    A21 as section_a21,
    case when NB_UL not in ('nd', 's') then {{ nombre('NB_UL') }} end as unites_legales,
    case when NB_UL in ('nd', 's') then NB_UL end as marque_producteur,
    _livraison as livraison,
    _ligne as ligne
from {{ source('landing', 'insee__unites_legales_regions') }}
