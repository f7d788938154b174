select
    'insee__populations_communes' as source,
    m.mesure,
    'COM' as type_territoire,
    coalesce(a.code_commune, p.code_commune) as code_territoire,
    p.millesime_cog as cog,
    cast(p.annee_recensement as string) as periode,
    '_T' as modalite,
    sum(
        case m.mesure
            when 'PMUN' then p.population_municipale when 'PCAP' then p.population_comptee_a_part
            when 'PTOT' then p.population_totale
        end
    ) as valeur,
    cast(null as string) as systeme,
    cast(null as string) as marque_producteur,
    p.livraison,
    min(p.ligne) as ligne
from {{ ref('stg_insee__populations_communes') }} as p
left join {{ ref('int_arrondissements_municipaux') }} as a on p.code_commune = a.code_arrondissement_municipal
cross join (
    select 'PMUN' as mesure
    union all
    select 'PCAP'
    union all
    select 'PTOT'
) as m
group by m.mesure, coalesce(a.code_commune, p.code_commune), p.millesime_cog, p.annee_recensement, p.livraison
