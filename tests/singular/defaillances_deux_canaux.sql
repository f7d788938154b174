-- One figure, two channels: the failures of a quarter by Webstat and by the BDM. Both are revised, not on the same day: over the 122
-- quarters from 1990 to 2020 that both give for one series, 106 are equal and none differs by more than 2. Beyond 3 units and 2 %, one of
-- the two is about something else.
select
    w.indicateur,
    b.indicateur as compare_a,
    w.type_territoire,
    w.code_territoire,
    w.periode,
    w.modalite,
    w.valeur as webstat,
    b.valeur as bdm
from {{ ref('int_observations_recues') }} as w
inner join {{ ref('int_observations_recues') }} as b
    on
        w.type_territoire = b.type_territoire and w.code_territoire = b.code_territoire and w.periode = b.periode
        and w.modalite = b.modalite
where
    w.indicateur = 'defaillances_trimestre' and w.source = 'bdf__defaillances' and w.est_en_vigueur
    and b.indicateur = 'defaillances_trimestre_insee' and b.source = 'insee__defaillances' and b.est_en_vigueur
    and abs(w.valeur - b.valeur) > greatest(3, 0.02 * b.valeur)
