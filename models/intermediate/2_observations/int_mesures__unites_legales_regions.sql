-- The sections brought to the sectors in which failures are published; a sector is known when all its sections are.
with correspondance as (
    select
        t.section,
        t.secteur,
        count(*) over (partition by t.secteur) as nombre_sections
    from (
        values
        ('B', 'BE'), ('C', 'BE'), ('D', 'BE'), ('E', 'BE'), ('F', 'FZ'), ('G', 'G'), ('H', 'H'), ('I', 'I'), ('J', 'JZ'), ('K', 'KZ'),
        ('L', 'LZ'), ('M', 'MN'), ('N', 'MN'), ('P', 'PS'), ('Q', 'PS'), ('R', 'PS'), ('S', 'PS')
    ) as t (section, secteur)
)

select
    'insee__unites_legales_regions' as source,
    'unites_legales' as mesure,
    type_territoire,
    code_territoire,
    {{ cog_courant() }} as cog,
    periode,
    '_T' as modalite,
    unites_legales as valeur,
    'unites_legales' as systeme,
    marque_producteur,
    'publiee' as methode,
    cast(null as string) as motif,
    livraison,
    ligne
from {{ ref('stg_insee__unites_legales_regions') }}
where section_a21 = 'TOT'
union all
select
    'insee__unites_legales_regions',
    'unites_legales',
    u.type_territoire,
    u.code_territoire,
    {{ cog_courant() }},
    u.periode,
    'secteur_diren:' || c.secteur,
    case when count(u.unites_legales) = max(c.nombre_sections) then sum(u.unites_legales) end,
    'unites_legales',
    -- one hidden part hides the sum
    max(u.marque_producteur),
    case when max(c.nombre_sections) = 1 then 'publiee' else 'agregee' end,
    cast(null as string),
    u.livraison,
    min(u.ligne)
from {{ ref('stg_insee__unites_legales_regions') }} as u
inner join correspondance as c on u.section_a21 = c.section
group by u.type_territoire, u.code_territoire, u.periode, c.secteur, u.livraison
