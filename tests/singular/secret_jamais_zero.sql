-- A confidential figure has no value, anywhere; a figure without value says why or carries the producer's mark.
select
    indicateur,
    territoire,
    periode,
    modalite
from {{ ref('observations') }}
where
    (confidentialite <> 'F' and valeur is not null)
    or (valeur is null and statut = 'A')
    or (valeur is null and motif is null and marque_producteur is null and methode <> 'publiee')
