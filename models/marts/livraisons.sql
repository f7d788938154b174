select * from {{ ref('int_livraisons') }}
