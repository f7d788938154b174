-- A photograph of what was asked for since the start of the epidemic, dated by its month. The producer gives no total: it is the sum of
-- the 17 sectors when all are there, else NULL (an absent sector may be hidden).
with valeurs as (
    select
        m.mesure,
        a.code_departement,
        a.secteur,
        cast(year(a.mise_a_jour) as string) || '-' || lpad(cast(month(a.mise_a_jour) as string), 2, '0') as periode,
        case m.mesure
            when 'demandes' then a.demandes when 'salaries' then a.salaries when 'heures' then a.heures else a.etablissements
        end as valeur,
        a.livraison,
        a.ligne
    from {{ ref('stg_dares__activite_partielle_departements') }} as a
    cross join (values ('demandes'), ('salaries'), ('heures'), ('etablissements')) as m (mesure)
)

select
    'dares__activite_partielle_departements' as source,
    mesure,
    'DEP' as type_territoire,
    code_departement as code_territoire,
    {{ cog_courant() }} as cog,
    periode,
    'secteur_a17:' || secteur as modalite,
    valeur,
    cast(null as string) as systeme,
    cast(null as string) as marque_producteur,
    'publiee' as methode,
    cast(null as string) as motif,
    livraison,
    ligne
from valeurs
union all
select
    'dares__activite_partielle_departements',
    mesure,
    'DEP',
    code_departement,
    {{ cog_courant() }},
    periode,
    '_T',
    case when count(valeur) = 17 then sum(valeur) end,
    null,
    null,
    'agregee',
    case when count(valeur) < 17 then 'Total incomplet : ' || count(valeur) || ' secteurs reçus sur 17.' end,
    livraison,
    min(ligne)
from valeurs
group by mesure, code_departement, periode, livraison
