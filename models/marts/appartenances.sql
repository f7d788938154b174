select
    cast({{ cog_courant() }} as integer) as millesime_cog,
    m.code_commune,
    m.type_territoire,
    m.code_territoire,
    cast(m.millesime_zonage as integer) as millesime_zonage
from {{ ref('int_communes_zones') }} as m
inner join {{ ref('int_zones') }} as z on m.type_territoire = z.type_territoire and m.code_territoire = z.code_territoire
inner join {{ ref('int_communes_utiles') }} as u on m.code_commune = u.code_commune
