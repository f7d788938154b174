-- One partition per census. Columns change every year: COM is the code, except in 2020 when it is the *name* and the code is
-- CODDEP + CODCOM (whose first digit repeats the département overseas); before 2019 the headers are labels.
with lignes as (
    select
        cast(_partition as integer) as annee_recensement,
        case
            when {{ colonne('Code commune') }} is not null
                then
                    {{ colonne('Code département') }}
                    || substr({{ colonne('Code commune') }}, length({{ colonne('Code département') }}) - 1)
            -- a code begins with a digit, a name does not
            when COM >= '0' and COM < ':' then COM
            else CODDEP || substr(CODCOM, length(CODDEP) - 1)
        end as code_commune,
        coalesce(PMUN, {{ colonne('Population municipale') }}) as population_municipale,
        coalesce(PCAP, {{ colonne('Population comptée à part') }}) as population_comptee_a_part,
        coalesce(PTOT, {{ colonne('Population totale') }}) as population_totale,
        _livraison as livraison,
        _ligne as ligne
    from {{ source('landing', 'insee__populations_communes') }}
)

select
    annee_recensement,
    -- A census of year N is published in the geography of 1 January N+2.
    annee_recensement + 2 as millesime_cog,
    code_commune,
    {{ nombre('population_municipale') }} as population_municipale,
    {{ nombre('population_comptee_a_part') }} as population_comptee_a_part,
    {{ nombre('population_totale') }} as population_totale,
    livraison,
    ligne
from lignes
