-- Only COM -> COM rows move territory; on one date, code changes (41, 50) come before splits (20, 21), splits before mergers.
with mouvements as (
    select distinct
        date_effet,
        code_avant,
        code_apres,
        case when modalite_mouvement in (41, 50) then 1 when modalite_mouvement in (20, 21) then 2 else 3 end as ordre,
        -- COG of year Y holds the events in ]1 January Y-1 ; 1 January Y].
        year(date_effet) + case when month(date_effet) = 1 and day(date_effet) = 1 then 0 else 1 end as cog
    from {{ en_vigueur('stg_insee__cog_mouvements') }}
    where
        type_avant = 'COM' and type_apres = 'COM'
        and modalite_mouvement in (20, 21, 30, 31, 32, 33, 41, 50)
        and date_effet > make_date({{ var('premier_cog') }}, 1, 1)
),

numerotes as (
    select
        *,
        dense_rank() over (order by date_effet, ordre) as etape,
        count(*) over (partition by date_effet, ordre, code_avant) as nombre_produits
    from mouvements
),

-- A split shares out by the municipal population of its products in the first census that shows them.
populations as (
    select
        n.etape,
        n.code_avant,
        n.code_apres,
        p.population_municipale,
        row_number() over (partition by n.etape, n.code_avant, n.code_apres order by p.millesime_cog) as rang
    from numerotes as n
    inner join {{ en_vigueur('stg_insee__populations_communes') }} as p
        on n.code_apres = p.code_commune and n.cog <= p.millesime_cog
    where n.nombre_produits > 1
)

select
    n.etape,
    n.date_effet,
    n.cog,
    n.code_avant,
    n.code_apres,
    case
        when n.nombre_produits = 1 then 1.0
        else p.population_municipale / sum(p.population_municipale) over (partition by n.etape, n.code_avant)
    end as poids
from numerotes as n
left join populations as p
    on n.etape = p.etape and n.code_avant = p.code_avant and n.code_apres = p.code_apres and p.rang = 1
