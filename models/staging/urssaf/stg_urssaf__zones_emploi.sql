-- A zone that straddles regions, or former regions, has several rows a quarter: they are summed in the next layer.
select
    code_zone_d_emploi as code_ze2020,
    code_region,
    code_ancienne_region,
    annee || '-T' || trimestre as periode,
    {{ nombre('effectifs_salaries_brut') }} as effectifs_brut,
    {{ nombre('effectifs_salaries_cvs') }} as effectifs_cvs,
    {{ nombre('masse_salariale_brut') }} as masse_brut,
    {{ nombre('masse_salariale_cvs') }} as masse_cvs,
    _livraison as livraison,
    _ligne as ligne
from {{ source('landing', 'urssaf__zones_emploi') }}
