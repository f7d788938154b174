-- Between any two geographies, for the communes that the release speaks of (the whole country would be six million rows, nearly all of
-- them `identite`). Passages to today's communes are in int_passages.
with sources as (
    select distinct
        c.cog,
        c.code_commune
    from {{ ref('int_elits_communes') }} as c
    inner join {{ ref('int_elits_communes') }} as d on c.elit = d.elit and d.cog = {{ cog_courant() }}
    inner join {{ ref('int_communes_utiles') }} as u on d.code_commune = u.code_commune
),

elements as (
    select
        a.cog as cog_source,
        a.code_commune as code_source,
        b.cog as cog_cible,
        b.code_commune as code_cible,
        a.elit
    from sources as s
    inner join {{ ref('int_elits_communes') }} as a on s.cog = a.cog and s.code_commune = a.code_commune
    inner join {{ ref('int_elits_communes') }} as b on a.elit = b.elit
    where b.cog <> {{ cog_courant() }}
),

{{ passages_des_elits('elements') }}
