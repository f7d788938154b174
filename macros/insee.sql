{# What Insee's datasets share. A staging model names what it keeps in one column, `cellule`: the measure, a bar, the breakdown. #}

{# The mark of an observation of Melodi: whatever is not free to publish first, then the status. #}
{% macro marque_melodi(statut='OBS_STATUS') -%}
    coalesce(nullif(CONF_STATUS, 'F'), {{ statut }})
{%- endmacro %}

{# The columns common to all datasets of Melodi. GEO carries its vintage: `2025-COM-14118`. A value under a mark that says that there
   is none is no value, whatever is written beside the mark. `mult`: column of the power of ten; `unite`: power of ten of our unit. #}
{% macro colonnes_melodi(mult=none, unite=0, statut='OBS_STATUS') -%}
    cast(split_part(GEO, '-', 1) as integer) as millesime_cog,
    split_part(GEO, '-', 2) as type_territoire,
    split_part(GEO, '-', 3) as code_territoire,
    TIME_PERIOD as periode,
    split_part(cellule, '|', 1) as mesure,
    split_part(cellule, '|', 2) as modalite,
    case
        when coalesce({{ marque_melodi(statut) }}, 'A') in ('C', 'N', 'Q', 'L', 'M', 'O', 'K') then null
        {% if mult -%}
            else round({{ nombre('OBS_VALUE_NIVEAU') }} * power(10, cast({{ mult }} as integer) - {{ unite }}), 6)
        {%- else -%}
            else {{ nombre('OBS_VALUE_NIVEAU') }}
        {%- endif %}
    end as valeur,
    {{ marque_melodi(statut) }} as marque_producteur,
    _livraison as livraison,
    _ligne as ligne
{%- endmacro %}

{# The columns common to the flows of the BDM, whose figures are in today's geography. #}
{% macro colonnes_bdm(unite=0) -%}
    {{ cog_courant() }} as millesime_cog,
    {{ type_ref_area('REF_AREA') }} as type_territoire,
    {{ code_ref_area('REF_AREA') }} as code_territoire,
    {{ periode_sdmx('TIME_PERIOD') }} as periode,
    split_part(cellule, '|', 1) as mesure,
    split_part(cellule, '|', 2) as modalite,
    case
        when OBS_STATUS in ('Q', 'O') then null
        else round({{ nombre('OBS_VALUE') }} * power(10, cast(UNIT_MULT as integer) - ({{ unite }})), 6)
    end as valeur,
    OBS_STATUS as marque_producteur,
    _livraison as livraison,
    _ligne as ligne
{%- endmacro %}

{# Regions, départements and one France: a flow may give several Frances, which would share a code. #}
{% macro zone_bdm(france) -%}
    (REF_AREA = '{{ france }}' or REF_AREA like 'R__' or REF_AREA like 'D__' or REF_AREA like 'D97_')
{%- endmacro %}

{# The measures of several datasets of Insee, in the shape common to all producers. #}
{% macro mesures_insee(melodi=[], bdm=[], systemes={}) -%}
    {% for jeu in melodi + bdm %}
        select
            'insee__{{ jeu }}' as source,
            mesure,
            type_territoire,
            code_territoire,
            millesime_cog as cog,
            periode,
            modalite,
            valeur,
            '{{ systemes.get(jeu, 'bdm' if jeu in bdm else 'melodi') }}' as systeme,
            marque_producteur,
            livraison,
            ligne
        from {{ ref('stg_insee__' ~ jeu) }}
        {% if not loop.last %}union all{% endif %}
    {% endfor %}
{%- endmacro %}
