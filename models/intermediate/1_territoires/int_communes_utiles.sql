-- The communes whose figures the release needs: those of the region, and the other members of the EPCI and zones d'emploi that touch it.
select distinct m.code_commune
from {{ ref('int_communes_zones') }} as m
inner join {{ ref('int_zones') }} as z on m.type_territoire = z.type_territoire and m.code_territoire = z.code_territoire
where z.type_territoire not in ('REG', 'FRANCE') or z.code_territoire = {{ region() }}
