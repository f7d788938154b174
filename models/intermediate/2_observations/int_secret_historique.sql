-- The versions that the history withholds: what is withheld today, what its producer hides since, and the older geographies of a commune
-- when one of them holds a hidden cell (the difference between the old communes and the merged one would give it back).
with recues as (
    select
        r.*,
        d.agregation
    from {{ ref('int_observations_recues') }} as r
    inner join {{ ref('dictionnaire') }} as d on r.indicateur = d.indicateur
),

masquees as (
    select * from recues
    where est_en_vigueur and confidentialite = 'C' and valeur is null
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
    select
        indicateur,
        type_territoire,
        code_territoire,
        cog,
        periode,
        modalite,
        source,
        'Retenu : le producteur couvre désormais ce chiffre par le secret statistique.'
    from masquees
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
