-- Each cell that is kept pins every dimension; the other series stay in the landing.
with choisies as (
    select
        *,
        case
            when INDICATEUR = 'NBRE_LOG_AUT' and LOGEMENT in ('0', 'SO') then 'logements_autorises|_T'
            when INDICATEUR = 'NBRE_LOG_COM' and LOGEMENT in ('0', 'SO') then 'logements_commences|_T'
            when INDICATEUR = 'NBRE_LOG_AUT' and LOGEMENT = '101' then 'logements_autorises|construction:individuel-pur'
            when INDICATEUR = 'NBRE_LOG_AUT' and LOGEMENT = '102' then 'logements_autorises|construction:individuel-groupe'
            when INDICATEUR = 'NBRE_LOG_AUT' and LOGEMENT = 'NLCR' then 'logements_autorises|construction:collectif-et-residence'
            when INDICATEUR = 'NBRE_LOG_COM' and LOGEMENT = '101' then 'logements_commences|construction:individuel-pur'
            when INDICATEUR = 'NBRE_LOG_COM' and LOGEMENT = '102' then 'logements_commences|construction:individuel-groupe'
            when INDICATEUR = 'NBRE_LOG_COM' and LOGEMENT = 'NLCR' then 'logements_commences|construction:collectif-et-residence'
        end as cellule
    from {{ source('landing', 'insee__construction_logements') }}
    where FREQ = 'M' and CORRECTION = 'BRUT' and CUMUL12MOIS = 'CUMUL'
)

select {{ colonnes_bdm() }}
from choisies
where cellule is not null and {{ zone_bdm('FR-D976') }}
