-- Eight rows have no département: demands whose place the producer does not know. They stay here and reach no indicator.
select
    dep as code_departement,
    code_section_nace17 as secteur,
    {{ nombre('nombre_demandes_deposees') }} as demandes,
    {{ nombre('nombre_salaries_concernes') }} as salaries,
    {{ nombre('nombre_heures_demandees') }} as heures,
    {{ nombre('nombre_etablissements_concernes') }} as etablissements,
    cast(date_maj as date) as mise_a_jour,
    _livraison as livraison,
    _ligne as ligne
from {{ source('landing', 'dares__activite_partielle_departements') }}
where dep is not null
