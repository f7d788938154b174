{# The INSEE code of the region served: the only thing that says which region a release is about. #}
{% macro region() -%}
    '{{ env_var("REFERENTIEL_REGION", "28") }}'
{%- endmacro %}

{# The COG in which the release speaks: that of the newest commune list and movement file pulled. #}
{% macro cog_courant() -%}
    {{ var('cog_courant') }}
{%- endmacro %}

{# Type of territory from a REF_AREA of BDM or Webstat (`R28`, `D14`, `FM`, `FE`, `FR`, `FR-D976`), and its code below. #}
{% macro type_ref_area(a) -%}
    case
        when {{ a }} in ('FE', 'FR', 'FR-D976', 'FM') then 'FRANCE'
        when {{ a }} like 'R__' then 'REG'
        when {{ a }} like 'D__' or {{ a }} like 'D97_' then 'DEP'
    end
{%- endmacro %}

{% macro code_ref_area(a) -%}
    case
        when {{ a }} in ('FE', 'FR', 'FR-D976') then 'F'
        when {{ a }} = 'FM' then 'FM'
        else substr({{ a }}, 2)
    end
{%- endmacro %}
