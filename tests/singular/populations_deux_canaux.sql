-- One figure, two channels: Melodi and the insee.fr file give the same municipal population of the same census.
select
    m.indicateur,
    m.type_territoire,
    m.code_territoire,
    m.periode,
    m.valeur as melodi,
    f.valeur as fichier
from {{ ref('int_observations_recues') }} as m
inner join {{ ref('int_observations_recues') }} as f
    on
        m.indicateur = f.indicateur and m.type_territoire = f.type_territoire and m.code_territoire = f.code_territoire
        and m.cog = f.cog and m.periode = f.periode
where
    m.source = 'insee__populations_reference' and f.source = 'insee__populations_communes'
    and m.est_en_vigueur and f.est_en_vigueur and m.valeur <> f.valeur
