-- Short-time work demands that the producer attaches to no region: they reach no indicator.
select
    periode,
    secteur,
    demandes,
    salaries,
    heures,
    livraison,
    ligne
from {{ en_vigueur('stg_dares__activite_partielle') }}
where code_region = '99'
