-- Levels are mixed in one table, with labels as codes (`Total France`): they are told apart here.
select
    case when code_region like 'Total%' then 'FRANCE' else 'REG' end as type_territoire,
    case
        when code_region = 'Total France' then 'F'
        when code_region = 'Total France métropolitaine' then 'FM'
        else code_region
    end as code_territoire,
    {{ periode_sdmx('date') }} as periode,
    categorie,
    {{ nombre('nombre_de_demandeurs_d_emploi') }} as valeur,
    _livraison as livraison,
    _ligne as ligne
from {{ source('landing', 'dares__demandeurs_emploi') }}
where
    code_departement = 'Total' and lower(type_de_donnees) = 'cvs-cjo'
    and sexe = 'Total' and tranche_d_age = 'Total' and anciennete = 'Total'
