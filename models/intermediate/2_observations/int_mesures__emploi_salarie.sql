-- The activity code says the measure (all employees, market sectors, temporary work) and the breakdown. Stopped series stay in staging.
select
    'insee__emploi_salarie' as source,
    case activite when 'ENS-SMNA' then 'emploi_smna' when '78-20Z' then 'emploi_interim' else 'emploi' end as mesure,
    type_territoire,
    code_territoire,
    {{ cog_courant() }} as cog,
    periode,
    case
        when activite in ('ENS-SAL', 'ENS-SMNA', '78-20Z') then '_T'
        when activite = 'ENS-PRIVE' then 'statut:PRIVE'
        when activite = 'ENS-PUBLIC' then 'statut:PUBLIC'
        when activite like 'A5-%' then 'secteur_a5:' || substr(activite, 4)
        when activite like 'A17-%' then 'secteur_a17:' || substr(activite, 5)
    end as modalite,
    valeur,
    'bdm' as systeme,
    marque_producteur,
    livraison,
    ligne
from {{ ref('stg_insee__emploi_salarie') }}
where not est_arretee
