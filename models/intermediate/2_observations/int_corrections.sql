-- The corrections that the working group decided, as the models use them. An empty `modalite` is the total, an empty `attendu` a figure
-- that the producer leaves blank.
select
    indicateur,
    territoire,
    periode,
    coalesce(nullif(modalite, ''), '_T') as modalite,
    action,
    valeur,
    attendu,
    raison,
    auteur,
    cast(corrige_le as timestamp) as corrige_le,
    'Corrigé le ' || substr(cast(corrige_le as string), 9, 2) || '/' || substr(cast(corrige_le as string), 6, 2) || '/'
    || substr(cast(corrige_le as string), 1, 4) || ' par ' || auteur || ' : ' || raison || ' Le producteur écrit '
    || coalesce(cast(attendu as string), 'aucune valeur') || '.' as texte
from {{ ref('corrections') }}
