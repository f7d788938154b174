-- Each cell that is kept pins every dimension; the other series stay in the landing.
with choisies as (
    select
        *,
        case
            when
                FREQ = 'M' and CORRECTION = 'BRUT'
                and ACTIVITE_CREAT_ENT = 'ENS' and INDICATEUR = 'TYPE-ENT_TOTAL'
                then 'creations_mois|_T'
            when
                FREQ = 'M' and CORRECTION = 'BRUT'
                and ACTIVITE_CREAT_ENT = 'ENS' and INDICATEUR = 'TYPE-ENT_AE'
                then 'creations_micro_mois|_T'
            when
                FREQ = 'M' and CORRECTION = 'BRUT'
                and ACTIVITE_CREAT_ENT = 'ENS' and INDICATEUR = 'TYPE-ENT_PM'
                then 'creations_societes_mois|_T'
            when
                FREQ = 'T' and CORRECTION = 'CVS'
                and ACTIVITE_CREAT_ENT = 'ENS' and INDICATEUR = 'TYPE-ENT_TOTAL'
                then 'creations_trimestre|_T'
            when
                FREQ = 'T' and CORRECTION = 'CVS'
                and ACTIVITE_CREAT_ENT = 'ENS' and INDICATEUR = 'TYPE-ENT_HAE'
                then 'creations_hors_micro_trimestre|_T'
            when
                FREQ = 'T' and CORRECTION = 'CVS'
                and ACTIVITE_CREAT_ENT = 'BE' and INDICATEUR = 'TYPE-ENT_TOTAL'
                then 'creations_trimestre|secteur_creations:BE'
            when
                FREQ = 'T' and CORRECTION = 'CVS'
                and ACTIVITE_CREAT_ENT = 'FZ' and INDICATEUR = 'TYPE-ENT_TOTAL'
                then 'creations_trimestre|secteur_creations:FZ'
            when
                FREQ = 'T' and CORRECTION = 'CVS'
                and ACTIVITE_CREAT_ENT = 'GI' and INDICATEUR = 'TYPE-ENT_TOTAL'
                then 'creations_trimestre|secteur_creations:GI'
            when
                FREQ = 'T' and CORRECTION = 'CVS'
                and ACTIVITE_CREAT_ENT = 'JKLMNOQ' and INDICATEUR = 'TYPE-ENT_TOTAL'
                then 'creations_trimestre|secteur_creations:JKLMNOQ'
        end as cellule
    from {{ source('landing', 'insee__creations') }}
)

select {{ colonnes_bdm() }}
from choisies
where cellule is not null and {{ zone_bdm('FE') }}
