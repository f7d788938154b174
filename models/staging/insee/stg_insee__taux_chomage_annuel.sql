-- Each cell that is kept pins every dimension; the other series stay in the landing.
with choisies as (
    select
        *,
        case
            when SEXE = '0' and AGE = '00-' then 'taux|_T'
            when SEXE = '1' and AGE = '00-' then 'taux|sexe:M'
            when SEXE = '2' and AGE = '00-' then 'taux|sexe:F'
            when SEXE = '0' and AGE = '15-24' then 'taux|age:15-24'
            when SEXE = '0' and AGE = '25-49' then 'taux|age:25-49'
            when SEXE = '0' and AGE = '50-' then 'taux|age:50-plus'
        end as cellule
    from {{ source('landing', 'insee__taux_chomage_annuel') }}
    where INDICATEUR = 'TAUX_CHOMAGE_LOCALISE_MOYENNE_ANNUELLE'
)

select {{ colonnes_bdm() }}
from choisies
where cellule is not null and {{ zone_bdm('FR-D976') }}
