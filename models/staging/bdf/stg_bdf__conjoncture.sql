-- Key of a CONJ2 series: CONJ2.M.<region>.<S|T>.<branch>.<sector>.<measure>.10. The measure alone says what it is.
select
    series_key as cle_serie,
    title_fr as titre,
    {{ code_ref_area("split_part(series_key, '.', 3)") }} as code_region,
    case split_part(series_key, '.', 7)
        when 'ICAIN000' then 'climat_industrie'
        when 'PRTEM100' then 'production_industrie'
        when 'CRTEM100' then 'commandes_industrie'
        when 'TUTSM000' then 'capacites_industrie'
        when 'EFTPM100' then 'effectifs_services'
    end as mesure,
    time_period as periode,
    {{ nombre('obs_value') }} as valeur,
    obs_status as marque_producteur,
    _livraison as livraison,
    _ligne as ligne
from {{ source('landing', 'bdf__conjoncture') }}
