-- One partition per census. Columns change every year: COM is the code, except in 2020 when it is the *name* and the code is
-- CODDEP + CODCOM (whose first digit repeats the département overseas); before 2019 the headers are labels. A file that lists Paris,
-- Lyon, Marseille and their arrondissements too counts the latter twice: they are left out.
with lignes as (
    select
        _partition as partie,
        cast(substr(_partition, 1, 4) as integer) as annee_recensement,
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
),

entieres as (
    select distinct
        livraison,
        case code_commune when '75056' then '751' when '69123' then '6938' else '132' end as debut
    from lignes
    where code_commune in ('75056', '69123', '13055')
)

select
    l.annee_recensement,
    -- A census of year N is published in the geography of 1 January N+2; `2011_geo2014` names another.
    case when l.partie like '%geo%' then cast(substr(l.partie, 9, 4) as integer) else l.annee_recensement + 2 end as millesime_cog,
    l.code_commune,
    {{ nombre('l.population_municipale') }} as population_municipale,
    {{ nombre('l.population_comptee_a_part') }} as population_comptee_a_part,
    {{ nombre('l.population_totale') }} as population_totale,
    l.livraison,
    l.ligne
from lignes as l
left join entieres as e on l.livraison = e.livraison and l.code_commune like e.debut || '%'
where e.livraison is null
