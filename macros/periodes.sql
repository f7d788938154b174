{# Periods are text in three forms: `2023` (A), `2023-T3` (T), `2023-09` (M). These macros are the only place that knows it. #}

{% macro frequence_periode(p) -%}
    case when length({{ p }}) = 4 then 'A' when {{ p }} like '%-T%' then 'T' else 'M' end
{%- endmacro %}

{# Order number of a period within its frequency: two periods `n` apart differ by `n`. #}
{% macro rang_periode(p) -%}
    case
        when length({{ p }}) = 4 then cast({{ p }} as integer)
        when {{ p }} like '%-T%' then cast(substr({{ p }}, 1, 4) as integer) * 4 + cast(substr({{ p }}, 7, 1) as integer)
        else cast(substr({{ p }}, 1, 4) as integer) * 12 + cast(substr({{ p }}, 6, 2) as integer)
    end
{%- endmacro %}

{% macro debut_periode(p) -%}
    case
        when length({{ p }}) = 4 then make_date(cast({{ p }} as integer), 1, 1)
        when {{ p }} like '%-T%'
            then make_date(cast(substr({{ p }}, 1, 4) as integer), cast(substr({{ p }}, 7, 1) as integer) * 3 - 2, 1)
        else make_date(cast(substr({{ p }}, 1, 4) as integer), cast(substr({{ p }}, 6, 2) as integer), 1)
    end
{%- endmacro %}

{% macro fin_periode(p) -%}
    case
        when length({{ p }}) = 4 then make_date(cast({{ p }} as integer), 12, 31)
        when {{ p }} like '%-T%'
            then last_day(make_date(cast(substr({{ p }}, 1, 4) as integer), cast(substr({{ p }}, 7, 1) as integer) * 3, 1))
        else last_day(make_date(cast(substr({{ p }}, 1, 4) as integer), cast(substr({{ p }}, 6, 2) as integer), 1))
    end
{%- endmacro %}

{# SDMX `2023-Q3` to the house's `2023-T3`. #}
{% macro periode_sdmx(p) -%}
    replace({{ p }}, '-Q', '-T')
{%- endmacro %}

{# How many periods make a year, from a frequency code. #}
{% macro periodes_par_an(f) -%}
    case {{ f }} when 'A' then 1 when 'T' then 4 when 'S' then 2 else 12 end
{%- endmacro %}
