-- Which threshold rules judge which indicator: the most precise name of source wins, a rule for all indicators or for those it lists.
with candidates as (
    select
        d.indicateur,
        s.*,
        rank() over (partition by d.indicateur order by length(s.source) desc) as rang
    from {{ ref('dictionnaire') }} as d
    inner join {{ ref('seuils_secret') }} as s on d.source like s.source
)

select
    indicateur,
    regle,
    est_applique,
    nullif(indicateur_menages, '') as indicateur_menages,
    nullif(indicateur_personnes, '') as indicateur_personnes,
    min_unites,
    min_menages,
    min_personnes,
    part_max,
    operateur,
    protection_relative,
    protection_absolue,
    texte
from candidates
where rang = 1 and (indicateurs = '*' or ' ' || indicateurs || ' ' like '% ' || indicateur || ' %')
