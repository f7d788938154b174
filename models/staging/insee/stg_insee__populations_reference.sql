-- GEO carries its vintage: `2025-COM-14118`.
select
    cast(split_part(GEO, '-', 1) as integer) as millesime_cog,
    split_part(GEO, '-', 2) as type_territoire,
    split_part(GEO, '-', 3) as code_territoire,
    TIME_PERIOD as periode,
    POPREF_MEASURE as mesure,
    {{ nombre('OBS_VALUE_NIVEAU') }} as valeur,
    _livraison as livraison,
    _ligne as ligne
from {{ source('landing', 'insee__populations_reference') }}
where FREQ = 'A'
