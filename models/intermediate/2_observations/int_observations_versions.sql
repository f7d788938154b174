-- Every version of every producer's figure, with the days between which it was the last word. A correction of ours opens a version of its
-- own on its date, for as long as the producer goes on saying what it corrects.
{% set cle = ['source', 'partie', 'indicateur', 'type_territoire', 'code_territoire', 'periode', 'modalite'] %}
{% set gardees = cle + [
    'cog', 'confidentialite', 'marque_producteur', 'methode', 'n_unites', 'part_max', 'priorite', 'est_retrait', 'livraison', 'ligne'
] %}
with versions as (
    select
        v.{{ gardees | join(',\n        v.') }},
        v.valeur,
        v.statut,
        v.motif,
        l.publie_le,
        l.rang,
        l.connu_le as connu_du,
        lead(l.connu_le) over (
            partition by v.{{ cle | join(', v.') }}
            order by l.rang
        ) as connu_jusqua
    from {{ ref('int_versions_recues') }} as v
    inner join {{ ref('int_versions_livraisons') }} as l
        on v.source = l.source and v.partie is not distinct from l.partie and v.livraison = l.livraison
),

jugees as (
    select
        v.*,
        c.action,
        c.valeur as valeur_corrigee,
        c.corrige_le,
        c.texte
    from versions as v
    left join {{ ref('int_corrections') }} as c
        on
            v.indicateur = c.indicateur and v.type_territoire || '-' || v.code_territoire = c.territoire and v.periode = c.periode
            and v.modalite = c.modalite and v.valeur is not distinct from c.attendu
            and not v.est_retrait and v.confidentialite = 'F'
            and (v.connu_jusqua is null or v.connu_jusqua > c.corrige_le)
),

ensemble as (
    -- as the producer says it: for ever, or until our correction
    select
        {{ gardees | join(',\n        ') }},
        valeur,
        statut,
        motif,
        cast(null as string) as correction,
        publie_le,
        rang,
        connu_du,
        coalesce(corrige_le, connu_jusqua) as connu_jusqua
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
        rang,
        greatest(connu_du, corrige_le),
        connu_jusqua
    from jugees
    where corrige_le is not null
)

select
    {{ gardees | join(',\n    ') }},
    valeur,
    statut,
    motif,
    correction,
    publie_le,
    connu_du,
    connu_jusqua,
    cast(row_number() over (partition by {{ cle | join(', ') }} order by rang, connu_du) as integer) as version
from ensemble
