-- Sums made by the portal over the sectors; a sum with an unknown part is unknown.
select
    code_departement,
    case upper(trim(nature_de_contrat)) when 'CDI' then 'nature_contrat:CDI' when 'CDD' then 'nature_contrat:CDD' end as modalite,
    annee || '-T' || trimestre as periode,
    case when parts = parts_connues then {{ nombre('dpae_brut') }} end as dpae,
    nature_de_contrat,
    _livraison as livraison,
    _ligne as ligne
from {{ source('landing', 'urssaf__dpae') }}
