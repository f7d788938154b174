-- Establishments in force, those that employ, and head offices, by section of the NAF; an activity not known counts in the total only.
with sections as (
    select
        *,
        cast(substr(ape, 1, 2) as integer) as division
    from {{ ref('stg_insee__sirene_etablissements') }}
    where periode is not null
),

comptes as (
    select
        m.mesure,
        s.code_commune,
        s.millesime_cog,
        s.periode,
        case
            when s.division between 1 and 3 then 'A' when s.division between 5 and 9 then 'B' when s.division between 10 and 33 then 'C'
            when s.division = 35 then 'D' when s.division between 36 and 39 then 'E' when s.division between 41 and 43 then 'F'
            when s.division between 45 and 47 then 'G' when s.division between 49 and 53 then 'H' when s.division between 55 and 56 then 'I'
            when s.division between 58 and 63 then 'J' when s.division between 64 and 66 then 'K' when s.division = 68 then 'L'
            when s.division between 69 and 75 then 'M' when s.division between 77 and 82 then 'N' when s.division = 84 then 'O'
            when s.division = 85 then 'P' when s.division between 86 and 88 then 'Q' when s.division between 90 and 93 then 'R'
            when s.division between 94 and 96 then 'S' when s.division between 97 and 98 then 'T' when s.division = 99 then 'U'
        end as section,
        case m.mesure
            when 'employeurs' then case when s.est_employeur then s.etablissements else 0 end
            when 'sieges' then case when s.est_siege then s.etablissements else 0 end
            else s.etablissements
        end as valeur,
        s.livraison,
        s.ligne
    from sections as s
    cross join (values ('actifs'), ('employeurs'), ('sieges')) as m (mesure)
)

select
    'insee__sirene_etablissements' as source,
    mesure,
    'COM' as type_territoire,
    code_commune as code_territoire,
    millesime_cog as cog,
    periode,
    coalesce('section_naf:' || section, '_T') as modalite,
    sum(valeur) as valeur,
    cast(null as string) as systeme,
    cast(null as string) as marque_producteur,
    livraison,
    min(ligne) as ligne
from comptes
group by
    grouping sets (
        (mesure, code_commune, millesime_cog, periode, section, livraison), (mesure, code_commune, millesime_cog, periode, livraison)
    )
having section is not null or grouping(section) = 1
