{# Schemas are named by the project alone (`main`, `staging`, ...), never prefixed by the target: what analysts type must not
   depend on who built it. #}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ custom_schema_name if custom_schema_name else target.schema }}
{%- endmacro %}
