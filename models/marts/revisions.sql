{{ config(materialized='par_indicateur') }}
-- Versions one after the other, as the history prints them. A change of geography is no revision: only figures of one place are compared.
with versions as (
    select
        h.*,
        t.type_territoire,
        l.rang,
        l.est_en_vigueur,
        {{ rang_periode('h.periode') }} as rang_periode,
        lag(h.valeur) over chiffre as valeur_avant,
        lag(h.millesime_cog) over chiffre as cog_avant,
        lag(l.rang) over chiffre as rang_avant,
        min(h.connu_du) over chiffre as premiere_le
    from {{ ref('observations_historique') }} as h
    inner join {{ ref('int_territoires') }} as t on h.territoire = t.territoire
    inner join {{ ref('int_versions_livraisons') }} as l
        on h.source = l.source and h.partition is not distinct from l.partie and h.livraison = l.livraison
    where h.correction is null{{ et_refaits('h.indicateur') }}
    window
        chiffre as (
            partition by h.source, h.partition, h.indicateur, h.territoire, h.periode, h.modalite
            order by h.version
        )
),

ecarts as (
    select
        *,
        case
            when valeur_avant is not null and valeur is not null and (type_territoire <> 'COM' or millesime_cog = cog_avant)
                then valeur - valeur_avant
        end as ecart,
        -- the newest period of a delivery, or a figure that the former delivery did not have: its first publication was received
        max(case when rang = 1 then rang_periode end) over (partition by source, partition, indicateur) as dernier_rang_periode
    from versions
),

chiffres as (
    select
        source,
        partition,
        indicateur,
        type_territoire,
        territoire,
        periode,
        modalite,
        min(rang) as rang_premier,
        max(case when est_en_vigueur then 1 else 0 end) as est_du_dernier,
        max(version) as nombre_versions,
        max(case when est_retrait and connu_jusqua is null then 1 else 0 end) as est_retire,
        count(case when ecart <> 0 then 1 end) as nombre_revisions,
        sum(ecart) as ecart_total,
        sum(case when rang = rang_avant + 1 and version = 2 then ecart end) as ecart_premier,
        max(case when ecart <> 0 then {{ jours_entre('premiere_le', 'connu_du') }} end) as jours_avant_derniere,
        max(case when version = 1 and (rang > 1 or rang_periode = dernier_rang_periode) then 1 else 0 end) as est_vu_naitre,
        max(case when version = 1 then valeur end) as valeur_premiere
    from ecarts
    group by source, partition, indicateur, type_territoire, territoire, periode, modalite
),

derniers_rangs as (
    select
        source,
        partie,
        max(rang) as rang
    from {{ ref('int_versions_livraisons') }}
    group by source, partie
),

suivis as (
    select
        c.*,
        case when c.rang_premier < d.rang then 1 else 0 end as est_suivi
    from chiffres as c
    inner join derniers_rangs as d on c.source = d.source and c.partition is not distinct from d.partie
),

mouvements as (
    select
        e.indicateur,
        e.type_territoire,
        e.ecart,
        e.valeur_avant
    from ecarts as e
    where e.ecart <> 0
),

par_niveau as (
    select
        indicateur,
        coalesce(type_territoire, '_T') as type_territoire,
        count(*) as chiffres,
        sum(est_suivi) as chiffres_suivis,
        count(case when nombre_revisions > 0 then 1 end) as chiffres_revises,
        sum(est_retire) as chiffres_retires,
        avg(case when est_suivi = 1 and valeur_premiere is not null then ecart_total end) as biais,
        avg(case when est_suivi = 1 and est_vu_naitre = 1 and valeur_premiere is not null then abs(coalesce(ecart_premier, 0)) end)
            as ecart_premier_moyen,
        sum(case when est_suivi = 1 and est_vu_naitre = 1 and valeur_premiere is not null then 1 else 0 end) as chiffres_vus_naitre,
        median(case when nombre_revisions > 0 then jours_avant_derniere end) as delai_median,
        max(case when nombre_revisions > 0 then jours_avant_derniere end) as delai_max
    from suivis
    group by grouping sets ((indicateur, type_territoire), (indicateur))
),

ampleurs as (
    select
        indicateur,
        coalesce(type_territoire, '_T') as type_territoire,
        count(*) as revisions,
        count(case when ecart > 0 then 1 end) as a_la_hausse,
        count(case when ecart < 0 then 1 end) as a_la_baisse,
        avg(abs(ecart)) as ecart_moyen,
        max(abs(ecart)) as ecart_max,
        avg(100 * abs(ecart) / nullif(abs(valeur_avant), 0)) as ecart_relatif_moyen
    from mouvements
    group by grouping sets ((indicateur, type_territoire), (indicateur))
)

select
    p.indicateur,
    p.type_territoire,
    cast(p.chiffres as bigint) as chiffres,
    cast(p.chiffres_suivis as bigint) as chiffres_suivis,
    cast(p.chiffres_revises as bigint) as chiffres_revises,
    cast(p.chiffres_retires as bigint) as chiffres_retires,
    cast(coalesce(a.revisions, 0) as bigint) as revisions,
    cast(coalesce(a.a_la_hausse, 0) as bigint) as a_la_hausse,
    cast(coalesce(a.a_la_baisse, 0) as bigint) as a_la_baisse,
    round(a.ecart_moyen, 6) as ecart_moyen,
    a.ecart_max,
    round(a.ecart_relatif_moyen, 6) as ecart_relatif_moyen,
    round(p.biais, 6) as biais,
    cast(p.chiffres_vus_naitre as bigint) as chiffres_vus_naitre,
    round(p.ecart_premier_moyen, 6) as ecart_premier_moyen,
    cast(p.delai_median as double) as jours_provisoire_median,
    cast(p.delai_max as bigint) as jours_provisoire_max
from par_niveau as p
left join ampleurs as a on p.indicateur = a.indicateur and p.type_territoire = a.type_territoire
