-- Every membership list brought to today's communes. A merged commune takes the zone of the old commune that bears its code.
with epci as (
    select
        *,
        dense_rank() over (order by millesime desc) as anciennete
    from {{ en_vigueur('stg_dgcl__epci') }}
),

-- the newest membership table received: its year is that of its communes
appartenance as (
    select
        *,
        dense_rank() over (order by millesime desc) as anciennete
    from {{ en_vigueur('stg_insee__appartenance') }}
),

listes as (
    select
        'EPCI' as type_territoire,
        code_epci as code_territoire,
        code_commune,
        millesime as cog,
        millesime as millesime_zonage
    from epci
    where anciennete = 1
    union all
    select
        'ZE2020',
        code_ze2020,
        code_commune,
        2023,
        2020
    from {{ en_vigueur('stg_insee__zones_emploi') }}
    union all
    select
        'BV2022',
        code_bv2022,
        code_commune,
        millesime,
        2022
    from appartenance
    where anciennete = 1
    union all
    select
        'UU2020',
        code_uu2020,
        code_commune,
        millesime,
        2020
    from appartenance
    where anciennete = 1
    union all
    select
        'AAV2020',
        code_aav2020,
        code_commune,
        millesime,
        2020
    from appartenance
    where anciennete = 1
    union all
    select
        'CAN',
        code_canton,
        code_commune,
        millesime,
        millesime
    from appartenance
    where anciennete = 1
    union all
    select
        'ARR',
        code_arrondissement,
        code_commune,
        {{ cog_courant() }},
        {{ cog_courant() }}
    from {{ ref('int_communes') }}
    union all
    select
        'DEP',
        code_departement,
        code_commune,
        {{ cog_courant() }},
        {{ cog_courant() }}
    from {{ ref('int_communes') }}
    union all
    select
        'REG',
        code_region,
        code_commune,
        {{ cog_courant() }},
        {{ cog_courant() }}
    from {{ ref('int_communes') }}
    union all
    select
        'FRANCE',
        'F',
        code_commune,
        {{ cog_courant() }},
        {{ cog_courant() }}
    from {{ ref('int_communes') }}
),

aujourd_hui as (
    select
        l.type_territoire,
        l.code_territoire,
        p.code_cible as code_commune,
        l.millesime_zonage,
        row_number() over (
            partition by l.type_territoire, p.code_cible
            order by case when l.code_commune = p.code_cible then 0 else 1 end, l.code_territoire
        ) as rang
    from listes as l
    inner join {{ ref('int_passages') }} as p on l.cog = p.cog_source and l.code_commune = p.code_source
    -- INSEE and the DGCL write ZZZZZZZZZ for a commune outside any EPCI.
    where l.code_territoire is not null and l.code_territoire <> 'ZZZZZZZZZ'
)

select
    type_territoire,
    code_territoire,
    code_commune,
    millesime_zonage
from aujourd_hui
where rang = 1
