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
    indicateur,
    type_territoire || '-' || code_territoire as territoire,
    periode,
    modalite,
    valeur,
    statut,
    confidentialite,
    marque_producteur,
    methode,
    cast(cog as integer) as millesime_cog,
    cast(publie_le as timestamp) as publie_le,
    livraison,
    {{ debut_periode('periode') }} as date_debut,
    {{ fin_periode('periode') }} as date_fin,
    motif,
    source,
    cast(ligne as bigint) as ligne,
    cast(connu_le as timestamp) as connu_du,
    cast(
        lead(connu_le) over (
            partition by indicateur, type_territoire, code_territoire, cog, periode, modalite, source
            order by connu_le, recu_le, livraison
        ) as timestamp
    ) as connu_jusqua
from changements
