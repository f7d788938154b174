-- The portal gives no total over the sectors here: it is their sum, since every APE is in one sector and an absent one has no employer. The
-- number of establishments says how many units a figure is made of.
with communes as (
    select
        u.type_territoire,
        coalesce(a.code_commune, u.code_territoire) as code_territoire,
        u.secteur,
        u.mesure,
        u.periode,
        u.millesime_cog,
        sum(u.valeur) as valeur,
        u.livraison,
        min(u.ligne) as ligne
    from {{ ref('stg_urssaf__effectifs_secteurs') }} as u
    left join {{ ref('int_arrondissements_municipaux') }} as a
        on u.type_territoire = 'COM' and u.code_territoire = a.code_arrondissement_municipal
    group by
        u.type_territoire, coalesce(a.code_commune, u.code_territoire), u.secteur, u.mesure, u.periode, u.millesime_cog, u.livraison
),

ensemble as (
    select
        type_territoire,
        code_territoire,
        secteur as modalite,
        mesure,
        periode,
        millesime_cog,
        valeur,
        'publiee' as methode,
        livraison,
        ligne
    from communes
    union all
    select
        type_territoire,
        code_territoire,
        '_T',
        mesure,
        periode,
        millesime_cog,
        sum(valeur),
        'agregee',
        livraison,
        min(ligne)
    from communes
    where mesure = 'etablissements'
    group by type_territoire, code_territoire, mesure, periode, millesime_cog, livraison
)

select
    'urssaf__effectifs_secteurs' as source,
    e.mesure,
    e.type_territoire,
    e.code_territoire,
    e.millesime_cog as cog,
    e.periode,
    e.modalite,
    e.valeur,
    cast(null as string) as systeme,
    cast(null as string) as marque_producteur,
    e.methode,
    cast(null as string) as motif,
    cast(n.valeur as bigint) as n_unites,
    cast(null as double) as part_max,
    e.livraison,
    e.ligne
from ensemble as e
left join ensemble as n
    on
        n.mesure = 'etablissements' and e.livraison = n.livraison and e.type_territoire = n.type_territoire
        and e.code_territoire = n.code_territoire and e.periode = n.periode and e.modalite = n.modalite
