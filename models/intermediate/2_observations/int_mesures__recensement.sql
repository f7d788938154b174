-- The census, dataset by dataset, and three sums of classes that the producer gives apart: unknown as soon as one class is.
{% set sommes = {
    'population_65_plus': ('rp_population', 'population', ['age:65-79', 'age:80-plus']),
    'diplomes_superieur': ('rp_diplomes', 'non_scolarises', ['diplome:bac-plus-2', 'diplome:bac-plus-3-4', 'diplome:bac-plus-5'])
} %}
with publiees as (
    {{ mesures_insee(melodi=[
        'rp_population', 'rp_actifs', 'rp_conditions_emploi', 'rp_emplois', 'rp_emplois_secteurs', 'rp_navettes', 'rp_logements',
        'rp_familles', 'rp_diplomes'
    ]) }}
),

parts as (
    {% for somme, (jeu, mesure, modalites) in sommes.items() %}
        select
            *,
            '{{ somme }}' as somme,
            {{ modalites | length }} as attendues
        from publiees
        where
            source = 'insee__{{ jeu }}' and mesure = '{{ mesure }}'
            and modalite in ('{{ modalites | join("', '") }}')
        union all
    {% endfor %}
    -- those who work elsewhere: in the département, in the region, in another one, overseas or abroad
    select
        *,
        'sortants' as somme,
        4 as attendues
    from publiees
    where source = 'insee__rp_navettes' and mesure like 'sortants_%'
),

sommes as (
    select
        source,
        somme as mesure,
        type_territoire,
        code_territoire,
        cog,
        periode,
        '_T' as modalite,
        case when count(valeur) = max(attendues) then round(sum(valeur), 6) end as valeur,
        max(systeme) as systeme,
        case
            when count(valeur) = max(attendues) then max(case when marque_producteur in ('P', 'E', 'U') then marque_producteur end)
            else max(case when valeur is null then marque_producteur end)
        end as marque_producteur,
        livraison,
        min(ligne) as ligne
    from parts
    group by source, somme, type_territoire, code_territoire, cog, periode, livraison
)

select
    *,
    'publiee' as methode,
    cast(null as string) as motif
from publiees
union all
select
    *,
    'agregee' as methode,
    case when valeur is null then 'Une des classes à réunir n''a pas de chiffre.' end as motif
from sommes
