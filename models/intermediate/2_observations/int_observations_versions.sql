-- Every version of every producer's figure, with the days between which it was the last word. A correction of ours opens a version of its
-- own on its date, for as long as the producer goes on saying what it corrects; the versions after it count one more.
{% set cle = ['source', 'partie', 'indicateur', 'type_territoire', 'code_territoire', 'periode', 'modalite'] %}
{% set gardees = cle + [
    'cog', 'confidentialite', 'marque_producteur', 'methode', 'n_unites', 'part_max', 'priorite', 'est_retrait', 'livraison', 'ligne'
] %}
with livraisons as (
    select
        source,
        partie,
        livraison,
        publie_le,
        connu_le
    from {{ ref('int_versions_livraisons') }}
),

versions as (
    select
        v.{{ gardees | join(',\n        v.') }},
        v.valeur,
        v.statut,
        v.motif,
        v.version,
        l.publie_le,
        l.connu_le as connu_du,
        f.connu_le as connu_jusqua
    from {{ ref('int_versions_recues') }} as v
    inner join livraisons as l
        on v.source = l.source and v.partie is not distinct from l.partie and v.livraison = l.livraison
    left join livraisons as f
        on v.source = f.source and v.partie is not distinct from f.partie and v.livraison_suivante = f.livraison
),

corrigees as (
    select
        v.*,
        c.action,
        c.valeur as valeur_corrigee,
        c.corrige_le,
        c.texte
    from versions as v
    inner join {{ ref('int_corrections') }} as c
        on
            v.indicateur = c.indicateur and v.type_territoire || '-' || v.code_territoire = c.territoire and v.periode = c.periode
            and v.modalite = c.modalite and v.valeur is not distinct from c.attendu
            and not v.est_retrait and v.confidentialite = 'F'
            and (v.connu_jusqua is null or v.connu_jusqua > c.corrige_le)
),

-- as the producer says it: for ever, or until our correction
dites as (
    select
        v.{{ gardees | join(',\n        v.') }},
        v.valeur,
        v.statut,
        v.motif,
        cast(null as string) as correction,
        v.publie_le,
        v.connu_du,
        coalesce(c.corrige_le, v.connu_jusqua) as connu_jusqua,
        v.version,
        0 as est_notre
    from versions as v
    left join corrigees as c
        on {{ disent_pareil(cle, 'v.', 'c.') }} and v.version = c.version
    where c.corrige_le is null or v.connu_du < c.corrige_le
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
        version,
        case when connu_du < corrige_le then 1 else 0 end
    from corrigees
)

select
    d.{{ gardees | join(',\n    d.') }},
    d.valeur,
    d.statut,
    d.motif,
    d.correction,
    d.publie_le,
    d.connu_du,
    d.connu_jusqua,
    cast(d.version + d.est_notre + case when s.version is null then 0 else 1 end as integer) as version
from dites as d
left join corrigees as s
    on {{ disent_pareil(cle, 'd.', 's.') }} and d.version > s.version and s.connu_du < s.corrige_le
