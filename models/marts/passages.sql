{% set colonnes = 'cog_source, code_source, cog_cible, code_cible, poids, nature, cle, motif' %}
select {{ colonnes }} from {{ ref('int_passages') }}
union all
select {{ colonnes }} from {{ ref('int_passages_croises') }}
