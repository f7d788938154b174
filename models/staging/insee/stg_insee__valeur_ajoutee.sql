-- Each cell that is kept pins every dimension; the other series stay in the landing.
with choisies as (
    select
        *,
        case
            when NATURE = 'VALEUR_ABSOLUE' and NAF2_RGP = 'TOT' then 'valeur_ajoutee|_T'
            when NATURE = 'TAUX' and NAF2_RGP = 'AZ' then 'part_valeur_ajoutee|secteur_a5:AZ'
            when NATURE = 'TAUX' and NAF2_RGP = 'BE' then 'part_valeur_ajoutee|secteur_a5:BE'
            when NATURE = 'TAUX' and NAF2_RGP = 'FZ' then 'part_valeur_ajoutee|secteur_a5:FZ'
            when NATURE = 'TAUX' and NAF2_RGP = 'GU' then 'part_valeur_ajoutee|secteur_a5:GU'
            when NATURE = 'TAUX' and NAF2_RGP = 'OQ' then 'part_valeur_ajoutee|secteur_a5:OQ'
        end as cellule
    from {{ source('landing', 'insee__valeur_ajoutee') }}
    where INDICATEUR = 'VAB_SECTEURS'
)

select {{ colonnes_bdm(unite="case when NATURE = 'VALEUR_ABSOLUE' then 6 else 0 end") }}
from choisies
where cellule is not null and {{ zone_bdm('FE') }}
