-- The file lists both Paris, Lyon, Marseille and their arrondissements: the latter would double the sums.
select
    'insee__filosofi_communes' as source,
    f.mesure,
    'COM' as type_territoire,
    f.code_commune as code_territoire,
    f.millesime_cog as cog,
    f.periode,
    '_T' as modalite,
    f.valeur,
    'filosofi' as systeme,
    f.marque_producteur,
    f.livraison,
    f.ligne
from {{ ref('stg_insee__filosofi_communes') }} as f
left join {{ ref('int_arrondissements_municipaux') }} as a on f.code_commune = a.code_arrondissement_municipal
where a.code_commune is null
