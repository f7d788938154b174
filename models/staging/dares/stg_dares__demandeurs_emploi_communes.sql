-- Rounded to 5 by the producer. The geography is not said: the whole history is in one, that of the year after its last quarter.
select
    code_commune,
    date as periode,
    {{ modalite_dares('sexe', 'tranche_d_age') }} as modalite,
    {{ nombre('nombre_de_demandeurs_d_emploi') }} as valeur,
    least(max(cast(substr(date, 1, 4) as integer)) over (partition by _livraison) + 1, {{ cog_courant() }}) as millesime_cog,
    _livraison as livraison,
    _ligne as ligne
from {{ source('landing', 'dares__demandeurs_emploi_communes') }}
