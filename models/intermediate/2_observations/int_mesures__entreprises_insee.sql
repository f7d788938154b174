{{ mesures_insee(
    melodi=['flores', 'etablissements', 'unites_legales', 'creations_communes', 'creations_etablissements'],
    bdm=['creations']
) }}
