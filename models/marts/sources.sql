select * from {{ ref('int_sources') }}
