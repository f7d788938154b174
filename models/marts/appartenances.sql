with utiles as (
    select
        {{ cog_courant() }} as millesime_cog,
        m.code_commune,
        m.type_territoire,
        m.code_territoire,
        m.millesime_zonage
    from {{ ref('int_communes_zones') }} as m
    inner join {{ ref('int_zones') }} as z on m.type_territoire = z.type_territoire and m.code_territoire = z.code_territoire
    inner join {{ ref('int_communes_utiles') }} as u on m.code_commune = u.code_commune
    -- other regions and France are not here: the release does not hold all their communes
    where m.type_territoire <> 'FRANCE' and (m.type_territoire <> 'REG' or m.code_territoire = {{ region() }})
    union all
    select
        cog,
        code_commune,
        type_territoire,
        code_territoire,
        millesime_zonage
    from {{ ref('int_communes_zones_anciennes') }}
)

select
    cast(millesime_cog as integer) as millesime_cog,
    code_commune,
    type_territoire,
    code_territoire,
    cast(millesime_zonage as integer) as millesime_zonage
from utiles
