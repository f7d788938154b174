-- Each cell that is kept pins every dimension; the other crossings stay in the landing.
with choisies as (
    select
        *,
        case
            when FLORES_MEASURE = 'UNIT_LOC' and ACTIVITY = '_T' then 'etablissements|_T'
            when FLORES_MEASURE = 'UNIT_LOC' and ACTIVITY = 'AZ' then 'etablissements|secteur_a5:AZ'
            when FLORES_MEASURE = 'UNIT_LOC' and ACTIVITY = 'BE' then 'etablissements|secteur_a5:BE'
            when FLORES_MEASURE = 'UNIT_LOC' and ACTIVITY = 'FZ' then 'etablissements|secteur_a5:FZ'
            when FLORES_MEASURE = 'UNIT_LOC' and ACTIVITY = 'GU' then 'etablissements|secteur_a5:GU'
            when FLORES_MEASURE = 'UNIT_LOC' and ACTIVITY = 'OQ' then 'etablissements|secteur_a5:OQ'
            when FLORES_MEASURE = 'EMPL3112' and ACTIVITY = '_T' then 'effectifs|_T'
            when FLORES_MEASURE = 'EMPL3112' and ACTIVITY = 'AZ' then 'effectifs|secteur_a5:AZ'
            when FLORES_MEASURE = 'EMPL3112' and ACTIVITY = 'BE' then 'effectifs|secteur_a5:BE'
            when FLORES_MEASURE = 'EMPL3112' and ACTIVITY = 'FZ' then 'effectifs|secteur_a5:FZ'
            when FLORES_MEASURE = 'EMPL3112' and ACTIVITY = 'GU' then 'effectifs|secteur_a5:GU'
            when FLORES_MEASURE = 'EMPL3112' and ACTIVITY = 'OQ' then 'effectifs|secteur_a5:OQ'
        end as cellule
    from {{ source('landing', 'insee__flores') }}
    where NUMBER_EMPL = '_T' and coalesce(LEGAL_FORM_WITH_PUBLIC, '_T') = '_T'
)

select {{ colonnes_melodi() }}
from choisies
where cellule is not null
