-- Levels are mixed in one table, with labels as codes (`Total`, `Total France`): they are told apart here.
select
    case when code_region like 'Total%' then 'FRANCE' when code_departement = 'Total' then 'REG' else 'DEP' end as type_territoire,
    case when code_region like 'Total%' then 'F' when code_departement = 'Total' then code_region else code_departement end
        as code_territoire,
    date as periode,
    categorie,
    {{ modalite_dares('sexe', 'tranche_d_age') }} as modalite,
    {{ nombre('nombre_de_demandeurs_d_emploi') }} as valeur,
    _livraison as livraison,
    _ligne as ligne
from {{ source('landing', 'dares__demandeurs_emploi_departements') }}
where anciennete = 'Total' and (sexe = 'Total' or tranche_d_age = 'Total')
