-- Raw figures only: seasonally adjusted ones do not add up over the sectors.
select
    code_departement,
    {{ grand_secteur('grand_secteur_d_activite') }} as secteur,
    annee || '-T' || trimestre as periode,
    {{ nombre('effectifs_salaries_brut') }} as effectifs_brut,
    {{ nombre('masse_salariale_brut') }} as masse_brut,
    _livraison as livraison,
    _ligne as ligne
from {{ source('landing', 'urssaf__departements_secteurs') }}
