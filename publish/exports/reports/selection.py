"""Which questions a portrait asks, and the ten that it keeps: the themes in turn, so that a release rich in
one of them does not silence the others."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from functools import partial
from typing import NamedTuple

from publish import words
from publish.exports.reports import questions as q
from publish.exports.reports.document import Chart
from publish.exports.reports.questions import Asked

# The order in which themes are given the floor, again and again until ten questions are answered. « Autour »
# is what is only known of the département, asked last.
TURNS = (
    "Population",
    "Emploi",
    "Chômage",
    "Entreprises",
    "Revenus",
    "Population",
    "Emploi",
    "Logement",
    "Diplômes et familles",
    "Tourisme et équipements",
    "Recrutement",
    "Production",
)
AGAIN = (
    "Emploi",
    "Chômage",
    "Revenus",
    "Emploi",
    "Entreprises",
    "Logement",
    "Emploi",
    "Population",
    *TURNS[8:],
)
LAST = ("Autour", "Autres")
READ = (*dict.fromkeys(TURNS), *LAST)  # the order in which they are read

AGES = (
    (
        ("part_moins_15_ans", "Moins de 15 ans"),
        ("part_65_ans_plus", "65 ans ou plus"),
        ("part_80_ans_plus", "80 ans ou plus"),
    ),
    (("part_moins_20_ans", "Moins de 20 ans"), ("part_75_ans_plus", "75 ans ou plus")),
)
BIRTHS = (("naissances", "Naissances"), ("deces", "Décès"))
WORKING = (
    ("taux_emploi_15_64", "15 à 64 ans"),
    ("taux_emploi_femmes_15_64", "Femmes de 15 à 64 ans"),
    ("taux_emploi_55_64", "55 à 64 ans"),
)
SEEKERS = (
    (
        ("part_moins_25_ans", "Moins de 25 ans"),
        ("part_50_ans_plus", "50 ans ou plus"),
        ("part_longue_duree", "Un an ou plus"),
    ),
    (
        ("part_femmes_demandeurs_emploi", "Femmes"),
        ("part_moins_25_ans_demandeurs_emploi_communes", "Moins de 25 ans"),
        ("part_50_ans_plus_demandeurs_emploi_communes", "50 ans ou plus"),
    ),
)
TRAVEL = (
    ("part_actifs_hors_commune", "Hors de leur commune"),
    ("part_deplacements_voiture", "En voiture"),
    ("part_deplacements_transports_en_commun", "En transports en commun"),
    ("part_deplacements_velo", "À vélo"),
)
CONTRACTS = (
    ("part_non_salaries", "Non-salariés"),
    ("part_contrats_duree_limitee", "Contrats à durée limitée"),
    ("part_temps_partiel", "Temps partiel"),
)
PRIVATE_SECTORS = (
    ("part_emploi_prive_industrie", "Industrie"),
    ("part_emploi_prive_hotellerie_restauration", "Hôtellerie, restauration"),
    ("part_emploi_prive_interim", "Intérim"),
)
HOUSING = (
    ("part_proprietaires", "Ménages propriétaires"),
    ("part_locataires_hlm", "Locataires d'un HLM"),
    ("part_maisons", "Maisons"),
    ("part_residences_secondaires", "Résidences secondaires"),
    ("part_logements_vacants", "Logements vacants"),
)
DIPLOMAS = (
    ("part_sans_diplome", "Sans diplôme"),
    ("part_diplomes_superieur", "Diplômés du supérieur"),
    ("part_bac_plus_5", "Bac + 5 ou plus"),
)
FAMILIES = (
    ("part_familles_monoparentales", "Monoparentales"),
    ("part_couples_avec_enfants", "Couples avec enfants"),
)
POVERTY = (
    ("taux_pauvrete", "Ensemble"),
    ("taux_pauvrete_moins_30_ans", "Moins de 30 ans"),
    ("taux_pauvrete_75_ans_plus", "75 ans ou plus"),
)
LODGING = (
    ("capacite_campings", "Emplacements de camping"),
    ("capacite_hoteliere", "Chambres d'hôtel"),
    ("lits_hebergements_collectifs", "Lits d'autres hébergements"),
)
RECRUITING = (
    ("part_recrutements_difficiles", "Jugés difficiles"),
    ("part_recrutements_saisonniers", "Saisonniers"),
)


class Question(NamedTuple):
    """A theme and how to ask; the answer is None when the release has none there."""

    theme: str
    ask: Callable[[], Chart | None]


def chosen(asked: Asked, most: int) -> list[Chart]:
    """At most `most` answers, in the order in which they are read."""
    waiting: dict[str, list[tuple[int, Question]]] = defaultdict(list)
    for place, question in enumerate(questions(asked)):
        waiting[question.theme].append((place, question))
    kept: list[tuple[int, int, Chart]] = []

    def turn(theme: str) -> None:
        while waiting[theme]:
            place, question = waiting[theme].pop(0)
            if (chart := question.ask()) is not None:
                kept.append((READ.index(theme), place, chart))
                return

    turns = TURNS
    while any(waiting[theme] for theme in TURNS) and len(kept) < most:
        for theme in turns:
            if len(kept) < most:
                turn(theme)
        turns = AGAIN
    for theme in LAST:
        while waiting[theme] and len(kept) < most:
            turn(theme)
    return [chart for _, _, chart in sorted(kept, key=lambda k: k[:2])]


def questions(asked: Asked) -> Iterator[Question]:
    """Every question that may be asked of a territory, the best of each theme first."""
    yield from _population(asked)
    yield from _employment(asked)
    yield from _unemployment(asked)
    yield from _firms(asked)
    yield from _incomes(asked)
    yield from _living(asked)
    yield from _around(asked)
    for indicator, one in asked.facts.indicators.items():  # whatever else is known: a rate beside others
        if one.nature in ("ratio", "mediane", "moyenne") and indicator not in q.BREAKS:
            yield Question("Autres", partial(q.gap, asked, indicator, f"{one.libelle} : quel écart ?"))


def _population(asked: Asked) -> Iterator[Question]:
    def growth(a: Asked) -> str:
        key = a.key("evolution_annuelle_population")
        own = a.key("population_municipale")
        said = f"{a.say(own)} habitants en {own.periode}" if own else ""
        if key is None:
            return said + "."
        return (
            f"{said} ; {q.signed(key, a)} par an de {int(key.periode) - 5} à {key.periode}{q.beside(key, a)}."
        )

    theme = "Population"
    yield Question(
        theme,
        partial(
            q.index,
            asked,
            "population_municipale",
            "La population augmente-t-elle plus vite qu'ailleurs ?",
            growth,
        ),
    )
    yield Question(
        theme,
        partial(
            q.communes_map, asked, "evolution_annuelle_population", "Quelles communes gagnent des habitants ?"
        ),
    )
    for ages in AGES:
        yield Question(theme, partial(q.structure, asked, ages, "La population est-elle jeune ou âgée ?"))
    yield Question(
        theme, partial(q.together, asked, BIRTHS, "Les naissances l'emportent-elles sur les décès ?")
    )
    yield Question(
        theme,
        partial(q.rank, asked, "evolution_annuelle_population", "Où se situe la croissance démographique ?"),
    )
    yield Question(theme, partial(q.rank, asked, "densite_population", "Le territoire est-il dense ?"))


def _employment(asked: Asked) -> Iterator[Question]:
    def jobs(a: Asked) -> str:
        key = a.key("evolution_emploi_salarie_prive_5_ans")
        own = a.key("emploi_salarie_prive")
        said = f"{a.say(own)} emplois fin {own.periode}" if own else ""
        return said + (f" ; {q.signed(key, a)} en cinq ans{q.beside(key, a)}." if key else ".")

    theme = "Emploi"
    department = q.mainly_in(asked)
    yield Question(
        theme,
        partial(
            q.index, asked, "emploi_salarie_prive", "L'emploi privé suit-il le rythme de la région ?", jobs
        ),
    )
    by_sector = "De quels secteurs l'emploi dépend-il ?"
    yield Question(theme, partial(q.structure, asked, q.SECTORS, by_sector))
    yield Question(
        theme, partial(q.breakdown, asked, "emplois_par_secteur_recensement", "secteur_a5", by_sector)
    )
    yield Question(
        theme, partial(q.structure, asked, PRIVATE_SECTORS, "Quels secteurs pèsent dans l'emploi privé ?")
    )
    if asked.key(SECTOR) is None and department is not None:
        yield Question(
            theme,
            partial(
                q.structure,
                asked,
                q.SECTORS,
                "De quels secteurs l'emploi du département dépend-il ?",
                department,
            ),
        )
    yield Question(
        theme,
        partial(
            q.yearly,
            asked,
            "evolution_emploi_salarie_prive_an",
            "Année après année, l'emploi progresse-t-il ?",
        ),
    )
    yield Question(theme, partial(q.structure, asked, TRAVEL, "Où et comment va-t-on travailler ?"))
    yield Question(
        theme,
        partial(
            q.gap, asked, "indicateur_concentration_emploi", "Y a-t-il plus d'emplois que d'actifs occupés ?"
        ),
    )
    yield Question(
        theme,
        partial(q.gap, asked, "emploi_prive_pour_100_habitants", "Le territoire est-il un pôle d'emploi ?"),
    )
    yield Question(
        theme,
        partial(
            q.rank, asked, "evolution_emploi_salarie_prive_5_ans", "Où se situe la dynamique de l'emploi ?"
        ),
    )
    yield Question(theme, partial(q.largest, asked, "emploi_salarie_prive", "Où sont les emplois ?"))
    yield Question(
        theme, partial(q.structure, asked, CONTRACTS, "Quels contrats et quels temps de travail ?")
    )
    yield Question(
        theme, partial(q.rank, asked, "emploi_prive_pour_100_habitants", "Où se situe la densité d'emploi ?")
    )
    yield Question(
        theme,
        partial(
            q.communes_map, asked, "emploi_prive_pour_100_habitants", "Où l'emploi est-il le plus dense ?"
        ),
    )
    yield Question(
        theme,
        partial(
            q.communes_map, asked, "evolution_emploi_salarie_prive_5_ans", "Où l'emploi a-t-il progressé ?"
        ),
    )


def _unemployment(asked: Asked) -> Iterator[Question]:
    theme, rate = "Chômage", "taux_chomage_localise"
    around = asked.facts.employment_area(asked.territory)
    if asked.series(rate, asked.territory):
        yield Question(theme, partial(q.trend, asked, rate, "Le chômage est-il plus élevé qu'ailleurs ?"))
    elif around:
        yield Question(theme, partial(q.trend, asked, rate, "Quel chômage dans la zone d'emploi ?", around))
    else:
        yield Question(theme, partial(q.zones, asked, rate, "Quel chômage dans ses zones d'emploi ?"))
    yield Question(theme, partial(q.rank, asked, rate, "Où se situe le chômage ?"))
    for shares in SEEKERS:
        yield Question(theme, partial(q.structure, asked, shares, "Qui sont les demandeurs d'emploi ?"))
    yield Question(theme, partial(q.structure, asked, WORKING, "Qui a un emploi ?"))
    for indicator in (
        "demandeurs_emploi_abc",
        "demandeurs_emploi_abc_brut_trimestre",
        "demandeurs_emploi_abc_t4",
    ):
        yield Question(
            theme,
            partial(q.trend, asked, indicator, "Le nombre de demandeurs d'emploi baisse-t-il ?"),
        )


def _firms(asked: Asked) -> Iterator[Question]:
    theme = "Entreprises"
    yield Question(
        theme, partial(q.trend, asked, "creations_entreprises_annee", "Crée-t-on davantage d'entreprises ?")
    )
    yield Question(
        theme,
        partial(q.trend, asked, "defaillances_12_mois", "Les défaillances d'entreprises augmentent-elles ?"),
    )
    for indicator in ("etablissements_actifs", "etablissements_employeurs_flores"):
        for axis in ("secteur_a5", "secteur_a10"):
            yield Question(
                theme,
                partial(q.breakdown, asked, indicator, axis, "Quelles entreprises sont installées ici ?"),
            )
    yield Question(
        theme,
        partial(
            q.gap, asked, "creations_pour_100_unites_legales", "Le tissu d'entreprises se renouvelle-t-il ?"
        ),
    )
    yield Question(
        theme,
        partial(
            q.gap, asked, "defaillances_pour_10000_habitants", "Les défaillances sont-elles plus fréquentes ?"
        ),
    )


def _incomes(asked: Asked) -> Iterator[Question]:
    theme, level = "Revenus", asked.level.plural
    yield Question(
        theme, partial(q.rank, asked, "niveau_vie_median", f"Quel niveau de vie parmi les {level} ?")
    )
    yield Question(
        theme, partial(q.communes_map, asked, "niveau_vie_median", "Où vivent les ménages les plus aisés ?")
    )
    yield Question(theme, partial(q.structure, asked, POVERTY, "Qui est touché par la pauvreté ?"))
    yield Question(
        theme, partial(q.gap, asked, "taux_pauvrete", "La pauvreté est-elle plus fréquente qu'ailleurs ?")
    )
    yield Question(theme, partial(q.structure, asked, q.INCOMES, "De quoi vivent les ménages ?"))
    for indicator in ("salaire_net_moyen_eqtp", "salaire_moyen_prive"):
        yield Question(
            theme,
            partial(q.gap, asked, indicator, "Les salaires sont-ils plus élevés qu'ailleurs ?"),
        )
    yield Question(
        theme,
        partial(
            q.gap,
            asked,
            "dossiers_surendettement_pour_100000_habitants",
            "Le surendettement est-il plus fréquent qu'ailleurs ?",
        ),
    )


def _living(asked: Asked) -> Iterator[Question]:
    yield Question("Logement", partial(q.structure, asked, HOUSING, "Comment est-on logé ?"))
    yield Question(
        "Logement", partial(q.trend, asked, "logements_autorises", "Construit-on davantage de logements ?")
    )
    theme = "Diplômes et familles"
    yield Question(
        theme, partial(q.structure, asked, DIPLOMAS, "Les habitants sont-ils plus diplômés qu'ailleurs ?")
    )
    yield Question(theme, partial(q.structure, asked, FAMILIES, "Qui sont les familles ?"))
    theme = "Tourisme et équipements"
    yield Question(theme, partial(q.amounts, asked, LODGING, "Combien de touristes peut-on accueillir ?"))
    yield Question(theme, partial(q.trend, asked, "nuitees_hotels", "Les touristes sont-ils plus nombreux ?"))
    yield Question(
        theme, partial(q.breakdown, asked, "equipements", "domaine_bpe", "Quels services sur place ?")
    )
    yield Question(
        "Recrutement",
        partial(q.structure, asked, RECRUITING, "Les entreprises ont-elles du mal à recruter ?"),
    )
    yield Question(
        "Production",
        partial(
            q.index,
            asked,
            "pib_valeur",
            "La production suit-elle celle du pays ?",
            partial(_last, indicator="pib_valeur"),
        ),
    )


def _last(asked: Asked, indicator: str) -> str:
    key = asked.key(indicator)
    return (
        ""
        if key is None
        else f"{asked.say(key)} {asked.facts.indicators[indicator].unite} en {words.period(key.periode)}."
    )


def _around(asked: Asked) -> Iterator[Question]:
    """What is only known of the département, where one speaks for the territory."""
    department = q.mainly_in(asked)
    if department is None or department == asked.territory:
        return
    for indicator, question in (
        ("defaillances_12_mois", "Les défaillances augmentent-elles dans le département ?"),
        ("emploi_salarie", "Comment évolue l'emploi du département ?"),
    ):
        if asked.key(indicator) is None:
            yield Question("Autour", partial(q.trend, asked, indicator, question, department))
    for ages in AGES:
        if asked.key(ages[0][0]) is None:
            yield Question(
                "Autour",
                partial(q.structure, asked, ages, "Le département est-il jeune ou âgé ?", department),
            )


SECTOR = "part_emploi_industriel"
