{{ config(materialized='par_indicateur') }}
-- Every figure of every accepted delivery, in the geography in which it came, under the name of its indicator.
-- The value says how the figure came: the producer's own, or counted and summed by the model that reads it.
{% set mesures = {
    'populations_reference': 'publiee', 'populations_communes': 'publiee', 'estimations_population': 'publiee',
    'taux_chomage': 'publiee', 'taux_chomage_ze': 'publiee', 'emploi_salarie': 'publiee', 'effectifs_salaries': 'publiee',
    'filosofi_communes': 'publiee', 'defaillances': none, 'demandeurs_emploi': 'publiee', 'interim': 'publiee',
    'epv': 'agregee', 'activite_partielle': none, 'activite_partielle_departements': none, 'unites_legales_regions': none,
    'surendettement': none, 'defaillances_insee': 'publiee', 'conjoncture': 'publiee', 'demandeurs_emploi_detail': none,
    'flux_demandeurs_emploi': 'publiee', 'offres_emploi': 'publiee', 'emplois_vacants': none, 'emploi_prive_secteurs': none,
    'emploi_prive_trimestre': none, 'dpae': none, 'besoins_main_oeuvre': none, 'sirene_etablissements': 'agregee',
    'recensement': none, 'population_insee': 'publiee', 'entreprises_insee': 'publiee', 'revenus_production_insee': 'publiee',
    'cadre_de_vie_insee': 'publiee'
} %}
-- The sources whose producer says how many units make a figure, and the share of the largest (columns n_unites, part_max).
{% set avec_unites = ['emploi_prive_secteurs'] %}
with brutes as {{ sans_copie() }} (
    {% for mesure, methode in mesures.items() %}
        select
            source,
            mesure,
            type_territoire,
            code_territoire,
            cog,
            periode,
            modalite,
            valeur,
            systeme,
            marque_producteur,
            {% if methode %} '{{ methode }}' as methode, cast(null as string) as motif, {% else %} methode, motif, {% endif %}
            {% if mesure in avec_unites %} n_unites, part_max, {% else %}
                cast(null as bigint) as n_unites, cast(null as double) as part_max,
            {% endif %}
            livraison,
            ligne
        from {{ ref('int_mesures__' ~ mesure) }}
        where true{{ et_mesures_lues('mesure') }}
        {% if not loop.last %} union all {% endif %}
    {% endfor %}
),

-- A code that the producer kept after its change is read as the commune of that geography.
recues as {{ sans_copie() }} (
    select
        b.source,
        b.mesure,
        b.type_territoire,
        coalesce(a.code_commune, b.code_territoire) as code_territoire,
        b.cog,
        b.periode,
        b.modalite,
        b.valeur,
        b.systeme,
        b.marque_producteur,
        b.methode,
        b.motif,
        b.n_unites,
        b.part_max,
        b.livraison,
        b.ligne
    from brutes as b
    left join {{ ref('codes_retardes') }} as a
        on b.type_territoire = 'COM' and b.code_territoire = a.code_alias and b.cog between a.cog_debut and a.cog_fin
),

-- Figures of places that the release does not speak of stay in staging.
lieux as (
    select
        type_territoire,
        code_territoire,
        cast(null as integer) as cog
    from {{ ref('int_territoires') }}
    where type_territoire <> 'COM'
    union all
    select distinct
        'COM',
        p.code_source,
        p.cog_source
    from {{ ref('int_passages') }} as p
    inner join {{ ref('int_communes_utiles') }} as u on p.code_cible = u.code_commune
),

-- A threshold may name the measure of the same delivery that counts the units (the households of Filosofi).
comptes as (
    select
        s.indicateur,
        m.mesure
    from {{ ref('int_seuils') }} as s
    inner join {{ ref('int_mesures_indicateurs') }} as m on s.indicateur_menages = m.indicateur
    group by s.indicateur, m.mesure
),

unites as (
    select r.*
    from recues as r
    inner join (select distinct mesure from comptes) as k on r.mesure = k.mesure
    where r.modalite = '_T'
)

select
    i.indicateur,
    r.type_territoire,
    r.code_territoire,
    r.cog,
    r.periode,
    r.modalite,
    r.valeur,
    -- A mark without a known meaning leaves `statut` NULL, and the not_null test stops the build.
    case
        when r.marque_producteur is not null then s.statut
        when r.valeur is null then 'O'
        when b.indicateur is not null then 'B'
        else 'A'
    end as statut,
    case when r.marque_producteur is not null then s.confidentialite else 'F' end as confidentialite,
    r.marque_producteur,
    r.methode,
    case
        when r.valeur is null then coalesce(r.motif, s.libelle || '.', 'Le producteur ne donne pas de valeur.')
    end as motif,
    case when r.valeur is not null then coalesce(r.n_unites, cast(u.valeur as bigint)) end as n_unites,
    case when r.valeur is not null then r.part_max end as part_max,
    i.priorite,
    r.source,
    l.partie,
    r.livraison,
    r.ligne,
    l.publie_le,
    l.recu_le,
    l.connu_le,
    l.est_en_vigueur
from recues as r
inner join {{ ref('int_mesures_indicateurs') }} as i on r.source = i.source and r.mesure = i.mesure
inner join lieux as t
    on r.type_territoire = t.type_territoire and r.code_territoire = t.code_territoire and coalesce(t.cog, r.cog) = r.cog
inner join {{ ref('stg_extraction__livraisons') }} as l on r.livraison = l.livraison and l.resultat = 'nouveau'
left join comptes as k on i.indicateur = k.indicateur
left join unites as u
    on
        r.livraison = u.livraison and k.mesure = u.mesure and r.type_territoire = u.type_territoire
        and r.code_territoire = u.code_territoire and r.cog = u.cog and r.periode = u.periode
left join {{ ref('ruptures') }} as b on i.indicateur = b.indicateur and r.periode = b.periode
left join {{ ref('statuts') }} as s on r.systeme = s.systeme and r.marque_producteur = s.marque
