-- The newest list rebuilt from the movements is the producer's: no code missing, none too many.
with rejouees as (
    select distinct code_commune
    from {{ ref('int_elits_communes') }}
    where cog = {{ cog_courant() }}
)

select
    coalesce(c.code_commune, r.code_commune) as code_commune,
    c.code_commune is null as est_de_trop
from {{ ref('int_communes') }} as c
full outer join rejouees as r on c.code_commune = r.code_commune
where c.code_commune is null or r.code_commune is null
