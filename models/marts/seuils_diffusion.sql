select
    i.indicateur,
    i.regle,
    i.est_applique,
    i.indicateur_menages,
    i.indicateur_personnes,
    cast(i.min_unites as integer) as min_unites,
    cast(i.min_menages as integer) as min_menages,
    cast(i.min_personnes as integer) as min_personnes,
    cast(i.part_max as double) as part_max,
    i.operateur,
    cast(i.protection_relative as double) as protection_relative,
    cast(i.protection_absolue as double) as protection_absolue,
    i.texte
from {{ ref('int_seuils') }} as i
