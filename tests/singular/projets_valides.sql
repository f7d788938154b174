-- A list that is wrong is refused whole, with the line, the reason and what would mend it. The message is the error itself: the person who
-- wrote the line reads the build, not the tables.
{% set fautes %}
select
    ligne,
    projet,
    faute,
    correctif
from {{ ref('int_projets_lignes') }}
where faute is not null
union all
select
    premiere_ligne,
    projet,
    case
        when elits_en_double > 0 then 'la commune ' || code_commune || ' est comptée deux fois (par sa commune et par un territoire entier)'
        else 'seule une partie de la commune ' || code_commune || ' d''aujourd''hui est dans la zone'
    end,
    case
        when elits_en_double > 0 then 'retirer une des deux lignes'
        else 'nommer aussi les autres communes qu''elle a réunies'
    end
from {{ ref('int_projets') }}
where elits_en_double > 0 or elits_manquants > 0
{% endset %}
{% if execute and flags.WHICH in ('build', 'test') %}
    {% set trouvees = run_query('select * from (' ~ fautes ~ ') as f order by 1, 2') %}
    {% if trouvees.rows | length > 0 %}
        {% set lignes = [] %}
        {% for f in trouvees.rows[:20] %}
            {% do lignes.append(
                'ligne ' ~ f[0] ~ ' (' ~ (f[1] or 'sans projet') ~ ') : ' ~ f[2] ~ ((' ; ' ~ f[3]) if f[3] else '')
            ) %}
        {% endfor %}
        {{ exceptions.raise_compiler_error(
            'Saisie refusée, seeds/territoires_projet.csv\n' ~ (lignes | join('.\n'))
            ~ ('.\n… et ' ~ (trouvees.rows | length - 20) ~ ' autres' if trouvees.rows | length > 20 else '') ~ '.'
        ) }}
    {% endif %}
{% endif %}
{{ fautes }}
