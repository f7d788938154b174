-- A version opens when the figure, its status or its mark differs from what we knew before, and lasts until the next one.
with versions as (
    select
        *,
        row_number() over (
            partition by indicateur, type_territoire, code_territoire, cog, periode, modalite, source
            order by connu_le, recu_le, livraison
        ) as rang,
        lag(coalesce(cast(valeur as string), '') || '|' || statut || '|' || confidentialite || '|' || coalesce(marque_producteur, ''))
            over (
                partition by indicateur, type_territoire, code_territoire, cog, periode, modalite, source
                order by connu_le, recu_le, livraison
            ) as etat_precedent,
        coalesce(cast(valeur as string), '') || '|' || statut || '|' || confidentialite || '|' || coalesce(marque_producteur, '')
            as etat
    from {{ ref('int_observations_recues') }}
),

changements as (
    select * from versions
    where rang = 1 or etat <> etat_precedent
)

select
    c.indicateur,
    c.type_territoire || '-' || c.code_territoire as territoire,
    c.periode,
    c.modalite,
    case when s.motif is null then c.valeur end as valeur,
    case when s.motif is null or c.valeur is null then c.statut else 'Q' end as statut,
    case when s.motif is null or c.valeur is null then c.confidentialite else 'D' end as confidentialite,
    c.marque_producteur,
    c.methode,
    cast(c.cog as integer) as millesime_cog,
    cast(c.publie_le as timestamp) as publie_le,
    c.livraison,
    {{ debut_periode('c.periode') }} as date_debut,
    {{ fin_periode('c.periode') }} as date_fin,
    case when c.valeur is null then c.motif else coalesce(s.motif, c.motif) end as motif,
    c.source,
    cast(c.ligne as bigint) as ligne,
    cast(c.connu_le as timestamp) as connu_du,
    cast(
        lead(c.connu_le) over (
            partition by c.indicateur, c.type_territoire, c.code_territoire, c.cog, c.periode, c.modalite, c.source
            order by c.connu_le, c.recu_le, c.livraison
        ) as timestamp
    ) as connu_jusqua
from changements as c
-- what would give a hidden cell back is withheld from every version
left join {{ ref('int_secret_historique') }} as s
    on
        c.source = s.source and c.indicateur = s.indicateur and c.type_territoire = s.type_territoire
        and c.code_territoire = s.code_territoire and c.cog = s.cog and c.periode = s.periode and c.modalite = s.modalite
