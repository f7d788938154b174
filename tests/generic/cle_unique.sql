{# The columns together identify a row, and none of them is NULL. Returns the offending keys. In a partial build the keys of a table of one
   row per figure are looked at where its rows were made again. #}
{% test cle_unique(model, colonnes) %}
select
    {{ colonnes | join(', ') }},
    count(*) as nombre
from {{ model }}
where true{{ et_refaits_de(model) }}
group by {{ colonnes | join(', ') }}
having
    count(*) > 1
    {% for colonne in colonnes %} or {{ colonne }} is null {% endfor %}
{% endtest %}
