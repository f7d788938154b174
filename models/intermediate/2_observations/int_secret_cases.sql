-- The cells of additive indicators that must not be given back: those that their producer hides (primaire), and those that we hide
-- because a breakdown, a split commune or the parts of a hidden zone would give a primary cell back.
with chiffres as (
    select
        p.*,
        case when p.modalite = '_T' then '_T' else split_part(p.modalite, ':', 1) end as axe
    from {{ ref('int_observations_publiees') }} as p
    inner join {{ ref('dictionnaire') }} as d on p.indicateur = d.indicateur
    where d.agregation = 'somme'
),

primaires as (
    select * from chiffres
    where confidentialite = 'C' and valeur is null
),

-- A breakdown with one hidden modality beside its total gives it back: one more is hidden. A hidden total beside all its modalities: two.
axes as (
    select
        c.indicateur,
        c.type_territoire,
        c.code_territoire,
        c.periode,
        c.axe,
        case
            when max(t.valeur) is not null and sum(case when c.confidentialite = 'C' then 1 else 0 end) = 1 then 1
            when max(t.confidentialite) = 'C' and count(c.valeur) = count(*) then 2
            else 0
        end as nombre_a_retenir
    from chiffres as c
    left join chiffres as t
        on
            c.indicateur = t.indicateur and c.type_territoire = t.type_territoire and c.code_territoire = t.code_territoire
            and c.periode = t.periode and t.axe = '_T'
    where c.axe <> '_T'
    group by c.indicateur, c.type_territoire, c.code_territoire, c.periode, c.axe
),

modalites as (
    select
        c.*,
        a.nombre_a_retenir,
        row_number() over (
            partition by c.indicateur, c.type_territoire, c.code_territoire, c.periode, c.axe order by c.valeur, c.modalite
        ) as rang
    from chiffres as c
    inner join axes as a
        on
            c.indicateur = a.indicateur and c.type_territoire = a.type_territoire and c.code_territoire = a.code_territoire
            and c.periode = a.periode and c.axe = a.axe
    where a.nombre_a_retenir > 0 and c.valeur is not null
),

-- A hidden zone whose parts (communes or départements) are all printed is their sum: its two smallest parts are hidden too.
zones_masquees as (
    select * from primaires
    where type_territoire <> 'COM'
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
            order by c.valeur, p.code_part
        ) as rang,
        min(case when c.valeur is null then 0 else 1 end) over (
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
        c.code_territoire
    from {{ ref('int_observations_recues') }} as r
    inner join {{ ref('int_passages') }} as p
        on
            r.cog = p.cog_source and r.code_territoire = p.code_source and p.cog_cible = {{ cog_courant() }}
            and p.nature = 'scission'
    inner join chiffres as c
        on
            r.indicateur = c.indicateur and r.periode = c.periode and r.modalite = c.modalite
            and c.type_territoire = 'COM' and p.code_cible = c.code_territoire
    where
        r.type_territoire = 'COM' and r.est_en_vigueur and r.confidentialite = 'C' and r.valeur is null
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
        1 as ordre
    from primaires
    union all
    select
        indicateur,
        type_territoire,
        code_territoire,
        periode,
        modalite,
        'modalite',
        2
    from modalites
    where rang <= nombre_a_retenir
    union all
    select
        indicateur,
        type_part,
        code_part,
        periode,
        modalite,
        'partie',
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
        4
    from scissions
),

classees as (
    select
        *,
        row_number() over (partition by indicateur, type_territoire, code_territoire, periode, modalite order by ordre) as rang
    from toutes
)

select
    indicateur,
    type_territoire,
    code_territoire,
    periode,
    modalite,
    nature
from classees
where rang = 1
