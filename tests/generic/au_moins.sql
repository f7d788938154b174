{# The model has at least so many rows: an empty source must not pass for a quiet one. #}
{% test au_moins(model, lignes) %}
select count(*) as nombre
from {{ model }}
having count(*) < {{ lignes }}
{% endtest %}
