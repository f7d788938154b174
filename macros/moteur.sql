{# The engine-specific corner of the models (rule 10 of the house): everything else is SQL that DuckDB and Spark both read. #}

{# A producer's column name with spaces or accents, quoted as the engine wants it. #}
{% macro colonne(nom) -%}
    {{ adapter.dispatch('colonne', 'referentiel')(nom) }}
{%- endmacro %}

{% macro default__colonne(nom) -%}
    "{{ nom }}"
{%- endmacro %}

{% macro spark__colonne(nom) -%}
    `{{ nom }}`
{%- endmacro %}

{# Only the letters A to Z of an upper-case text. #}
{% macro lettres_seules(texte) -%}
    {{ adapter.dispatch('lettres_seules', 'referentiel')(texte) }}
{%- endmacro %}

{% macro default__lettres_seules(texte) -%}
    regexp_replace({{ texte }}, '[^A-Z]', '', 'g')
{%- endmacro %}

{% macro spark__lettres_seules(texte) -%}
    regexp_replace({{ texte }}, '[^A-Z]', '')
{%- endmacro %}

{# The line of a CSV file of seeds/ that a row comes from (the header is line 1). #}
{% macro ligne_du_fichier() -%}
    {{ adapter.dispatch('ligne_du_fichier', 'referentiel')() }}
{%- endmacro %}

{% macro default__ligne_du_fichier() -%}
    row_number() over (order by rowid) + 1
{%- endmacro %}

{% macro spark__ligne_du_fichier() -%}
    row_number() over (order by monotonically_increasing_id()) + 1
{%- endmacro %}

{# A CTE that is read twice but too large to be kept in between: DuckDB would write it down, Spark never does. #}
{% macro sans_copie() -%}
    {{ adapter.dispatch('sans_copie', 'referentiel')() }}
{%- endmacro %}

{% macro default__sans_copie() -%}
    not materialized
{%- endmacro %}

{% macro spark__sans_copie() -%}
{%- endmacro %}

{# Whole days from one instant to a later one. #}
{% macro jours_entre(avant, apres) -%}
    {{ adapter.dispatch('jours_entre', 'referentiel')(avant, apres) }}
{%- endmacro %}

{% macro default__jours_entre(avant, apres) -%}
    date_diff('day', cast({{ avant }} as date), cast({{ apres }} as date))
{%- endmacro %}

{% macro spark__jours_entre(avant, apres) -%}
    datediff({{ apres }}, {{ avant }})
{%- endmacro %}
