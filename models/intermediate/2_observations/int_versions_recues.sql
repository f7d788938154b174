-- A figure has a version each time its producer says something else of it: another value, another mark, another geography, or nothing any
-- more. What earlier builds know is kept: only new deliveries and the one that follows each are compared, so that time and size grow with
-- what changed. A delivery replaces the one before it in its partition: a figure absent from it is withdrawn.
{% set cle = ['source', 'partie', 'indicateur', 'type_territoire', 'code_territoire', 'periode', 'modalite'] %}
{% set etat = [
    'valeur', 'statut', 'confidentialite', 'marque_producteur', 'methode', 'motif', 'cog', 'n_unites', 'part_max', 'priorite',
    'est_retrait'
] %}
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
        {% for c in cle + etat[:-1] %} r.{{ c }}, {% endfor %}
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
        {% for c in cle + etat %} {{ c }}, {% endfor %}
        livraison,
        ligne,
        rang,
        rang_relu_suivant
    from nouvelles
    union all
    select
        {% for c in cle + etat %} {{ c }}, {% endfor %}
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
        {% for c in cle + etat %} {{ c }}, {% endfor %}
        livraison,
        ligne,
        rang
    from suites
    union all
    select
        {% for c in cle %} {{ c }}, {% endfor %}
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

comparees as (
    select
        *,
        row_number() over (partition by {{ cle | join(', ') }} order by rang) as position_suite,
        {% for c in etat %}
            lag({{ c }}) over (partition by {{ cle | join(', ') }} order by rang) as avant_{{ c }}{{ ',' if not loop.last }}
        {% endfor %}
    from suite_complete
)

select
    {% for c in cle + etat %} {{ c }}, {% endfor %}
    livraison,
    ligne
from comparees
where
    (position_suite = 1 and not est_retrait)
    or (
        position_suite > 1
        and (
            {% for c in etat %}
                avant_{{ c }} is distinct from {{ c }}{{ ' or' if not loop.last }}
            {% endfor %}
        )
    )
union all
select
    {% for c in cle + etat %} {{ c }}, {% endfor %}
    livraison,
    ligne
from connues
where not chaine_relue
