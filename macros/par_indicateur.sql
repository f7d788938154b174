{# The models that hold one row per figure and never mix indicators but by the links of the dictionary are materialized `par_indicateur`.

   In a whole build they are tables like the others. In a partial build of which publish/partial.py says that it is sure, the environment names
   the indicators that a changed source touches (REFERENTIEL_INDICATEURS, separated by spaces): their rows are taken out of the table and made
   again by the very SQL of the model; the rows of the other indicators stay as the last build left them. The engine carries the condition on
   the indicator down to what the model reads, so the work is that of the touched indicators.

   A model may use it when the row of an indicator depends on no row of another one, but those that `partial.LINKS` follows. The column that
   names the indicator is `indicateur`, or that of `meta.colonne_indicateur`. Where the engine does not carry the condition
   down, a model asks for less itself: `et_refaits` where it reads the rows of its own indicator only, `et_lus` where those of the terms too,
   `et_mesures_lues` where it reads measures. The compiled SQL that au() is made of is that of the last whole build, in which none says anything. #}
{% materialization par_indicateur, default %}
    {%- set refaits = env_var('REFERENTIEL_INDICATEURS', '').split() -%}
    {%- set table = load_cached_relation(this) -%}
    {%- if refaits and table is none -%}
        {{ exceptions.raise_compiler_error(this ~ " manque dans la candidate d'une construction partielle") }}
    {%- elif not refaits -%}
        {#- the engine's own table #}
        {{ return(context['materialization_table_' ~ adapter.type()]()) }}
    {%- endif -%}
    {%- set colonne = config.get('meta', {}).get('colonne_indicateur', 'indicateur') -%}
    {%- set condition = 'true' ~ et_refaits(colonne) -%}
    {% call statement('main') -%}
        delete from {{ table }} where {{ condition }};
        insert into {{ table }} by name
        select * from (
            {{ compiled_code }}
        ) as refaites
        where {{ condition }}
    {%- endcall %}
    {{ adapter.commit() }}
    {{ return({'relations': [table]}) }}
{% endmaterialization %}

{# A condition on the indicator in a partial build: one of those whose rows are made again. None in a whole build. #}
{% macro et_refaits(colonne) -%}
    {{ et_parmi(colonne, 'REFERENTIEL_INDICATEURS') }}
{%- endmacro %}

{# The same, with all that the rows of these depend on: their terms, weights, keys and counts (`partial.LINKS`). #}
{% macro et_lus(colonne) -%}
    {{ et_parmi(colonne, 'REFERENTIEL_INDICATEURS_LUS') }}
{%- endmacro %}

{# The same of the name of a measure: those that feed what `et_lus` keeps. #}
{% macro et_mesures_lues(colonne) -%}
    {{ et_parmi(colonne, 'REFERENTIEL_MESURES_LUES') }}
{%- endmacro %}

{# dbt reads a file again whenever a setting differs that it met while parsing: it meets none. #}
{% macro et_parmi(colonne, reglage) -%}
    {%- set parmi = env_var(reglage, '').split() if execute else [] -%}
    {%- if parmi %} and {{ colonne }} in ('{{ parmi | join("', '") }}'){% endif -%}
{%- endmacro %}

{# The condition of `et_refaits` for a test of any table: none where the table is made again whole. #}
{% macro et_refaits_de(table) -%}
    {%- if execute and env_var('REFERENTIEL_INDICATEURS', '') -%}
        {%- set noeud = graph.nodes.values() | selectattr('relation_name', 'equalto', table | string) | first -%}
        {%- if noeud and noeud.config.materialized == 'par_indicateur' -%}
            {{ et_refaits(noeud.config.get('meta', {}).get('colonne_indicateur', 'indicateur')) }}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}
