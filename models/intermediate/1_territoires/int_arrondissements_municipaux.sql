-- Some producers list the 45 arrondissements of Paris, Lyon and Marseille instead of the three communes.
select
    code_commune as code_arrondissement_municipal,
    code_commune_parente as code_commune
from {{ en_vigueur('stg_insee__cog_communes') }}
where type_commune = 'ARM'
