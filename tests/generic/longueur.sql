{# A code has the length that its nomenclature gives it: a lost leading zero shows here. #}
{% test longueur(model, column_name, caracteres) %}
select *
from {{ model }}
where length({{ column_name }}) <> {{ caracteres }}
{% endtest %}
