-- All sectors together, whatever the word for it; the quarter is written with Q or T.
select
    replace(date, '-Q', '-T') as periode,
    champ,
    {{ nombre('nombre_d_emplois_vacants') }} as emplois_vacants,
    {{ nombre('taux_d_emplois_vacants_en') }} as taux,
    _livraison as livraison,
    _ligne as ligne
from {{ source('landing', 'dares__emplois_vacants') }}
where lower(code_naf) in ('total', 'ensemble')
