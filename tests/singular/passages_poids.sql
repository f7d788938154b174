-- The weights of a source commune sum to 1: nobody is lost or counted twice when figures travel.
select
    cog_source,
    code_source,
    sum(poids) as total
from {{ ref('passages') }}
group by cog_source, code_source
having abs(sum(poids) - 1) > 1e-9
