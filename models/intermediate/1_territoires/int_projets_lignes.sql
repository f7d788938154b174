-- What the working group wrote in territoires_projet.csv, line by line, with what is wrong in it and how to mend it. A line names one
-- commune (code_commune, in the geography `cog`) or a whole zone of today (type_territoire, code_territoire).
with lues as (
    select
        {{ ligne_du_fichier() }} as ligne,
        nullif(trim(projet), '') as projet,
        nullif(trim(libelle), '') as libelle,
        nullif(trim(code_commune), '') as code_commune,
        nullif(trim(cog), '') as cog_ecrit,
        nullif(trim(type_territoire), '') as type_territoire,
        nullif(trim(code_territoire), '') as code_territoire
    from {{ ref('territoires_projet') }}
),

lignes as (
    select
        *,
        -- without a vintage, that of today; one that is not a year is an error below
        case
            when cog_ecrit is null then {{ cog_courant() }}
            when cog_ecrit between '{{ var("premier_cog") }}' and '{{ cog_courant() }}' and length(cog_ecrit) = 4
                then cast(cog_ecrit as integer)
        end as cog
    from lues
),

communes as (
    select distinct
        cog,
        code_commune
    from {{ ref('int_elits_communes') }}
),

-- A code can die and come back: the years of its first and last lives, and the last year of all.
vies as (
    select
        code_commune,
        min(cog) as du,
        max(cog) as au
    from (
        select
            code_commune,
            cog,
            cog - row_number() over (partition by code_commune order by cog) as vie
        from communes
    ) as numerotees
    group by code_commune, vie
),

annees as (
    select
        code_commune,
        case when min(du) = min(au) then cast(min(du) as string) else min(du) || ' à ' || min(au) end
        || case when count(*) = 1 then '' when max(du) = max(au) then ' et ' || max(du) else ' et ' || max(du) || ' à ' || max(au) end
            as texte,
        max(au) as au
    from vies
    group by code_commune
),

-- How many of the codes of each project each vintage knows: the newest that knows the most is the one that the list was written in.
adequations as (
    select
        l.projet,
        c.cog,
        row_number() over (partition by l.projet order by count(distinct l.code_commune) desc, c.cog desc) as rang
    from lignes as l
    inner join communes as c on l.code_commune = c.code_commune
    group by l.projet, c.cog
),

-- A commune déléguée or associée, an arrondissement: not a commune, but of one.
fractions as (
    select
        code_commune,
        min(code_commune_parente) as code_commune_parente
    from {{ en_vigueur('stg_insee__cog_communes') }}
    where type_commune <> 'COM'
    group by code_commune
),

successeurs as (
    select
        cog_source,
        code_source,
        min(code_cible) as premier,
        count(*) as nombre
    from {{ ref('int_passages') }}
    group by cog_source, code_source
),

zones as (
    select distinct
        type_territoire,
        code_territoire
    from {{ ref('int_communes_zonages') }}
),

comptees as (
    select
        l.*,
        count(*) over (partition by l.projet, l.code_commune, l.type_territoire, l.code_territoire) as repetitions,
        min(l.ligne) over (partition by l.projet, l.code_commune, l.type_territoire, l.code_territoire) as premiere_ligne,
        first_value(l.libelle) over (partition by l.projet order by l.ligne) as premier_libelle
    from lignes as l
)

select
    l.ligne,
    l.projet,
    l.libelle,
    l.code_commune,
    l.cog,
    l.type_territoire,
    l.code_territoire,
    case
        when l.projet is null or l.libelle is null then 'le projet ou son libellé manque'
        when l.projet <> upper(l.projet) or l.projet like '% %' then 'le code « ' || l.projet || ' » n''est pas en capitales sans espace'
        when l.cog is null
            then 'le millésime « ' || l.cog_ecrit || ' » n''est pas entre {{ var("premier_cog") }} et {{ cog_courant() }}'
        when (l.code_commune is null) = (l.code_territoire is null) or (l.type_territoire is null) <> (l.code_territoire is null)
            then 'la ligne doit nommer une commune, ou un territoire entier (type_territoire et code_territoire), et un seul des deux'
        when l.repetitions > 1 and l.ligne > l.premiere_ligne
            then
                coalesce('la commune ' || l.code_commune, 'le territoire ' || l.type_territoire || '-' || l.code_territoire)
                || ' est déjà nommée ligne ' || l.premiere_ligne
        when l.code_territoire is not null and z.code_territoire is null
            then 'le territoire ' || l.type_territoire || '-' || l.code_territoire || ' est inconnu'
        when l.code_commune is not null and c.code_commune is null and a.code_commune is not null
            then 'la commune ' || l.code_commune || ' n''est pas du COG ' || l.cog
        when l.code_commune is not null and c.code_commune is null and length(l.code_commune) = 4
            then 'le code « ' || l.code_commune || ' » n''a que quatre caractères'
        when l.code_commune is not null and c.code_commune is null and f.code_commune is not null
            then l.code_commune || ' n''est pas une commune : c''est une commune déléguée ou associée, ou un arrondissement'
        when l.code_commune is not null and c.code_commune is null
            then 'la commune ' || l.code_commune || ' n''existe dans aucun COG depuis {{ var("premier_cog") }}'
        when l.libelle <> l.premier_libelle then 'le projet s''appelle « ' || l.premier_libelle || ' » plus haut'
    end as faute,
    case
        when l.code_commune is null or c.code_commune is not null then null
        when a.code_commune is not null
            then
                'elle existe aux COG ' || a.texte
                || case when s.nombre = 1 then ' (aujourd''hui ' || s.premier || ')' when s.nombre > 1 then ' (partagée depuis)' else '' end
                || coalesce(case when q.cog <> l.cog then ' ; millésime probable de la liste : ' || q.cog end, '')
        when length(l.code_commune) = 4 then 'un tableur a sans doute perdu le zéro de tête : 0' || l.code_commune
        when f.code_commune is not null then 'sa commune est ' || f.code_commune_parente
        else 'vérifier le code' || coalesce(case when q.cog <> l.cog then ' ; millésime probable du reste de la liste : ' || q.cog end, '')
    end as correctif
from comptees as l
left join communes as c on l.cog = c.cog and l.code_commune = c.code_commune
left join annees as a on l.code_commune = a.code_commune
left join successeurs as s on a.au = s.cog_source and a.code_commune = s.code_source
left join adequations as q on l.projet = q.projet and q.rang = 1
left join fractions as f on l.code_commune = f.code_commune
left join zones as z on l.type_territoire = z.type_territoire and l.code_territoire = z.code_territoire
