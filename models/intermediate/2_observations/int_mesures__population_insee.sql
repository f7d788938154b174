{{ mesures_insee(
    melodi=['populations_historiques', 'estimations_population_sexe', 'naissances', 'deces'],
    bdm=['fecondite', 'mortalite']
) }}
