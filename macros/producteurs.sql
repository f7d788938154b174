{# Words of producers that several of their datasets share. A word that nobody taught us gives NULL: a not_null test stops the build. #}

{# The breakdown of a row of the DARES: sex and age are never crossed, so one of them is always `Total`. #}
{% macro modalite_dares(sexe, age) -%}
    case
        when {{ sexe }} = 'Total' and {{ age }} = 'Total' then '_T'
        when {{ sexe }} = 'Hommes' and {{ age }} = 'Total' then 'sexe:M'
        when {{ sexe }} = 'Femmes' and {{ age }} = 'Total' then 'sexe:F'
        when {{ sexe }} = 'Total' and {{ age }} = 'Moins de 25 ans' then 'age:0-24'
        when {{ sexe }} = 'Total' and {{ age }} = 'De 25 à 49 ans' then 'age:25-49'
        when {{ sexe }} = 'Total' and {{ age }} = '50 ans et plus' then 'age:50-plus'
    end
{%- endmacro %}

{# `GS1 Industrie` of the Urssaf to a modality. Read by its words: only the number of some is known for sure. #}
{% macro grand_secteur(x) -%}
    case
        when {{ x }} = '_calage_' then 'grand_secteur:calage'
        when {{ x }} like 'nca%' then 'grand_secteur:nca'
        when {{ x }} like 'GS_ Industrie' then 'grand_secteur:industrie'
        when {{ x }} like 'GS_ Construction' then 'grand_secteur:construction'
        when {{ x }} like 'GS_ Commerce' then 'grand_secteur:commerce'
        when {{ x }} like 'GS_ H_tellerie%restauration' then 'grand_secteur:hotellerie-restauration'
        when {{ x }} like 'GS_ Autres services marchands%' then 'grand_secteur:services-marchands'
        when {{ x }} like 'GS_ Int_rim' then 'grand_secteur:interim'
        when {{ x }} like 'GS_ Services non marchands' then 'grand_secteur:services-non-marchands'
    end
{%- endmacro %}
