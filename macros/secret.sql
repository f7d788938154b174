{# Statistical secrecy: what a producer's threshold refuses, written once. #}

{# True when the rule `s` (a row of seuils_secret) refuses a figure made of what the other arguments count. Only what is known is judged, and
   nothing is hidden where there is no unit at all.
   `ou`: one criterion not met is enough to refuse. `et`: the producer publishes as soon as one criterion is met. #}
{% macro sous_le_seuil(s, unites, menages, personnes, part_max) -%}
    {%- set criteres = [
        (unites, s ~ '.min_unites', '<'), (menages, s ~ '.min_menages', '<'),
        (personnes, s ~ '.min_personnes', '<'), (part_max, s ~ '.part_max', '>')
    ] -%}
    (
        {% for mesure, seuil, sens in criteres %}
            case when {{ mesure }} > 0 and {{ mesure }} {{ sens }} {{ seuil }} then 1 else 0 end {% if not loop.last %}+{% endif %}
        {% endfor %}
        >= case
            when {{ s }}.operateur = 'ou' then 1
            else greatest(
                1,
                {% for mesure, seuil, _ in criteres %}
                    case when {{ mesure }} is not null and {{ seuil }} is not null then 1 else 0 end {% if not loop.last %}+{% endif %}
                {% endfor %}
            )
        end
    )
{%- endmacro %}
