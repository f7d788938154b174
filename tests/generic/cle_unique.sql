{# The columns together identify a row, and none of them is NULL. Returns the offending keys. #}
{% test cle_unique(model, colonnes) %}
select
    {{ colonnes | join(', ') }},
    count(*) as nombre
from {{ model }}
group by {{ colonnes | join(', ') }}
having
    count(*) > 1
    {% for colonne in colonnes %} or {{ colonne }} is null {% endfor %}
{% endtest %}
