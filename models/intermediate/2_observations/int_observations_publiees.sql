{{ config(materialized='par_indicateur') }}
-- The producers' figures in force, brought to today's communes. A commune that did not change keeps its figure; one that grew out of
-- several has their sum if the indicator adds up (their mean by its weight, if it has one) and every part is known, else NULL and the
-- reason. Ranking every figure against its rivals is what costs: it is done only for the series that have rivals.
{% set chiffre = [
    'indicateur', 'type_territoire', 'code_territoire', 'periode', 'modalite', 'valeur', 'statut', 'confidentialite', 'marque_producteur',
    'methode', 'motif', 'cog', 'n_unites', 'part_max', 'priorite', 'source', 'livraison', 'publie_le'
] %}
with en_vigueur as {{ sans_copie() }} (
    select * from {{ ref('int_observations_en_vigueur') }}
    where true{{ et_lus('indicateur') }}
),

series_recues as (
    select
        indicateur,
        type_territoire,
        cog,
        periode,
        modalite,
        priorite,
        source,
        livraison,
        max(publie_le) as publie_le,
        max(connu_le) as connu_le
    from en_vigueur
    group by indicateur, type_territoire, cog, periode, modalite, priorite, source, livraison
),

series as (
    select
        s.*,
        d.agregation,
        d.absence,
        w.poids as ponderation,
        k.poids as cle,
        count(*) over (partition by s.indicateur, s.type_territoire, s.cog, s.periode, s.modalite) as nombre_livraisons,
        count(*) over (partition by s.indicateur, s.type_territoire, s.periode, s.modalite) as nombre_series
    from series_recues as s
    inner join {{ ref('dictionnaire') }} as d on s.indicateur = d.indicateur
    left join {{ ref('poids') }} as w on s.indicateur = w.indicateur and w.usage = 'moyenne'
    left join {{ ref('poids') }} as k on s.indicateur = k.indicateur and k.usage = 'repartition'
),

-- Several deliveries of one geography give the same series: figure by figure, the first in priority, then the last known.
disputees as (
    select
        o.*,
        s.absence,
        row_number() over (
            partition by o.indicateur, o.type_territoire, o.code_territoire, o.cog, o.periode, o.modalite
            order by o.priorite asc, o.connu_le desc
        ) as rang
    from en_vigueur as o
    inner join series as s
        on
            o.livraison = s.livraison and o.indicateur = s.indicateur and o.periode = s.periode and o.modalite = s.modalite
            and o.cog = s.cog and o.type_territoire = s.type_territoire and o.priorite = s.priorite
    where s.nombre_livraisons > 1
),

meilleures as {{ sans_copie() }} (
    select
        {% for c in chiffre %}
            o.{{ c }},
        {% endfor %}
        s.nombre_series,
        s.absence
    from en_vigueur as o
    inner join series as s
        on
            o.livraison = s.livraison and o.indicateur = s.indicateur and o.periode = s.periode and o.modalite = s.modalite
            and o.cog = s.cog and o.type_territoire = s.type_territoire and o.priorite = s.priorite
    where s.nombre_livraisons = 1
    union all
    select
        {{ chiffre | join(', ') }},
        2,
        absence
    from disputees
    where rang = 1
),

inchangees as {{ sans_copie() }} (
    select * from meilleures
    where type_territoire <> 'COM'
    union all
    select
        {% for c in chiffre %}
            {% if c == 'code_territoire' %} p.code_cible, {% else %} c.{{ c }}, {% endif %}
        {% endfor %}
        c.nombre_series,
        c.absence
    from meilleures as c
    inner join {{ ref('int_passages') }} as p on c.cog = p.cog_source and c.code_territoire = p.code_source
    where c.type_territoire = 'COM' and p.nature in ('identite', 'recodage')
),

-- The communes that cross a change of perimeter, with the key of each split.
changements as (
    select
        p.cog_source,
        p.code_source,
        p.code_cible,
        p.nature,
        p.poids
    from {{ ref('int_passages') }} as p
    inner join {{ ref('int_communes_utiles') }} as u on p.code_cible = u.code_commune
    where p.nature in ('fusion', 'scission')
),

sources as (
    select distinct
        cog_source,
        code_source
    from changements
),

anciennes as (
    select m.*
    from meilleures as m
    inner join sources as x on m.cog = x.cog_source and m.code_territoire = x.code_source
    where m.type_territoire = 'COM'
),

parts as (
    select
        s.indicateur,
        s.periode,
        s.modalite,
        s.agregation,
        s.cog,
        s.priorite,
        s.source,
        s.livraison,
        s.publie_le,
        s.nombre_series,
        s.absence,
        p.code_cible,
        p.nature,
        m.valeur,
        m.confidentialite,
        m.n_unites,
        m.part_max,
        coalesce(k.poids, p.poids) * case when s.ponderation is null then 1 else w.valeur end as poids,
        case
            when m.valeur is not null then m.valeur
            when m.indicateur is null and s.absence = 'nulle' then 0
            -- what weighs nothing counts for nothing
            when s.ponderation is not null and w.valeur = 0 then 0
        end as connue,
        m.indicateur is not null as est_recue
    from series as s
    inner join changements as p on s.cog = p.cog_source
    left join anciennes as m
        on
            s.indicateur = m.indicateur and s.cog = m.cog and s.periode = m.periode and s.modalite = m.modalite
            and s.livraison = m.livraison and p.code_source = m.code_territoire
    left join anciennes as w
        on
            s.ponderation = w.indicateur and s.cog = w.cog and s.periode = w.periode and s.modalite = w.modalite
            and p.code_source = w.code_territoire
    left join {{ ref('int_passages_par_cle') }} as k
        on
            s.cle = k.cle and p.cog_source = k.cog_source and p.code_source = k.code_source and p.code_cible = k.code_cible
            and k.cog_cible = {{ cog_courant() }}
    where s.type_territoire = 'COM'
),

