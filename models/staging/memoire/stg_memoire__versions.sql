-- What the last builds already know (see publish/memory.py); empty when nobody kept it: every delivery is then read again.
{% if env_var('REFERENTIEL_VERSIONS', '') %}
    select
        source,
        partie,
        livraison,
        indicateur,
        type_territoire,
        code_territoire,
        cog,
        periode,
        modalite,
        valeur,
        statut,
        confidentialite,
        marque_producteur,
        methode,
        motif,
        n_unites,
        part_max,
        priorite,
        ligne,
        est_retrait,
        livraison_suivante,
        version
    from {{ source('memoire', 'versions') }}
{% else %}
    select
        cast(null as string) as source,
        cast(null as string) as partie,
        cast(null as string) as livraison,
        cast(null as string) as indicateur,
        cast(null as string) as type_territoire,
        cast(null as string) as code_territoire,
        cast(null as integer) as cog,
        cast(null as string) as periode,
        cast(null as string) as modalite,
        cast(null as double) as valeur,
        cast(null as string) as statut,
        cast(null as string) as confidentialite,
        cast(null as string) as marque_producteur,
        cast(null as string) as methode,
        cast(null as string) as motif,
        cast(null as bigint) as n_unites,
        cast(null as double) as part_max,
        cast(null as integer) as priorite,
        cast(null as bigint) as ligne,
        cast(null as boolean) as est_retrait,
        cast(null as string) as livraison_suivante,
        cast(null as integer) as version
    where false
{% endif %}
