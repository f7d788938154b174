-- EPV rows that a human should look at: region not recognised, SIRET that was short, the same SIRET twice.
select
    e.siret,
    e.libelle_region,
    e.date_fin_labellisation,
    case
        when r.code_region is null then 'région non reconnue'
        when e.siret like '0%' then 'zéro de tête rétabli'
        else 'SIRET en double'
    end as constat,
    e.livraison,
    e.ligne
from {{ en_vigueur('stg_economie__epv') }} as e
left join {{ en_vigueur('stg_insee__cog_regions') }} as r on {{ cle_libelle('e.libelle_region') }} = {{ cle_libelle('r.libelle') }}
where
    r.code_region is null or e.siret like '0%'
    or e.siret in (
        select siret from {{ en_vigueur('stg_economie__epv') }}
        group by siret
        having count(*) > 1
    )
