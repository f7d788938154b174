-- Each cell that is kept pins every dimension; the other series stay in the landing.
with choisies as (
    select
        *,
        case
            when DEMOGRAPHIE = 'ESPV' and SEXE = '1' then 'esperance_vie|sexe:M'
            when DEMOGRAPHIE = 'ESPV' and SEXE = '2' then 'esperance_vie|sexe:F'
            when DEMOGRAPHIE = 'ESPV-60' and SEXE = '1' then 'esperance_vie_60|sexe:M'
            when DEMOGRAPHIE = 'ESPV-60' and SEXE = '2' then 'esperance_vie_60|sexe:F'
        end as cellule
    from {{ source('landing', 'insee__mortalite') }}
    where FREQ = 'A' and INDICATEUR = 'ESPERANCE_VIE'
)

select {{ colonnes_bdm() }}
from choisies
where cellule is not null and {{ zone_bdm('FE') }}
