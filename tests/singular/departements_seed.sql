-- The départements that we ask for are those of the COG received.
select
    coalesce(s.code_departement, c.code_departement) as code_departement,
    s.code_region as region_du_seed,
    c.code_region as region_du_cog
from {{ ref('departements') }} as s
full outer join {{ en_vigueur('stg_insee__cog_departements') }} as c on s.code_departement = c.code_departement
where s.code_region is distinct from c.code_region
