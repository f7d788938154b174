-- Counts made while reading the remote file, by commune, activity, employer and head office. The state is that of the end of the month
-- before the file was published; without a date of publication there is no period, and no figure.
select
    s.codeCommuneEtablissement as code_commune,
    s.activitePrincipaleEtablissement as ape,
    coalesce(s.caractereEmployeurEtablissement = 'O', false) as est_employeur,
    s.etablissementSiege = 'true' as est_siege,
    case
        when month(l.publie_le) = 1 then cast(year(l.publie_le) - 1 as string) || '-12'
        else cast(year(l.publie_le) as string) || '-' || lpad(cast(month(l.publie_le) - 1 as string), 2, '0')
    end as periode,
    least(year(l.publie_le), {{ cog_courant() }}) as millesime_cog,
    {{ nombre('s.etablissements') }} as etablissements,
    s._livraison as livraison,
    s._ligne as ligne
from {{ source('landing', 'insee__sirene_etablissements') }} as s
inner join {{ source('extraction', 'livraisons') }} as l on s._livraison = l.livraison
