select
    indicateur,
    periode,
    raison,
    ou_lu
from {{ ref('ruptures') }}
