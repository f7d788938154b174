{{ config(materialized='par_indicateur') }}
-- Every version of every producer's figure, with the days between which it was the last word. A correction of ours opens a version of its
-- own on its date, for as long as the producer goes on saying what it corrects; the versions after it count one more.
{% set cle = ['source', 'partie', 'indicateur', 'type_territoire', 'code_territoire', 'periode', 'modalite'] %}
{% set gardees = cle + [
    'cog', 'confidentialite', 'marque_producteur', 'methode', 'n_unites', 'part_max', 'priorite', 'est_retrait', 'livraison', 'ligne'
] %}
with livraisons as (
    select * from {{ ref('int_versions_livraisons') }}
),

versions as {{ sans_copie() }} (
    select
        v.{{ gardees | join(',\n        v.') }},
        v.valeur,
        v.statut,
        v.motif,
        v.version,
        l.publie_le,
        l.connu_le as connu_du,
        f.connu_le as connu_jusqua,
        v.type_territoire || '-' || v.code_territoire as territoire
    from {{ ref('int_versions_recues') }} as v
    inner join livraisons as l on v.livraison = l.livraison
    left join livraisons as f on v.livraison_suivante = f.livraison
),

-- The few figures that we correct: their versions are counted again.
jugees as (
    select
        v.*,
        c.action,
        c.valeur as valeur_corrigee,
        c.texte,
        case
            when
                not v.est_retrait and v.confidentialite = 'F' and (v.connu_jusqua is null or v.connu_jusqua > c.corrige_le)
                and (v.valeur is not distinct from c.attendu)
                then c.corrige_le
        end as corrige_le
    from versions as v
    inner join {{ ref('int_corrections') }} as c
        on v.indicateur = c.indicateur and v.territoire = c.territoire and v.periode = c.periode and v.modalite = c.modalite
),

corrigees as (
    -- as the producer says it: for ever, or until our correction
    select
        {{ gardees | join(',\n        ') }},
        valeur,
        statut,
        motif,
        cast(null as string) as correction,
        publie_le,
        connu_du,
        coalesce(corrige_le, connu_jusqua) as connu_jusqua,
        version
    from jugees
    where corrige_le is null or connu_du < corrige_le
    union all
    select
        {{ gardees | join(',\n        ') }},
        case when action = 'remplacer' then valeur_corrigee end,
        case when action = 'remplacer' then 'I' else 'O' end,
        case when action = 'remplacer' then null else texte end,
        texte,
        publie_le,
        greatest(connu_du, corrige_le),
        connu_jusqua,
        version
    from jugees
    where corrige_le is not null
)

select
    v.{{ gardees | join(',\n    v.') }},
    v.valeur,
    v.statut,
    v.motif,
    cast(null as string) as correction,
    v.publie_le,
    v.connu_du,
    v.connu_jusqua,
    v.version
from versions as v
left join {{ ref('int_corrections') }} as c
    on v.indicateur = c.indicateur and v.territoire = c.territoire and v.periode = c.periode and v.modalite = c.modalite
where c.indicateur is null
union all
select
    {{ gardees | join(',\n    ') }},
    valeur,
    statut,
    motif,
    correction,
    publie_le,
    connu_du,
    connu_jusqua,
    cast(row_number() over (partition by {{ cle | join(', ') }} order by version, connu_du) as integer) as version
from corrigees
