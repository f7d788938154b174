-- Sums made by the portal, by département and year; `mois` says how many months they are made of.
select
    substr(split_part(series_key, '.', 3), 2) as code_departement,
    annee as periode,
    {{ nombre('depots') }} as depots,
    cast(mois as integer) as mois,
    _livraison as livraison,
    _ligne as ligne
from {{ source('landing', 'bdf__surendettement_annuel') }}
