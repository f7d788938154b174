{{ config(materialized='par_indicateur') }}
-- A figure has a version each time its producer says something else of it: another value, another mark, another geography, or nothing any
-- more. A delivery replaces the one before it in its partition: a figure absent from it is withdrawn.
-- What earlier builds know is kept, and costs what it must: a version that was closed before the first delivery read this time is final;
-- a delivery that comes last is compared with what its partition says today, and only what differs goes further; only where a late deposit
-- takes its place between two others, or where several deliveries come at once, are the deliveries read put in order.
{% set cle = ['source', 'partie', 'indicateur', 'type_territoire', 'code_territoire', 'periode', 'modalite'] %}
{% set dit = [
    'valeur', 'statut', 'confidentialite', 'marque_producteur', 'methode', 'motif', 'cog', 'n_unites', 'part_max', 'priorite'
] %}
{% set etat = dit + ['est_retrait'] %}
{% set suivi = ['livraison', 'ligne', 'livraison_suivante', 'version'] %}
{% set retrait = {
    'valeur': 'cast(null as double)', 'statut': "'O'", 'confidentialite': "'F'", 'marque_producteur': 'cast(null as string)',
    'motif': "'Retirée par le producteur : la livraison ne donne plus ce chiffre.'", 'n_unites': 'cast(null as bigint)',
    'part_max': 'cast(null as double)'
} %}
with livraisons as (
    select * from {{ ref('int_versions_livraisons') }}
),

-- What earlier builds know, where what they know begins and ends.
connues as {{ sans_copie() }} (
    select
        v.{{ (cle + etat + suivi) | join(',\n        v.') }},
        l.rang,
        l.est_relue,
        l.rang_relu_suivant,
        l.chaine_relue,
        l.est_prolongee,
        l.premier_rang_relu,
        -- final: nothing that is read this time can change it
        not l.chaine_relue or coalesce(f.rang < l.premier_rang_relu, false) as est_acquise
    from {{ ref('stg_memoire__versions') }} as v
    inner join livraisons as l on v.livraison = l.livraison
    left join livraisons as f on v.livraison_suivante = f.livraison
),

nouvelles as {{ sans_copie() }} (
    select
        r.{{ (cle + dit) | join(',\n        r.') }},
        false as est_retrait,
        r.livraison,
        r.ligne,
        l.rang,
        l.rang_relu_suivant,
        l.est_prolongee
    from {{ ref('int_observations_recues') }} as r
    inner join livraisons as l on r.livraison = l.livraison
    where l.est_relue
),

-- What a delivery that comes last says otherwise than its partition says today, said anew, or says no more.
differences as (
    select
        {% for colonne in cle %}
            coalesce(n.{{ colonne }}, a.{{ colonne }}) as {{ colonne }},
        {% endfor %}
        n.{{ (dit + ['livraison', 'ligne']) | join(',\n        n.') }},
        a.methode as methode_avant,
        a.cog as cog_avant,
        a.priorite as priorite_avant,
        a.version as version_avant,
        n.source is null as est_retiree
    from (
        select * from nouvelles
        where est_prolongee
    ) as n
    full outer join (
        select * from connues
        where est_prolongee and livraison_suivante is null
    ) as a
        on {{ disent_pareil(cle, 'n.', 'a.') }}
    where
        a.source is null
        or (n.source is null and not a.est_retrait)
        or (n.source is not null and not {{ disent_pareil(etat, 'n.', 'a.') }})
),

changements as (
    select
        d.*,
        l.livraison as livraison_lue
    from differences as d
    inner join livraisons as l
        on d.source = l.source and d.partie is not distinct from l.partie and l.est_prolongee and l.est_relue
),

suites as (
    select
        *,
        lead(rang) over (partition by {{ cle | join(', ') }} order by rang) as rang_suivant
    from (
        select
            {{ (cle + etat) | join(',\n            ') }},
            livraison,
            ligne,
            rang,
            rang_relu_suivant,
            cast(null as integer) as version_trouvee
        from nouvelles
        where not est_prolongee
        union all
        select
            {{ (cle + etat) | join(',\n            ') }},
            livraison,
            ligne,
            rang,
            rang_relu_suivant,
            -- the version that the first delivery read this time finds: the count goes on from it
            case when rang < premier_rang_relu then version end
        from connues
        where chaine_relue and not est_prolongee and not est_relue and not est_acquise
    ) as etats
),

-- Withdrawn: a delivery looked at whole does not give the figure any more.
suite_complete as (
    select
        {{ (cle + etat) | join(',\n        ') }},
        livraison,
        ligne,
        rang,
        version_trouvee
    from suites
    union all
    select
        {% for colonne in cle + dit %}
            {{ retrait.get(colonne, 's.' ~ colonne) }},
        {% endfor %}
        true,
        l.livraison,
        cast(null as bigint),
        l.rang,
        cast(null as integer)
    from suites as s
    inner join livraisons as l
        on s.source = l.source and s.partie is not distinct from l.partie and s.rang_relu_suivant = l.rang
    where not s.est_retrait and (s.rang_suivant is null or s.rang_suivant > s.rang_relu_suivant)
),

comparees as (
    select
        *,
        max(version_trouvee) over (partition by {{ cle | join(', ') }}) as premiere_version,
        lag(rang) over (partition by {{ cle | join(', ') }} order by rang) as rang_precedent,
        {% for colonne in etat %}
            lag({{ colonne }}) over (partition by {{ cle | join(', ') }} order by rang) as {{ colonne }}_avant
            {% if not loop.last %},{% endif %}
        {% endfor %}
    from suite_complete
),

classees as (
    select
        {{ (cle + etat) | join(',\n        ') }},
        livraison,
        ligne,
        lead(livraison) over (partition by {{ cle | join(', ') }} order by rang) as livraison_suivante,
        coalesce(premiere_version, 1) - 1 + row_number() over (partition by {{ cle | join(', ') }} order by rang) as version
    from comparees
    where
        (rang_precedent is null and (not est_retrait or version_trouvee is not null))
        or (
            rang_precedent is not null
            and not {{ disent_pareil(etat, '', '', '_avant') }}
        )
),

ensemble as (
    -- what is known already; a last delivery that says otherwise closes it
    select
        v.{{ (cle + etat) | join(',\n        v.') }},
        v.livraison,
        v.ligne,
        coalesce(v.livraison_suivante, c.livraison_lue) as livraison_suivante,
        v.version
    from connues as v
    left join changements as c
        on {{ disent_pareil(cle, 'v.', 'c.') }} and v.version = c.version_avant
    where v.est_acquise or v.est_prolongee
    union all
    select {{ (cle + etat + suivi) | join(', ') }} from classees
    union all
    -- what a last delivery says anew
    select
        {{ (cle + dit) | join(',\n        ') }},
        false,
        livraison,
        ligne,
        cast(null as string),
        coalesce(version_avant, 0) + 1
    from changements
    where not est_retiree
    union all
    -- what it does not give any more
    select
        {% for colonne in cle %}
            {{ colonne }},
        {% endfor %}
        {% for colonne in dit %}
            {{ retrait.get(colonne, colonne ~ '_avant') }},
        {% endfor %}
        true,
        livraison_lue,
        cast(null as bigint),
        cast(null as string),
        version_avant + 1
    from changements
    where est_retiree
)

select
    {{ (cle + etat) | join(',\n    ') }},
    livraison,
    cast(ligne as bigint) as ligne,
    livraison_suivante,
    cast(version as integer) as version
from ensemble
