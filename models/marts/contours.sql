select
    t.territoire,
    c.millesime,
    c.surface_km2,
    c.geometrie
from {{ ref('int_contours') }} as c
inner join {{ ref('int_territoires') }} as t
    on c.type_territoire = t.type_territoire and c.code_territoire = t.code_territoire
