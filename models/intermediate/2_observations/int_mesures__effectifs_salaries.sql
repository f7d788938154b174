select
    'urssaf__effectifs_salaries' as source,
    'effectifs_salaries' as mesure,
    u.type_territoire,
    coalesce(a.code_commune, u.code_territoire) as code_territoire,
    u.millesime_cog as cog,
    u.periode,
    '_T' as modalite,
    sum(u.effectifs_salaries) as valeur,
    cast(null as string) as systeme,
    cast(null as string) as marque_producteur,
    u.livraison,
    min(u.ligne) as ligne
from {{ ref('stg_urssaf__effectifs_salaries') }} as u
left join {{ ref('int_arrondissements_municipaux') }} as a
    on u.type_territoire = 'COM' and u.code_territoire = a.code_arrondissement_municipal
group by u.type_territoire, coalesce(a.code_commune, u.code_territoire), u.millesime_cog, u.periode, u.livraison
