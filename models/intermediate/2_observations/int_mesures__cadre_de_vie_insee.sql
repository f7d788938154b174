{{ mesures_insee(
    melodi=['capacites_tourisme', 'frequentation_tourisme', 'equipements'],
    bdm=['tourisme', 'construction_logements', 'construction_locaux']
) }}
