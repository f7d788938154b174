select
    code_commune,
    libelle,
    code_departement,
    code_region,
    code_arrondissement
from {{ en_vigueur('stg_insee__cog_communes') }}
where type_commune = 'COM'
