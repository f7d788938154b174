-- A zone that straddles regions has one row a region: they are summed in the next layer. The words of seniority were not seen; those that
-- we do not know stay in the landing.
select
    code_zone_d_emploi as code_ze2020,
    code_region,
    date as periode,
    categorie,
    case
        when anciennete = 'Total' then {{ modalite_dares('sexe', 'tranche_d_age') }}
        else 'anciennete:1-an-plus'
    end as modalite,
    {{ nombre('nombre_de_demandeurs_d_emploi') }} as valeur,
    _livraison as livraison,
    _ligne as ligne
from {{ source('landing', 'dares__demandeurs_emploi_zones') }}
where
    (anciennete = 'Total' and (sexe = 'Total' or tranche_d_age = 'Total'))
    or (lower(anciennete) in ('1 an ou plus', 'un an ou plus') and sexe = 'Total' and tranche_d_age = 'Total')
