-- From every commune of every geography to today's communes, whole country: two geographies are compared by the élits that their
-- communes share, never by chaining the years between.
with elements as (
    select
        a.cog as cog_source,
        a.code_commune as code_source,
        b.cog as cog_cible,
        b.code_commune as code_cible,
        a.elit
    from {{ ref('int_elits_communes') }} as a
    inner join {{ ref('int_elits_communes') }} as b on a.elit = b.elit
    where b.cog = {{ cog_courant() }}
),

{{ passages_des_elits('elements') }}
