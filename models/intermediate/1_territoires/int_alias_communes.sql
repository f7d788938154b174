-- Codes and names that a commune no longer bears, with their dates: code changes (41, 50), renamings (10), and the codes that a producer
-- kept for a while in its figures.
with mouvements as (
    select distinct
        date_effet,
        modalite_mouvement,
        code_avant,
        libelle_avant,
        code_apres,
        year(date_effet) + case when month(date_effet) = 1 and day(date_effet) = 1 then 0 else 1 end as cog
    from {{ en_vigueur('stg_insee__cog_mouvements') }}
    where type_avant = 'COM' and type_apres = 'COM'
),

changements as (
    select
        m.code_avant as code_alias,
        m.libelle_avant as libelle_alias,
        m.cog,
        m.date_effet as jusqu_au,
        case m.modalite_mouvement when 10 then 'renommage' else 'recodage' end as nature,
        max(d.date_effet) as depuis
    from mouvements as m
    left join mouvements as d on m.code_avant = d.code_apres and m.date_effet > d.date_effet
    where m.modalite_mouvement in (10, 41, 50) and m.date_effet > make_date({{ var('premier_cog') }}, 1, 1)
    group by m.code_avant, m.libelle_avant, m.cog, m.date_effet, case m.modalite_mouvement when 10 then 'renommage' else 'recodage' end
)

select
    c.code_alias,
    c.libelle_alias,
    p.code_cible as code_commune,
    c.depuis as du,
    c.jusqu_au as au,
    c.nature,
    cast(null as string) as notes
from changements as c
inner join {{ ref('int_passages') }} as p
    on c.cog - 1 = p.cog_source and c.code_alias = p.code_source and p.nature <> 'scission'
union all
select
    a.code_alias,
    a.libelle,
    p.code_cible,
    make_date(a.cog_debut, 1, 1),
    make_date(a.cog_fin + 1, 1, 1),
    'diffusion',
    a.raison
from {{ ref('codes_retardes') }} as a
inner join {{ ref('int_passages') }} as p on a.cog_fin = p.cog_source and a.code_commune = p.code_source
