{{ config(materialized='par_indicateur') }}
-- Which printed totals can be kept. Two hidden cells that lie in the same kept totals cannot be told apart, whatever sums and differences
-- are made: so no hidden cell may end up alone. From the largest level to the smallest, the cells are sorted into classes (same zones at
-- every larger level); a total that leaves a cell alone in its class is given up; if what remains of the class is one cell, its smallest
-- neighbour is given up too; and once that happened in a class, no finer total of it is kept. Cells of one group count for one, since
-- their sum is a secret too. A level not listed here is never kept.
{% set niveaux = [
    'FRANCE-F', 'FRANCE-FM', 'REG', 'DEP', 'EPCI', 'ZE2020', 'ARR', 'BV2022', 'AAV2020', 'UU2020', 'CAN', 'PROJET'
] %}
{% set serie = 'indicateur, periode, modalite' %}
with totaux as (
    select
        {{ serie }},
        cellule,
        niveau,
        code_territoire as zone,
        max(groupe) as groupe,
        max(est_protegee) as est_protegee,
        max(est_etroit) as est_etroit
    from {{ ref('int_secret_totaux') }}
    group by {{ serie }}, cellule, niveau, code_territoire
),

larges as (
    select
        {{ serie }},
        cellule,
        max(groupe) as groupe,
        max(est_protegee) as est_protegee,
        {% for niveau in niveaux %}
            max(case when niveau = '{{ niveau }}' then zone end) as zone_{{ loop.index }},
            max(case when niveau = '{{ niveau }}' then est_etroit else 0 end) as etroit_{{ loop.index }}{% if not loop.last %},{% endif %}
        {% endfor %}
    from totaux
    group by {{ serie }}, cellule
),

etages as (
    {% for niveau in niveaux %}
        select
            {{ serie }},
            cellule,
            groupe,
            est_protegee,
            {{ loop.index }} as rang_niveau,
            '{{ niveau }}' as niveau,
            zone_{{ loop.index }} as zone,
            etroit_{{ loop.index }} as est_etroit,
            -- the zones of the cell at every larger level: empty as long as no total covers it
            concat(
                {% for n in range(1, loop.index) %}
                    coalesce('{{ n }}:' || zone_{{ n }} || '/', ''),
                {% endfor %}
                ''
            ) as classe
        from larges
        {% if not loop.last %} union all {% endif %}
    {% endfor %}
),

mesures as (
    select
        *,
        count(*) over (partition by {{ serie }}, niveau, classe, zone) as taille,
        min(groupe) over (partition by {{ serie }}, niveau, classe, zone) as premier_groupe,
        max(groupe) over (partition by {{ serie }}, niveau, classe, zone) as dernier_groupe
    from etages
),

isolees as (
    select
        *,
        max(case when zone is not null and est_protegee = 1 and (premier_groupe = dernier_groupe or est_etroit = 1) then 1 else 0 end)
            over (partition by {{ serie }}, niveau, zone) as isole
    from mesures
),

restes as (
    select
        *,
        min(case when zone is null or isole = 1 then groupe end) over (partition by {{ serie }}, niveau, classe) as premier_restant,
        max(case when zone is null or isole = 1 then groupe end) over (partition by {{ serie }}, niveau, classe) as dernier_restant,
        max(case when (zone is null or isole = 1) and est_protegee = 1 then 1 else 0 end)
            over (partition by {{ serie }}, niveau, classe) as reste_protege,
        max(case when zone is not null then isole else 0 end) over (partition by {{ serie }}, niveau, classe) as a_une_isolee,
        min(case when zone is not null and isole = 0 then lpad(cast(taille as string), 9, '0') || zone end)
            over (partition by {{ serie }}, niveau, classe) as voisine
    from isolees
),

classes as (
    select
        *,
        case when classe <> '' and premier_restant = dernier_restant and reste_protege = 1 then 1 else 0 end as est_seule,
        case
            when classe <> '' and (a_une_isolee = 1 or (premier_restant = dernier_restant and reste_protege = 1)) then 1
            else 0
        end as est_fermee
    from restes
),

jugees as (
    select
        *,
        max(case when est_seule = 1 and voisine = lpad(cast(taille as string), 9, '0') || zone then 1 else 0 end)
            over (partition by {{ serie }}, niveau, zone) as sacrifie,
        coalesce(
            max(est_fermee) over (
                partition by {{ serie }}, cellule order by rang_niveau rows between unbounded preceding and 1 preceding
            ), 0
        ) as etait_fermee
    from classes
)

select
    {{ serie }},
    niveau,
    zone as code_territoire,
    min(case when isole = 0 and sacrifie = 0 and etait_fermee = 0 then 1 else 0 end) as est_garde
from jugees
where zone is not null
group by {{ serie }}, niveau, zone
