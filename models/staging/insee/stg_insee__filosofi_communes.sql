-- One row per commune and measure. The suffix of the producer's columns is the year of income (`MED21`); `s` is statistical secrecy.
-- Rates from 0 to 5 and from 95 to 100 are printed 5 and 95: the mark keeps it, so that nobody ranks them.
{% set mesures = [
    'NBMENFISC', 'NBPERSMENFISC', 'MED', 'PIMP', 'TP60', 'PACT', 'PTSA', 'PCHO', 'PBEN', 'PPEN', 'PPAT', 'PPSOC', 'PPFAM', 'PPMINI',
    'PPLOGT', 'PIMPOT', 'D1', 'D9', 'RD'
] %}
with mesures as (
    {% for mesure in mesures %}
        select
            CODGEO as code_commune,
            _partition as annee,
            '{{ mesure }}' as mesure,
            {{ mesure }}21 as valeur_recue,
            _livraison as livraison,
            _ligne as ligne
        from {{ source('landing', 'insee__filosofi_communes') }}
        {% if not loop.last %}union all{% endif %}
    {% endfor %}
)

select
    code_commune,
    annee as periode,
    -- The file of income 2021 lists the communes of the COG 2024.
    cast(annee as integer) + 3 as millesime_cog,
    mesure,
    case when valeur_recue in ('s', 'nd', 'ns') then null else {{ nombre('valeur_recue') }} end as valeur,
    case
        when valeur_recue in ('s', 'nd', 'ns') then valeur_recue
        when mesure in ('TP60', 'PIMP') and valeur_recue in ('5', '5,0') then '5 ou moins'
        when mesure in ('TP60', 'PIMP') and valeur_recue in ('95', '95,0') then '95 ou plus'
    end as marque_producteur,
    livraison,
    ligne
from mesures
