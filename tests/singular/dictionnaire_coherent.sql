-- A published indicator names a measure; a computed one names terms that exist; a ratio is never summed.
select d.indicateur
from {{ ref('dictionnaire') }} as d
left join {{ ref('dictionnaire') }} as n on d.numerateur = n.indicateur
left join {{ ref('dictionnaire') }} as b on d.denominateur = b.indicateur
where
    (d.calcul = 'publie' and (nullif(d.mesure, '') is null or nullif(d.source, '') is null))
    or (d.calcul <> 'publie' and n.indicateur is null)
    or (d.calcul = 'ratio' and b.indicateur is null)
    or (d.calcul in ('evolution', 'evolution_annuelle') and d.decalage is null)
    or (d.nature in ('ratio', 'indice', 'moyenne', 'mediane') and d.agregation = 'somme')
