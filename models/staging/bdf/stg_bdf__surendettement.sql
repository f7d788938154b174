-- Key of an IFI series: IFI.M.D<département>.SUREN.DEPOT. Status M: no value that month, which is not a zero.
select
    substr(split_part(series_key, '.', 3), 2) as code_departement,
    time_period as periode,
    {{ nombre('obs_value') }} as depots,
    obs_status as marque_producteur,
    _livraison as livraison,
    _ligne as ligne
from {{ source('landing', 'bdf__surendettement') }}
