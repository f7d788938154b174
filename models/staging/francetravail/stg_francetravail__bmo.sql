-- `*` covers a number below the producer's threshold: it is a mark, never a zero. The code of a bassin is NOT that of a zone d'emploi.
select
    annee as periode,
    {{ colonne('Code métier BMO') }} as code_metier,
    Famille_met as famille,
    REG as code_region,
    Dept as code_departement,
    code_bassin,
    libelle_bassin,
    case when met <> '*' then {{ nombre('met') }} end as projets,
    case when xmet <> '*' then {{ nombre('xmet') }} end as difficiles,
    case when smet <> '*' then {{ nombre('smet') }} end as saisonniers,
    case when met = '*' then met end as marque_projets,
    case when xmet = '*' then xmet end as marque_difficiles,
    case when smet = '*' then smet end as marque_saisonniers,
    _livraison as livraison,
    _ligne as ligne
from {{ source('landing', 'francetravail__bmo') }}
