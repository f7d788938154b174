-- Which communes of today make each zone, metropolitan France included: what a total adds up.
select distinct
    type_territoire,
    code_territoire,
    code_commune
from {{ ref('int_communes_zones') }}
union all
select
    'FRANCE',
    'FM',
    code_commune
from {{ ref('int_communes') }}
where code_departement not like '97%'
