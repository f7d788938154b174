-- A row is a region of today only if both its code and its label say so (`22` was Picardie). The regions that did not change in 2016
-- stand twice in the sheet, once in each list: the first is kept.
with lignes as (
    select
        i.*,
        r.code_region as region_actuelle,
        {{ cle_libelle('i.libelle') }} as cle,
        row_number() over (partition by i.livraison, i.mesure, i.libelle, i.code_region, i.periode order by i.ligne) as rang
    from {{ ref('stg_dares__interim') }} as i
    left join {{ en_vigueur('stg_insee__cog_regions') }} as r
        on i.code_region = r.code_region and {{ cle_libelle('i.libelle') }} = {{ cle_libelle('r.libelle') }}
)

select
    'dares__interim' as source,
    mesure,
    case when region_actuelle is null then 'FRANCE' else 'REG' end as type_territoire,
    case when region_actuelle is not null then region_actuelle when cle = 'FRANCEENTIERE' then 'F' else 'FM' end as code_territoire,
    {{ cog_courant() }} as cog,
    periode,
    '_T' as modalite,
    valeur,
    cast(null as string) as systeme,
    cast(null as string) as marque_producteur,
    livraison,
    ligne
from lignes
where rang = 1 and (region_actuelle is not null or cle in ('FRANCEENTIERE', 'FRANCEMETROPOLITAINE'))
