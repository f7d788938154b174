-- The deliveries whose versions are already in `stg_memoire__versions`.
{% if env_var('REFERENTIEL_VERSIONS', '') %}
    select livraison from {{ source('memoire', 'livraisons') }}
{% else %}
    select cast(null as string) as livraison
    where false
{% endif %}
