-- Levels are mixed, with labels as codes (`DOM` is no level of ours). Sex and age come in one heading: `Femmes-0 à 19 ans`.
select
    case when length(trim(code)) <= 3 and trim(code) <> 'DOM' then 'DEP' else 'FRANCE' end as type_territoire,
    case
        when trim(code) = 'France métropolitaine' then 'FM'
        when trim(code) = 'France métropolitaine et DOM' then 'F'
        else trim(code)
    end as code_territoire,
    annee as periode,
    case split_part(sexe_age, '-', 1) when 'Ensemble' then '_T' when 'Hommes' then 'M' when 'Femmes' then 'F' end as sexe,
    case split_part(sexe_age, '-', 2)
        when 'Total' then '_T'
        when '0 à 19 ans' then '0-19'
        when '20 à 39 ans' then '20-39'
        when '40 à 59 ans' then '40-59'
        when '60 à 74 ans' then '60-74'
        when '75 ans et plus' then '75-plus'
    end as age,
    {{ nombre('valeur') }} as valeur,
    _livraison as livraison,
    _ligne as ligne
from {{ source('landing', 'insee__estimations_population') }}
where trim(code) <> 'DOM'
