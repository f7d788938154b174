{# The rows of a staging model that belong to the delivery in force of their source (and of their partition). #}
{% macro en_vigueur(modele) -%}
    (
        select m.*
        from {{ ref(modele) }} as m
        inner join {{ ref('stg_extraction__livraisons') }} as l on m.livraison = l.livraison
        where l.est_en_vigueur
    )
{%- endmacro %}
