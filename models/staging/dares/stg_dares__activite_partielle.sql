-- `reg` 99 has no label: demands whose region the producer does not know. They stay here and reach no indicator.
select
    mois as periode,
    reg as code_region,
    libelle_region,
    code_section_nace17 as secteur,
    {{ nombre('nombre_demandes_deposees') }} as demandes,
    {{ nombre('nombre_salaries_concernes') }} as salaries,
    {{ nombre('nombre_heures_demandees') }} as heures,
    cast(date_maj as date) as mise_a_jour,
    _livraison as livraison,
    _ligne as ligne
from {{ source('landing', 'dares__activite_partielle') }}
where dispositif = 'Activite Partielle'
