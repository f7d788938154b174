{# The models that hold one row per figure and never mix indicators but by the links of the dictionary are materialized `par_indicateur`.

   In a whole build they are tables like the others. In a partial build of which publish/partial.py says that it is sure, the environment names
   the indicators that a changed source touches (REFERENTIEL_INDICATEURS, separated by spaces): their rows are taken out of the table and made
   again by the very SQL of the model; the rows of the other indicators stay as the last build left them. The engine carries the condition on
   the indicator down to what the model reads, so the work is that of the touched indicators.

   A model may use it when the row of an indicator depends on no row of another one, but those that `partial.LINKS` follows. The column that
   names the indicator is `indicateur`, or that of `meta.colonne_indicateur`. The compiled SQL of the models of which au() is made stays the whole
   one; a model behind them may use `et_refaits` where it reads the rows of its own indicator only, and the engine does not see that. #}
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
    {%- set condition = colonne ~ " in ('" ~ refaits | join("', '") ~ "')" -%}
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

{# A condition on the indicator in a partial build; none in a whole one. dbt reads the file again whenever a setting differs that it met while
   parsing: it meets none. #}
{% macro et_refaits(colonne) -%}
    {%- set refaits = env_var('REFERENTIEL_INDICATEURS', '').split() if execute else [] -%}
    {%- if refaits %} and {{ colonne }} in ('{{ refaits | join("', '") }}'){% endif -%}
{%- endmacro %}
