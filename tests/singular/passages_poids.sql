-- The weights of a source commune sum to 1: nobody is lost or counted twice when figures travel. Towards today every weight is known.
select
    cog_source,
    code_source,
    cog_cible,
    sum(poids) as total,
    count(*) - count(poids) as inconnus
from {{ ref('passages') }}
group by cog_source, code_source, cog_cible
having
    abs(sum(poids) - 1) > 1e-9
    or count(poids) not in (0, count(*))
    or (cog_cible = {{ cog_courant() }} and count(poids) < count(*))
union all
select
    cog_source,
    code_source,
    cog_cible,
    sum(poids),
    0
from {{ ref('passages_par_cle') }}
group by cle, cog_source, code_source, cog_cible
having abs(sum(poids) - 1) > 1e-9
