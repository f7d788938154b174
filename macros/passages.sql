{# The links between communes of two geographies, from the élits that they share. `elements` is a CTE or relation of
   (cog_source, code_source, cog_cible, code_cible, elit), whole for each source commune. A part weighs the population of its élits.
   Where a census shows an élit only among others, the weight is known only if they travel together. #}
{% macro passages_des_elits(elements) -%}
    effectifs_communes as (
        select
            cog,
            code_commune,
            count(*) as nombre
        from {{ ref('int_elits_communes') }}
        group by cog, code_commune
    ),

    ponderes as (
        select
            e.*,
            p.population,
            p.population_moyenne,
            -- the others of its census group that share both ends
            count(*) over (
                partition by
                    e.cog_source, e.code_source, e.cog_cible, e.code_cible, coalesce(p.code_population, e.elit), p.cog_population
            ) as nombre_ensemble,
            p.nombre_groupe
        from {{ elements }} as e
        inner join {{ ref('int_elits') }} as p on e.elit = p.elit
    ),

    liens as (
        select
            cog_source,
            code_source,
            cog_cible,
            code_cible,
            count(*) as nombre_elits,
            case
                when
                    count(case when population is not null or nombre_ensemble = nombre_groupe then population_moyenne end) = count(*)
                    -- decimals: a sum of doubles depends on the order in which the rows come
                    then
                        sum(
                            cast(
                                case when nombre_ensemble = nombre_groupe then population_moyenne else population end
                                as decimal(28, 9)
                            )
                        )
            end as masse
        from ponderes
        group by cog_source, code_source, cog_cible, code_cible
    ),

    compares as (
        select
            l.*,
            count(*) over (partition by l.cog_source, l.code_source, l.cog_cible) as nombre_cibles,
            count(l.masse) over (partition by l.cog_source, l.code_source, l.cog_cible) as nombre_masses,
            sum(l.masse) over (partition by l.cog_source, l.code_source, l.cog_cible) as masse_source,
            b.nombre as nombre_elits_cible
        from liens as l
        inner join effectifs_communes as b on l.cog_cible = b.cog and l.code_cible = b.code_commune
    )

    select
        cast(cog_source as integer) as cog_source,
        code_source,
        cast(cog_cible as integer) as cog_cible,
        code_cible,
        case
            when nombre_cibles = 1 then cast(1 as double)
            when nombre_masses = nombre_cibles and masse_source > 0 then cast(masse as double) / cast(masse_source as double)
        end as poids,
        case
            when nombre_cibles > 1 then 'scission'
            when nombre_elits_cible > nombre_elits then 'fusion'
            when code_source <> code_cible then 'recodage'
            else 'identite'
        end as nature,
        'population' as cle,
        case
            when nombre_cibles > 1 and not (nombre_masses = nombre_cibles and masse_source > 0)
                then 'Aucun recensement reçu ne donne la population des parties de cette commune.'
        end as motif
    from compares
{%- endmacro %}
