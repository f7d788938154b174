{{ config(materialized='par_indicateur') }}
-- The cells of additive indicators that must not be given back: those that their producer hides (primaire), and those that we hide
-- because a breakdown, a split commune or the parts of a hidden zone would give a primary cell back. Cells of one `groupe` stand for one
-- secret: their sum is as secret as each of them. The breakdown of a place is one cell, `modalite` '*': where one figure of it is hidden,
-- all of it is (a modality follows from the total and the others, or from a finer breakdown, and so on from zone to zone).
with chiffres as (
    select
        p.*,
        d.absence
    from {{ ref('int_observations_publiees') }} as p
    inner join {{ ref('dictionnaire') }} as d on p.indicateur = d.indicateur
    where d.agregation = 'somme'{{ et_refaits('p.indicateur') }}
),

primaires as (
    select * from chiffres
    where confidentialite = 'C' and valeur is null
),

details as (
    select distinct
        c.indicateur,
        c.type_territoire,
        c.code_territoire,
        c.periode
    from primaires as c
    inner join (
        select distinct
            indicateur,
            periode
        from chiffres
        where modalite <> '_T'
    ) as d on c.indicateur = d.indicateur and c.periode = d.periode
),

-- A hidden zone whose parts (communes, départements, regions) are all printed is their sum: its two largest parts are hidden too.
zones_masquees as (
    select * from primaires
    where type_territoire <> 'COM' and modalite = '_T'
),

parts_des_zones as (
    select distinct
        type_territoire,
        code_territoire,
        'COM' as type_part,
        code_commune as code_part
    from {{ ref('int_secret_zones') }}
    union all
    select distinct
        z.type_territoire,
        z.code_territoire,
        'DEP',
        c.code_departement
    from {{ ref('int_secret_zones') }} as z
    inner join {{ ref('int_communes') }} as c on z.code_commune = c.code_commune
    where z.type_territoire in ('REG', 'FRANCE')
    union all
    select distinct
        z.type_territoire,
        z.code_territoire,
        'REG',
        c.code_region
    from {{ ref('int_secret_zones') }} as z
    inner join {{ ref('int_communes') }} as c on z.code_commune = c.code_commune
    where z.type_territoire = 'FRANCE'
),

parts as (
    select
        z.indicateur,
        z.periode,
        z.modalite,
        z.type_territoire as type_masque,
        z.code_territoire as code_masque,
        p.type_part,
        p.code_part,
        c.valeur,
        row_number() over (
            partition by z.indicateur, z.periode, z.modalite, z.type_territoire, z.code_territoire, p.type_part
            order by coalesce(c.valeur, 0) desc, p.code_part
        ) as rang,
        -- an absent commune is a zero where the dictionary says so
        min(case when c.valeur is not null or (c.indicateur is null and z.absence = 'nulle') then 1 else 0 end) over (
            partition by z.indicateur, z.periode, z.modalite, z.type_territoire, z.code_territoire, p.type_part
        ) as sont_toutes_publiees
    from zones_masquees as z
    inner join parts_des_zones as p
        on z.type_territoire = p.type_territoire and z.code_territoire = p.code_territoire
    left join chiffres as c
        on
            z.indicateur = c.indicateur and z.periode = c.periode and z.modalite = c.modalite
            and p.type_part = c.type_territoire and p.code_part = c.code_territoire
),

-- A commune hidden in one geography and split since, when another delivery gives its products: their sum is the hidden figure.
scissions as (
    select
        c.indicateur,
        c.periode,
        c.modalite,
        c.code_territoire,
        'COM-' || r.code_territoire || '@' || cast(r.cog as string) as groupe
    from {{ ref('int_observations_en_vigueur') }} as r
    inner join {{ ref('int_passages') }} as p
        on
            r.cog = p.cog_source and r.code_territoire = p.code_source and p.cog_cible = {{ cog_courant() }}
            and p.nature = 'scission'
    inner join chiffres as c
        on
            r.indicateur = c.indicateur and r.periode = c.periode and r.modalite = c.modalite
            and c.type_territoire = 'COM' and p.code_cible = c.code_territoire
    where
        r.type_territoire = 'COM' and r.modalite = '_T' and r.confidentialite = 'C' and r.valeur is null
        and c.valeur is not null and c.cog <> r.cog
),

toutes as (
    select
        indicateur,
        type_territoire,
        code_territoire,
        periode,
        modalite,
        'primaire' as nature,
        type_territoire || '-' || code_territoire as groupe,
        1 as ordre
    from primaires
    where modalite = '_T'
    union all
    select
        indicateur,
        type_territoire,
        code_territoire,
        periode,
        '*',
        'detail',
        type_territoire || '-' || code_territoire,
        2
    from details
    union all
    select
        indicateur,
        type_part,
        code_part,
        periode,
        modalite,
        'partie',
        type_masque || '-' || code_masque,
        3
    from parts
    where sont_toutes_publiees = 1 and rang <= 2
    union all
    select
        indicateur,
        'COM',
        code_territoire,
        periode,
        modalite,
        'scission',
        groupe,
        4
    from scissions
),

classees as (
    select
        *,
        row_number() over (
            partition by indicateur, type_territoire, code_territoire, periode, modalite order by ordre, groupe
        ) as rang
    from toutes
)

select
    indicateur,
    type_territoire,
    code_territoire,
    periode,
    modalite,
    nature,
    groupe
from classees
where rang = 1
