-- A point, `n.d.` or nothing: a motive that is not available that quarter. Headers carry footnotes: motives are read by their first words.
select
    flux,
    replace(Période, 'T', '-T') as periode,
    case
        when motif like 'France entière%' then '_T'
        when motif = 'Licenciement économique' then 'motif_entree:licenciement-economique'
        when motif = 'Autre licenciement' then 'motif_entree:autre-licenciement'
        when motif = 'Démission' then 'motif_entree:demission'
        when motif like 'Fin de contrat%' then 'motif_entree:fin-contrat'
        when motif = 'Fin de mission' then 'motif_entree:fin-mission'
        when motif like 'Première entrée%' then 'motif_entree:premiere-entree'
        when motif = 'Reprise après inactivité' then 'motif_entree:reprise-apres-inactivite'
        when motif = 'Rupture conventionnelle' then 'motif_entree:rupture-conventionnelle'
        when motif = 'Réinscription rapide' then 'motif_entree:reinscription-rapide'
        when motif like 'Autres motifs%' then 'motif_entree:autres'
        when motif = 'Indéterminé' then 'motif_entree:indetermine'
        when motif = 'Reprise d''emploi déclarée' then 'motif_sortie:reprise-emploi'
        when motif = 'Entrée en stage' then 'motif_sortie:stage'
        when motif like 'Arrêts de recherche%' then 'motif_sortie:arret-recherche'
        when motif = 'Arrêt maladie' then 'motif_sortie:maladie'
        when motif = 'DRE' then 'motif_sortie:dre'
        when motif like 'Cessation d''inscription%' then 'motif_sortie:defaut-actualisation'
        when motif = 'Radiation' then 'motif_sortie:radiation'
        when motif = 'Autres cas' then 'motif_sortie:autres'
    end as modalite,
    case when nombre not in ('.', 'n.d.') then {{ nombre('nombre') }} end as valeur,
    case when nombre in ('.', 'n.d.') then nombre end as marque_producteur,
    _livraison as livraison,
    _ligne as ligne
from {{ source('landing', 'dares__flux_demandeurs_emploi') }}
-- the producer's series do not start on the same quarter
where nombre is not null
