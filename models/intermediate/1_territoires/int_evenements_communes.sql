-- Only COM -> COM rows move territory; on one date, code changes (41, 50) come before splits (20, 21), splits before mergers.
with mouvements as (
    select * from {{ en_vigueur('stg_insee__cog_mouvements') }}
),

deplacements as (
    select distinct
        date_effet,
        code_avant,
        code_apres,
        case when modalite_mouvement in (41, 50) then 1 when modalite_mouvement in (20, 21) then 2 else 3 end as ordre
    from mouvements
    where
        type_avant = 'COM' and type_apres = 'COM'
        and modalite_mouvement in (20, 21, 30, 31, 32, 33, 41, 50)
        and date_effet > make_date({{ var('premier_cog') }}, 1, 1)
),

numerotes as (
    select
        *,
        -- COG of year Y holds the events in ]1 January Y-1 ; 1 January Y].
        year(date_effet) + case when month(date_effet) = 1 and day(date_effet) = 1 then 0 else 1 end as cog,
        dense_rank() over (order by date_effet, ordre) as etape,
        count(*) over (partition by date_effet, ordre, code_avant) as nombre_produits,
        count(*) over (partition by date_effet, ordre, code_apres) as nombre_sources
    from deplacements
),

-- The rows COMD -> COM and COMA -> COM of a split name the products that are former communes given back as they were.
anciennes as (
    select distinct
        date_effet,
        code_avant as code
    from mouvements
    where modalite_mouvement in (20, 21) and type_avant in ('COMD', 'COMA') and type_apres = 'COM' and code_avant = code_apres
),

-- ... and only a commune absorbed since the first geography has a territory that we can give back.
absorptions as (
    select
        code_avant as code,
        min(etape) as etape
    from numerotes
    where ordre = 3 and nombre_sources > 1
    group by code_avant
),

qualifies as (
    select
        n.*,
        n.nombre_produits > 1 and a.code is not null and b.etape is not null and b.etape < n.etape as est_retablie
    from numerotes as n
    left join anciennes as a on n.ordre = 2 and n.date_effet = a.date_effet and n.code_apres = a.code
    left join absorptions as b on n.code_apres = b.code
)

select
    cast(etape as integer) as etape,
    date_effet,
    cast(cog as integer) as cog,
    code_avant,
    code_apres,
    case
        when nombre_produits > 1 then 'scission'
        when nombre_sources > 1 then 'fusion'
        else 'recodage'
    end as nature,
    est_retablie,
    cast(sum(case when est_retablie then 0 else 1 end) over (partition by etape, code_avant) as integer) as nombre_libres
from qualifies
