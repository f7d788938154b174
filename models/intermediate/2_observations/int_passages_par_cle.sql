{{ config(materialized='par_indicateur', meta={'colonne_indicateur': 'cle'}) }}
-- How a split commune divides by another key than population (jobs for jobs, dwellings for dwellings): as the first figures that show all
-- its products, those of one series, divide. Known only where every product holds nothing else than its part of the commune; where it is
-- not, the weight of int_passages, by population, is used. A series in which a figure is secret is no key: its shares would tell.
with cles as (
    select distinct poids as cle
    from {{ ref('poids') }}
    where usage = 'repartition'
),

passages as (
    select
        cog_source,
        code_source,
        cog_cible,
        code_cible,
        nature
    from {{ ref('int_passages') }}
    union all
    select
        cog_source,
        code_source,
        cog_cible,
        code_cible,
        nature
    from {{ ref('int_passages_croises') }}
),

comptes as (
    select
        *,
        count(*) over (partition by cog_source, code_source, cog_cible) as nombre_cibles,
        count(*) over (partition by cog_source, cog_cible, code_cible) as nombre_sources
    from passages
),

scissions as (
    select
        *,
        max(nombre_sources) over (partition by cog_source, code_source, cog_cible) as nombre_sources_max
    from comptes
    where nature = 'scission'
),

-- a product as it is called in each geography in which it stands alone
produits as (
    select distinct
        s.cog_cible,
        s.code_cible,
        p.cog_source as cog,
        p.code_source as code_commune
    from scissions as s
    inner join passages as p
        on s.cog_cible = p.cog_cible and s.code_cible = p.code_cible and p.nature in ('identite', 'recodage')
    where s.nombre_sources_max = 1
),

secretes as (
    select distinct
        indicateur,
        source
    from {{ ref('int_observations_en_vigueur') }}
    where confidentialite <> 'F'
),

figures as (
    select
        o.indicateur as cle,
        o.source,
        o.livraison,
        o.cog,
        o.periode,
        p.cog_cible,
        p.code_cible,
        o.valeur
    from {{ ref('int_observations_en_vigueur') }} as o
    inner join cles as k on o.indicateur = k.cle
    inner join produits as p on o.cog = p.cog and o.code_territoire = p.code_commune
    left join secretes as x on o.indicateur = x.indicateur and o.source = x.source
    where o.type_territoire = 'COM' and o.modalite = '_T' and o.valeur >= 0 and x.indicateur is null
),

partages as (
    select
        f.cle,
        s.cog_source,
        s.code_source,
        s.cog_cible,
        s.code_cible,
        f.source,
        f.livraison,
        f.cog,
        f.periode,
        f.valeur,
        s.nombre_cibles,
        count(*) over (partition by f.cle, s.cog_source, s.code_source, s.cog_cible, f.livraison, f.cog, f.periode) as nombre,
        sum(f.valeur) over (partition by f.cle, s.cog_source, s.code_source, s.cog_cible, f.livraison, f.cog, f.periode) as total
    from scissions as s
    inner join figures as f on s.cog_cible = f.cog_cible and s.code_cible = f.code_cible
    where s.nombre_sources_max = 1
),

classes as (
    select
        *,
        dense_rank() over (
            partition by cle, cog_source, code_source, cog_cible
            order by periode, cog, source, livraison
        ) as rang
    from partages
    where nombre = nombre_cibles and total > 0
)

select
    cle,
    cast(cog_source as integer) as cog_source,
    code_source,
    cast(cog_cible as integer) as cog_cible,
    code_cible,
    valeur / total as poids,
    'scission' as nature,
    periode as periode_cle,
    source as source_cle
from classes
where rang = 1
