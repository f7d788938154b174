{# Text of a producer to a number. Decimal comma or point, thin or plain spaces between thousands. An unknown token makes the cast,
   and so the build, fail: nothing is silently dropped (rule 5). Marks such as `s` are handled before, by the staging model that
   knows them. #}
{% macro nombre(colonne) -%}
    cast(nullif(replace(replace(trim({{ colonne }}), ' ', ''), ',', '.'), '') as double)
{%- endmacro %}

{# A label reduced to its bare letters, to compare `GRAND-EST`, `Grand Est` and `Provence-Alpes-Côte d'Azur` across producers. #}
{% macro cle_libelle(texte) -%}
    {{ lettres_seules(
        "upper(translate(" ~ texte ~ ", 'àâäéèêëîïôöùûüçÀÂÄÉÈÊËÎÏÔÖÙÛÜÇ', 'aaaeeeeiioouuucAAAEEEEIIOOUUUC'))"
    ) }}
{%- endmacro %}