projetees as (
    select
        indicateur,
        code_cible,
        periode,
        modalite,
        agregation,
        cog,
        priorite,
        source,
        livraison,
        publie_le,
        nombre_series,
        absence,
        count(*) as nombre_parts,
        count(connue * poids) as nombre_connues,
        -- weights of a split are fractions: without rounding a sum of whole numbers would end in 0.9999999
        round(case agregation when 'somme' then sum(connue * poids) else sum(connue * poids) / nullif(sum(poids), 0) end, 6) as resultat,
        -- counted only when every part says it; a split commune does not say where its units went
        case when max(case when nature = 'scission' then 1 else 0 end) = 0 and count(n_unites) = count(*) then sum(n_unites) end
            as n_unites,
        case when count(part_max) = count(*) then max(part_max * connue * poids) / nullif(sum(connue * poids), 0) end as part_max,
        max(case when confidentialite = 'C' then 1 else 0 end) as est_secrete,
        max(case when nature = 'scission' then 1 else 0 end) as est_scission,
        agregation in ('somme', 'moyenne_ponderee') as est_agregeable
    from parts
    group by
        indicateur, code_cible, periode, modalite, agregation, cog, priorite, source, livraison, publie_le, nombre_series, absence
    having max(case when est_recue then 1 else 0 end) = 1
),

ensemble as {{ sans_copie() }} (
    select * from inchangees
    union all
    select
        indicateur,
        'COM',
        code_cible,
        periode,
        modalite,
        case when est_agregeable and nombre_connues = nombre_parts then resultat end,
        case
            when est_agregeable and nombre_connues = nombre_parts and resultat is not null
                then case when est_scission = 1 then 'E' else 'A' end
            when est_secrete = 1 and est_agregeable then 'Q'
            else 'O'
        end,
        case when est_secrete = 1 and est_agregeable then 'C' else 'F' end,
        cast(null as string),
        'projetee',
        case
            when not est_agregeable then 'Périmètre modifié depuis le COG ' || cog || ' : cet indicateur ne s''agrège pas.'
            when est_secrete = 1 then 'Au moins une des communes réunies est sous secret statistique.'
            when nombre_connues < nombre_parts and agregation = 'somme' then 'Au moins une des communes réunies n''a pas de chiffre.'
            when nombre_connues < nombre_parts then 'Au moins une des communes réunies n''a pas de chiffre, ou pas de poids.'
            when resultat is null then 'Le poids de la moyenne est nul.'
        end,
        cog,
        n_unites,
        part_max,
        priorite,
        source,
        livraison,
        publie_le,
        nombre_series,
        absence
    from projetees
),

-- A commune that the producer's list leaves out is worth zero only where a test proves it (`absence` = nulle): then it is written, so
-- that neither ranks nor evolutions stop at the last year in which the commune was listed.
attendues as (
    select
        s.indicateur,
        u.code_commune,
        s.periode,
        s.modalite,
        max(s.cog) as cog,
        max(s.priorite) as priorite,
        max(s.source) as source,
        max(s.livraison) as livraison,
        max(s.publie_le) as publie_le,
        max(s.nombre_series) as nombre_series
    from series as s
    cross join {{ ref('int_communes_utiles') }} as u
    where s.absence = 'nulle' and s.type_territoire = 'COM'
    group by s.indicateur, u.code_commune, s.periode, s.modalite
),

completees as {{ sans_copie() }} (
    select * from ensemble
    union all
    select
        a.indicateur,
        'COM',
        a.code_commune,
        a.periode,
        a.modalite,
        0,
        'A',
        'F',
        cast(null as string),
        'calculee',
        cast(null as string),
        a.cog,
        0,
        cast(null as double),
        a.priorite,
        a.source,
        a.livraison,
        a.publie_le,
        a.nombre_series,
        'nulle'
    from attendues as a
    left join ensemble as e
        on
            e.type_territoire = 'COM' and e.absence = 'nulle' and a.indicateur = e.indicateur and a.code_commune = e.code_territoire
            and a.periode = e.periode and a.modalite = e.modalite
    where e.indicateur is null
),

-- Two sources of one indicator may give the same figure in two geographies: the first in priority, then the newest geography.
classees as (
    select
        *,
        row_number() over (
            partition by indicateur, type_territoire, code_territoire, periode, modalite
            order by priorite asc, cog desc
        ) as rang
    from completees
    where nombre_series > 1
)

{% for origine in ['completees where nombre_series = 1', 'classees where rang = 1'] %}
    select
        {% for c in chiffre if c not in ('n_unites', 'part_max', 'priorite') %}
            {{ c }},
        {% endfor %}
        case when valeur is not null then cast(n_unites as bigint) end as n_unites,
        case when valeur is not null then part_max end as part_max
    from {{ origine }}
    {% if not loop.last %} union all {% endif %}
{% endfor %}
