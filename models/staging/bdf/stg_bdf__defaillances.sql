-- Key of a DIREN series: DIREN.<freq>.<area>.DE.UL.DF.<measure>.<N|Y>.<sector>.<size>. Measure 03 is a 12-month cumul, 19 a quarter.
select
    series_key as cle_serie,
    title_fr as titre,
    {{ type_ref_area("split_part(series_key, '.', 3)") }} as type_territoire,
    {{ code_ref_area("split_part(series_key, '.', 3)") }} as code_territoire,
    split_part(series_key, '.', 2) || '.' || split_part(series_key, '.', 7) as mesure,
    split_part(series_key, '.', 9) as secteur,
    {{ periode_sdmx('time_period') }} as periode,
    {{ nombre('obs_value') }} as valeur,
    obs_status as marque_producteur,
    _livraison as livraison,
    _ligne as ligne
from {{ source('landing', 'bdf__defaillances') }}
where split_part(series_key, '.', 8) = 'N' and split_part(series_key, '.', 10) = 'TT'
