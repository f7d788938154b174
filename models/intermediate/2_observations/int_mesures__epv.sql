-- The list is dated by its newest label; labels that had expired by then do not count. An establishment listed twice in one universe (its
-- label renewed before the former one ended) is one company; listed in two universes or regions, it is a SIRET copied by mistake: two.
with etat as (
    select
        livraison,
        max(date_labellisation) as au
    from {{ ref('stg_economie__epv') }}
    group by livraison
),

valides as (
    select
        r.code_region,
        lower(e.univers) as univers,
        d.au,
        e.livraison,
        min(e.ligne) as ligne
    from {{ ref('stg_economie__epv') }} as e
    inner join etat as d on e.livraison = d.livraison
    inner join {{ en_vigueur('stg_insee__cog_regions') }} as r on {{ cle_libelle('e.libelle_region') }} = {{ cle_libelle('r.libelle') }}
    where e.date_fin_labellisation >= d.au
    group by e.siret, r.code_region, lower(e.univers), d.au, e.livraison
)

select
    'economie__epv' as source,
    'labels' as mesure,
    case when code_region is null then 'FRANCE' else 'REG' end as type_territoire,
    coalesce(code_region, 'F') as code_territoire,
    year(au) as cog,
    cast(year(au) as string) || '-' || lpad(cast(month(au) as string), 2, '0') as periode,
    case when univers is null then '_T' else 'univers:' || univers end as modalite,
    count(*) as valeur,
    cast(null as string) as systeme,
    cast(null as string) as marque_producteur,
    livraison,
    min(ligne) as ligne
from valides
group by grouping sets ((code_region, univers, au, livraison), (code_region, au, livraison), (univers, au, livraison), (au, livraison))
