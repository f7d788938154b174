-- Each cell that is kept pins every dimension; the other series stay in the landing.
with choisies as (
    select
        *,
        case
            when DEMANDEURS_EMPLOI = 'A' and SEXE = '0' and AGE = 'SO' then 'A|_T'
            when DEMANDEURS_EMPLOI = 'A' and SEXE = '1' and AGE = 'SO' then 'A|sexe:M'
            when DEMANDEURS_EMPLOI = 'A' and SEXE = '2' and AGE = 'SO' then 'A|sexe:F'
            when DEMANDEURS_EMPLOI = 'A' and SEXE = 'SO' and AGE = '00-24' then 'A|age:0-24'
            when DEMANDEURS_EMPLOI = 'A' and SEXE = 'SO' and AGE = '25-49' then 'A|age:25-49'
            when DEMANDEURS_EMPLOI = 'A' and SEXE = 'SO' and AGE = '50-' then 'A|age:50-plus'
            when DEMANDEURS_EMPLOI = 'A-B-C' and SEXE = '0' and AGE = 'SO' then 'ABC|_T'
            when DEMANDEURS_EMPLOI = 'A-B-C' and SEXE = '1' and AGE = 'SO' then 'ABC|sexe:M'
            when DEMANDEURS_EMPLOI = 'A-B-C' and SEXE = '2' and AGE = 'SO' then 'ABC|sexe:F'
            when DEMANDEURS_EMPLOI = 'A-B-C' and SEXE = 'SO' and AGE = '00-24' then 'ABC|age:0-24'
            when DEMANDEURS_EMPLOI = 'A-B-C' and SEXE = 'SO' and AGE = '25-49' then 'ABC|age:25-49'
            when DEMANDEURS_EMPLOI = 'A-B-C' and SEXE = 'SO' and AGE = '50-' then 'ABC|age:50-plus'
        end as cellule
    from {{ source('landing', 'insee__demandeurs_emploi') }}
    where
        INDICATEUR = 'DEFM_MOYENNE_TRIMESTRIELLE'
        and CORRECTION = 'CVS-CJO'
        and METIER = 'SO'
        and DIPLOME = 'SO'
        and ANCIENNETE = 'SO'
        and SERIE_ARRETEE = 'FALSE'
)

select {{ colonnes_bdm() }}
from choisies
where cellule is not null and {{ zone_bdm('FE') }}
