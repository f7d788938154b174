-- Sums over APE asked from the portal for each level (the partition) and sector. Commune codes are those of the COG 2021, with the
-- arrondissements of Paris, Lyon and Marseille. An empty year is a place without employer in that sector that year.
select
    case _partition
        when 'commune' then 'COM' when 'zone_emploi' then 'ZE2020' when 'departement' then 'DEP' when 'region' then 'REG'
        when 'france' then 'FRANCE'
    end as type_territoire,
    code as code_territoire,
    {{ grand_secteur('grand_secteur_d_activite') }} as secteur,
    case when champ like 'effectifs%' then 'effectifs' else 'etablissements' end as mesure,
    substr(champ, length(champ) - 3) as periode,
    2021 as millesime_cog,
    {{ nombre('nombre') }} as valeur,
    _livraison as livraison,
    _ligne as ligne
from {{ source('landing', 'urssaf__effectifs_secteurs') }}
where nombre is not null
