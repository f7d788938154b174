-- A figure has a version each time its producer says something else of it: another value, another mark, another geography, or nothing any
-- more. What earlier builds know is kept: only new deliveries and the one that follows each are compared, so that time and size grow with
-- what changed. A delivery replaces the one before it in its partition: a figure absent from it is withdrawn.
{% set cle = ['source', 'partie', 'indicateur', 'type_territoire', 'code_territoire', 'periode', 'modalite'] %}
{% set etat = [
    'valeur', 'statut', 'confidentialite', 'marque_producteur', 'methode', 'motif', 'cog', 'n_unites', 'part_max', 'priorite',
    'est_retrait'
] %}
{% set colonnes = (cle + etat) | join(',\n        ') %}
{% set etat_recu = etat[:-1] %}
{% set etat_en_texte = "coalesce(cast(" ~ etat | join(" as string), '')\n        || '|' || coalesce(cast(") ~ " as string), '')" %}
with livraisons as (
    select * from {{ ref('int_versions_livraisons') }}
),

connues as (
    select
        v.*,
        l.rang,
        l.rang_relu_suivant,
        l.est_relue,
        l.chaine_relue
    from {{ ref('stg_memoire__versions') }} as v
    inner join livraisons as l
        on v.source = l.source and v.partie is not distinct from l.partie and v.livraison = l.livraison
),

nouvelles as (
    select
        r.{{ (cle + etat_recu) | join(',\n        r.') }},
        false as est_retrait,
        r.livraison,
        r.ligne,
        l.rang,
        l.rang_relu_suivant
    from {{ ref('int_observations_recues') }} as r
    inner join livraisons as l
        on
            r.source = l.source and r.partie is not distinct from l.partie and r.livraison = l.livraison
            and r.connu_le = l.connu_le
    where l.est_relue
),

etats as (
    select
        {{ colonnes }},
        livraison,
        ligne,
        rang,
        rang_relu_suivant
    from nouvelles
    union all
    select
        {{ colonnes }},
        livraison,
        ligne,
        rang,
        rang_relu_suivant
    from connues
    where chaine_relue and not est_relue
),

suites as (
    select
        *,
        lead(rang) over (partition by {{ cle | join(', ') }} order by rang) as rang_suivant
    from etats
),

-- Withdrawn: a delivery looked at whole does not give the figure any more.
retraits as (
    select
        s.*,
        l.livraison as livraison_retrait
    from suites as s
    inner join livraisons as l
        on s.source = l.source and s.partie is not distinct from l.partie and s.rang_relu_suivant = l.rang
    where not s.est_retrait and (s.rang_suivant is null or s.rang_suivant > s.rang_relu_suivant)
),

suite_complete as (
    select
        {{ colonnes }},
        livraison,
        ligne,
        rang
    from suites
    union all
    select
        {{ cle | join(',\n        ') }},
        cast(null as double),
        'O',
        'F',
        cast(null as string),
        methode,
        'Retirée par le producteur : la livraison ne donne plus ce chiffre.',
        cog,
        cast(null as bigint),
        cast(null as double),
        priorite,
        true,
        livraison_retrait,
        cast(null as bigint),
        rang_relu_suivant
    from retraits
),

decrites as (
    select
        *,
        {{ etat_en_texte }} as etat
    from suite_complete
),

comparees as (
    select
        *,
        lag(etat) over (partition by {{ cle | join(', ') }} order by rang) as etat_precedent
    from decrites
)

select
    {{ (cle + etat) | join(',\n    ') }},
    livraison,
    ligne
from comparees
where etat_precedent <> etat or (etat_precedent is null and not est_retrait)
union all
select
    {{ (cle + etat) | join(',\n    ') }},
    livraison,
    ligne
from connues
where not chaine_relue
