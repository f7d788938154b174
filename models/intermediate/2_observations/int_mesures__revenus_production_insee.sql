{{ mesures_insee(
    melodi=['filosofi_zones', 'salaires', 'comptes_regionaux'],
    bdm=['demandeurs_emploi', 'taux_chomage_annuel', 'pauvrete_ages', 'pib_regions', 'valeur_ajoutee'],
    systemes={'comptes_regionaux': 'comptes'}
) }}
