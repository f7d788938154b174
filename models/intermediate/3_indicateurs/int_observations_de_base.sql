-- What ratios and evolutions are computed from: published first, then complete sums.
select
    indicateur,
    type_territoire,
    code_territoire,
    periode,
    modalite,
    valeur,
    statut,
    confidentialite,
    marque_producteur,
    methode,
    motif,
    case when valeur is not null then cast(1 as double) end as couverture,
    cog,
    livraison,
    publie_le
from {{ ref('int_observations_publiees') }}
union all
select
    indicateur,
    type_territoire,
    code_territoire,
    periode,
    modalite,
    valeur,
    statut,
    confidentialite,
    marque_producteur,
    methode,
    motif,
    couverture,
    cog,
    livraison,
    publie_le
from {{ ref('int_observations_agregees') }}
union all
select
    indicateur,
    type_territoire,
    code_territoire,
    periode,
    modalite,
    valeur,
    statut,
    confidentialite,
    marque_producteur,
    methode,
    motif,
    couverture,
    cog,
    livraison,
    publie_le
from {{ ref('int_observations_regionales') }}
