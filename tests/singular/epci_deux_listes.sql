-- The DGCL's list of EPCI and INSEE's membership table of the same year agree on every commune that both hold.
select
    a.code_commune,
    a.code_epci,
    z.code_territoire
from {{ en_vigueur('stg_insee__appartenance') }} as a
inner join {{ ref('int_passages') }} as p on a.millesime = p.cog_source and a.code_commune = p.code_source
inner join (select max(millesime) as millesime from {{ en_vigueur('stg_dgcl__epci') }}) as e on a.millesime = e.millesime
left join {{ ref('int_communes_zones') }} as z on p.code_cible = z.code_commune and z.type_territoire = 'EPCI'
where coalesce(a.code_epci, 'ZZZZZZZZZ') <> coalesce(z.code_territoire, 'ZZZZZZZZZ')
