-- ETU: region of the establishment that uses the workers (where they work); ETT: region of the agency. Rows below `regions` are the
-- regions before 2016, whose codes overlap today's: only France and the regions of today are kept, by code AND label in the next layer.
select
    case
        when _feuille like 'Intérimaires%' then 'interimaires' when _feuille like 'ETP%' then 'etp'
    end || case when _feuille like '%ETU' then '_etu' else '_ett' end as mesure,
    trim(libelle) as libelle,
    case when code is null then null else lpad(code, 2, '0') end as code_region,
    periode,
    case when lower(trim(libelle)) <> 'regions' then {{ nombre('valeur') }} end as valeur,
    _livraison as livraison,
    _ligne as ligne
from {{ source('landing', 'dares__interim') }}
-- a second header stands in the middle of the sheet
where lower(trim(libelle)) <> 'regions'
