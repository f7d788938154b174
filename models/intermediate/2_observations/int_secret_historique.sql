{{ config(materialized='par_indicateur') }}
-- The versions that the history withholds: what is withheld today, what its producer hides since, the older geographies of a commune when
-- one of them holds a hidden cell (the difference between the old communes and the merged one would give it back), and the totals and
-- ratios that their producer does not give any more (nothing today says whether they could be printed beside the hidden cells).
with recues as (
    select
        v.*,
        d.agregation,
        nullif(d.numerateur, '') as numerateur,
        nullif(d.denominateur, '') as denominateur,
        -- what the producer said last of the figure, before it withdrew it if it did; a commune has a last word in each geography
        row_number() over (
            partition by
                v.source, v.partie, v.indicateur, v.type_territoire, v.code_territoire, v.periode, v.modalite,
                case when v.type_territoire = 'COM' then v.cog end
            order by case when v.est_retrait then 1 else 0 end, v.version desc
        ) = 1 as est_derniere
    from {{ ref('int_observations_versions') }} as v
    inner join {{ ref('dictionnaire') }} as d on v.indicateur = d.indicateur
    where true{{ et_lus('v.indicateur') }}
),

masquees as (
    select * from recues
    where est_derniere and confidentialite = 'C' and valeur is null
),

series_masquees as (
    select distinct
        indicateur,
        periode
    from masquees
),

passages as (
    select
        cog_source,
        code_source,
        code_cible
    from {{ ref('int_passages') }}
    where cog_cible = {{ cog_courant() }}
),

-- Today's communes of which some geography holds a hidden cell, for an additive figure.
touchees as (
    select distinct
        m.indicateur,
        m.periode,
        m.modalite,
        p.code_cible
    from masquees as m
    inner join passages as p on m.cog = p.cog_source and m.code_territoire = p.code_source
    where m.type_territoire = 'COM' and m.agregation = 'somme'
),

toutes as (
    select distinct
        h.indicateur,
        h.type_territoire,
        h.code_territoire,
        h.cog,
        h.periode,
        h.modalite,
        h.source,
        r.motif
    from recues as h
    inner join {{ ref('int_secret_retenues') }} as r
        on
            h.indicateur = r.indicateur and h.type_territoire = r.type_territoire and h.code_territoire = r.code_territoire
            and h.periode = r.periode and h.modalite = r.modalite
    union all
    select distinct
        h.indicateur,
        h.type_territoire,
        h.code_territoire,
        h.cog,
        h.periode,
        h.modalite,
        h.source,
        'Retenu : le producteur couvre désormais ce chiffre par le secret statistique.'
    from recues as h
    inner join masquees as m
        on
            h.indicateur = m.indicateur and h.type_territoire = m.type_territoire and h.code_territoire = m.code_territoire
            and h.periode = m.periode and h.modalite = m.modalite and h.source = m.source
            -- a commune of another geography is another territory under the same code: it is judged below
            and (h.type_territoire <> 'COM' or h.cog = m.cog)
    union all
    select distinct
        h.indicateur,
        h.type_territoire,
        h.code_territoire,
        h.cog,
        h.periode,
        h.modalite,
        h.source,
        'Retenu : rapproché d''une autre géographie, ce chiffre rendrait une commune couverte par le secret statistique.'
    from recues as h
    inner join passages as p on h.cog = p.cog_source and h.code_territoire = p.code_source
    inner join touchees as t
        on h.indicateur = t.indicateur and h.periode = t.periode and h.modalite = t.modalite and p.code_cible = t.code_cible
    left join {{ ref('int_observations_publiees') }} as p_actuel
        on
            h.indicateur = p_actuel.indicateur and h.periode = p_actuel.periode and h.modalite = p_actuel.modalite
            and p_actuel.type_territoire = 'COM' and t.code_cible = p_actuel.code_territoire
    where h.type_territoire = 'COM' and (p_actuel.cog is null or h.cog <> p_actuel.cog)
    union all
    select distinct
        h.indicateur,
        h.type_territoire,
        h.code_territoire,
        h.cog,
        h.periode,
        h.modalite,
        h.source,
        'Retenu : ce chiffre, que le producteur ne donne plus, pourrait rendre un chiffre couvert par le secret statistique.'
    from recues as h
    inner join series_masquees as s
        on h.periode = s.periode and s.indicateur in (h.indicateur, coalesce(h.numerateur, ''), coalesce(h.denominateur, ''))
    left join {{ ref('int_observations_publiees') }} as p
        on
            h.indicateur = p.indicateur and h.type_territoire = p.type_territoire and h.code_territoire = p.code_territoire
            and h.periode = p.periode and h.modalite = p.modalite
    where
        p.indicateur is null and not h.est_retrait
        and (h.type_territoire <> 'COM' or h.modalite <> '_T' or h.agregation <> 'somme')
        and (h.agregation = 'somme' or h.numerateur is not null)
)

select
    indicateur,
    type_territoire,
    code_territoire,
    cog,
    periode,
    modalite,
    source,
    min(motif) as motif
from toutes
group by indicateur, type_territoire, code_territoire, cog, periode, modalite, source
