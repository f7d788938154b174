-- The national list of the zones d'emploi and the membership table agree on every commune that both hold.
select
    a.code_commune,
    a.code_ze2020,
    z.code_territoire
from {{ en_vigueur('stg_insee__appartenance') }} as a
inner join {{ ref('int_passages') }} as p on a.millesime = p.cog_source and a.code_commune = p.code_source
inner join {{ ref('int_communes_zones') }} as z on p.code_cible = z.code_commune and z.type_territoire = 'ZE2020'
where a.code_ze2020 <> z.code_territoire
