-- Sums over APE asked from the portal for four levels (the partition). Commune codes are those of the COG 2021, with the
-- arrondissements of Paris, Lyon and Marseille. An empty year is a commune without any employer that year, not a hidden figure: a test
-- checks that the communes left add up to the producer's total of France, to the unit.
select
    case _partition
        when 'commune' then 'COM' when 'zone_emploi' then 'ZE2020' when 'departement' then 'DEP' when 'region' then 'REG'
        when 'france' then 'FRANCE'
    end as type_territoire,
    case _partition when 'france' then 'F' else code end as code_territoire,
    annee as periode,
    2021 as millesime_cog,
    {{ nombre('effectifs_salaries') }} as effectifs_salaries,
    _livraison as livraison,
    _ligne as ligne
from {{ source('landing', 'urssaf__effectifs_salaries') }}
where effectifs_salaries is not null
