-- Levels are mixed in one table, with labels as codes: they are told apart here. All job types, all qualifications (asked so).
select
    case
        when code_region like 'Total%' then 'FRANCE' when coalesce(code_departement, 'Total') = 'Total' then 'REG' else 'DEP'
    end as type_territoire,
    case
        when code_region = 'Total France métropolitaine' then 'FM' when code_region like 'Total%' then 'F'
        when coalesce(code_departement, 'Total') = 'Total' then code_region else code_departement
    end as code_territoire,
    date as periode,
    case type_d_offre_d_emploi when 'Offres d''emploi collectées' then 'collectees' else 'satisfaites' end as mesure,
    {{ nombre('nombre_d_offres_d_emploi') }} as valeur,
    _livraison as livraison,
    _ligne as ligne
from {{ source('landing', 'dares__offres_emploi') }}
