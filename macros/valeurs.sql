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

{# True when two rows say the same in all of these columns, a blank being like a blank. `suffixe`: of the columns of the second. #}
{% macro disent_pareil(colonnes, premier, second, suffixe='') -%}
    {%- set egalites = [] -%}
    {%- for colonne in colonnes -%}
        {%- do egalites.append(premier ~ colonne ~ ' is not distinct from ' ~ second ~ colonne ~ suffixe) -%}
    {%- endfor -%}
    ({{ egalites | join(' and ') }})
{%- endmacro %}
