{{ config(materialized='par_indicateur') }}
-- What every producer says today: the open version of each figure. A figure that did not change belongs to the last delivery that
-- repeats it.
select
    v.indicateur,
    v.type_territoire,
    v.code_territoire,
    v.cog,
    v.periode,
    v.modalite,
    v.valeur,
    v.statut,
    v.confidentialite,
    v.marque_producteur,
    v.methode,
    v.motif,
    v.n_unites,
    v.part_max,
    v.priorite,
    v.correction,
    v.source,
    v.partie,
    l.livraison,
    l.publie_le,
    l.connu_le
from {{ ref('int_observations_versions') }} as v
inner join {{ ref('int_versions_livraisons') }} as l
    on v.source = l.source and v.partie is not distinct from l.partie and l.est_en_vigueur
where v.connu_jusqua is null and not v.est_retrait
