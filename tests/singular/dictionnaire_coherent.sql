-- A published indicator names a measure; a computed one names terms that exist; a ratio is never summed; a mean names its weight, which
-- adds up, and so does every key of a split.
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
union all
select d.indicateur
from {{ ref('dictionnaire') }} as d
left join {{ ref('poids') }} as w on d.indicateur = w.indicateur and w.usage = 'moyenne'
where (d.agregation = 'moyenne_ponderee') <> (w.indicateur is not null)
union all
select w.indicateur
from {{ ref('poids') }} as w
left join {{ ref('dictionnaire') }} as d on w.poids = d.indicateur and d.agregation = 'somme'
left join {{ ref('dictionnaire') }} as i on w.indicateur = i.indicateur
where d.indicateur is null or i.indicateur is null
