-- One partition per census. Columns change every year: from 2021 on (and in 2019) COM is the code; in 2020 COM is the *name* and the
-- code is CODDEP + CODCOM (whose first digit repeats the département overseas); in 2016 the headers are labels.
with lignes as (
    select
        cast(_partition as integer) as annee_recensement,
        case
            when _partition = '2020' then CODDEP || substr(CODCOM, length(CODDEP) - 1)
            when _partition = '2016'
                then
                    {{ colonne('Code département') }}
                    || substr({{ colonne('Code commune') }}, length({{ colonne('Code département') }}) - 1)
            else COM
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
