-- Each cell that is kept pins every dimension; the other crossings stay in the landing.
with choisies as (
    select
        *,
        case
            when FACILITY_DOM = '_T' then 'equipements|_T'
            when FACILITY_DOM = 'A' then 'equipements|domaine_bpe:A'
            when FACILITY_DOM = 'B' then 'equipements|domaine_bpe:B'
            when FACILITY_DOM = 'C' then 'equipements|domaine_bpe:C'
            when FACILITY_DOM = 'D' then 'equipements|domaine_bpe:D'
            when FACILITY_DOM = 'E' then 'equipements|domaine_bpe:E'
            when FACILITY_DOM = 'F' then 'equipements|domaine_bpe:F'
            when FACILITY_DOM = 'G' then 'equipements|domaine_bpe:G'
        end as cellule
    from {{ source('landing', 'insee__equipements') }}
    where FACILITY_SDOM = '_T' and FACILITY_TYPE = '_T'
)

select {{ colonnes_melodi() }}
from choisies
where cellule is not null
