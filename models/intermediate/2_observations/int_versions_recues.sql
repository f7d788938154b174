-- A figure has a version each time its producer says something else of it: another value, another mark, another geography, or nothing any
-- more. A delivery replaces the one before it in its partition: a figure absent from it is withdrawn.
-- What earlier builds know is kept, and costs what it must: a version that was closed before the first delivery read this time is final;
-- a delivery that comes last is compared with what its partition says today, row by row; only where a late deposit takes its place
-- between two others, or where several deliveries come at once, are the deliveries read put in order.
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

-- What earlier builds know: final, in force, or to be put in order with the deliveries read.
connues as (
    select
        v.{{ (cle + etat + suivi) | join(',\n        v.') }},
        l.rang,
        l.rang_relu_suivant,
        -- the version that the first delivery read this time finds: the count goes on from it
        case when l.rang < l.premier_rang_relu then v.version end as version_trouvee,
        case
            when not l.chaine_relue or f.rang < l.premier_rang_relu then 'acquise'
            when l.est_prolongee then 'en_vigueur'
            when l.est_relue then 'relue'
            else 'a_classer'
        end as sort
    from {{ ref('stg_memoire__versions') }} as v
    inner join livraisons as l
        on v.source = l.source and v.partie is not distinct from l.partie and v.livraison = l.livraison
    left join livraisons as f
        on v.source = f.source and v.partie is not distinct from f.partie and v.livraison_suivante = f.livraison
),

nouvelles as (
    select
        r.{{ (cle + dit) | join(',\n        r.') }},
        false as est_retrait,
        r.livraison,
        r.ligne,
        l.rang,
        l.rang_relu_suivant,
        l.est_prolongee
    from {{ ref('int_observations_recues') }} as r
    inner join livraisons as l
        on
            r.source = l.source and r.partie is not distinct from l.partie and r.livraison = l.livraison
            and r.connu_le = l.connu_le
    where l.est_relue
),

-- A delivery that comes last, beside what its partition says today.
paires as (
    select
        {% for colonne in cle + dit + ['livraison', 'ligne'] %}
            n.{{ colonne }},
            a.{{ colonne }} as {{ colonne }}_avant,
        {% endfor %}
        n.est_retrait,
        a.est_retrait as est_retrait_avant,
        a.version as version_avant,
        case
            when a.source is null then 'nouvelle'
            when n.source is null and a.est_retrait then 'inchangee'
            when n.source is null then 'retiree'
            when {{ disent_pareil(etat, 'n.', 'a.') }} then 'inchangee'
            else 'revisee'
        end as sort
    from (
        select * from nouvelles
        where est_prolongee
    ) as n
    full outer join (
        select * from connues
        where sort = 'en_vigueur'
    ) as a
        on {{ disent_pareil(cle, 'n.', 'a.') }}
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
            version_trouvee
        from connues
        where sort = 'a_classer'
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
    select {{ (cle + etat + suivi) | join(', ') }} from connues
    where sort = 'acquise'
    union all
    select {{ (cle + etat + suivi) | join(', ') }} from classees
    union all
    -- what a last delivery says anew
    select
        {{ (cle + etat) | join(',\n        ') }},
        livraison,
        ligne,
        cast(null as string),
        coalesce(version_avant, 0) + 1
    from paires
    where sort in ('nouvelle', 'revisee')
    union all
    -- what it repeats, and what it closes
    select
        {{ (cle + etat) | join('_avant,\n        ') }}_avant,
        p.livraison_avant,
        p.ligne_avant,
        case when p.sort <> 'inchangee' then l.livraison end,
        p.version_avant
    from paires as p
    inner join livraisons as l
        on p.source_avant = l.source and p.partie_avant is not distinct from l.partie and l.est_prolongee and l.est_relue
    where p.sort <> 'nouvelle'
    union all
    -- what it does not give any more
    select
        {% for colonne in cle + dit %}
            {{ retrait.get(colonne, 'p.' ~ colonne ~ '_avant') }},
        {% endfor %}
        true,
        l.livraison,
        cast(null as bigint),
        cast(null as string),
        p.version_avant + 1
    from paires as p
    inner join livraisons as l
        on p.source_avant = l.source and p.partie_avant is not distinct from l.partie and l.est_prolongee and l.est_relue
    where p.sort = 'retiree'
)

select
    {{ (cle + etat) | join(',\n    ') }},
    livraison,
    cast(ligne as bigint) as ligne,
    livraison_suivante,
    cast(version as integer) as version
from ensemble
