-- Two scopes for one quarter cannot be told apart without knowing their words: then there is no figure, and the reason is said.
with trimestres as (
    select
        livraison,
        periode,
        count(*) as nombre_champs,
        max(emplois_vacants) as emplois_vacants,
        max(taux) as taux,
        min(ligne) as ligne
    from {{ ref('stg_dares__emplois_vacants') }}
    group by livraison, periode
)

select
    'dares__emplois_vacants' as source,
    m.mesure,
    'FRANCE' as type_territoire,
    'F' as code_territoire,
    {{ cog_courant() }} as cog,
    t.periode,
    '_T' as modalite,
    case when t.nombre_champs = 1 then case m.mesure when 'nombre' then t.emplois_vacants else t.taux end end as valeur,
    cast(null as string) as systeme,
    cast(null as string) as marque_producteur,
    'publiee' as methode,
    case when t.nombre_champs > 1 then 'Plusieurs champs pour ce trimestre : à départager.' end as motif,
    t.livraison,
    t.ligne
from trimestres as t
cross join (values ('nombre'), ('taux')) as m (mesure)
