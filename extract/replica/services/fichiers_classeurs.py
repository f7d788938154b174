"""Workbooks: Insee (appartenance, zones d'emploi, populations 2016, chômage par zone), DGCL (EPCI), DARES
(intérim)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from extract.replica.app import ReplicaApp
from extract.replica.services.fichiers_textes import POPULATIONS
from extract.replica.services.octets import xls_bytes, xlsx_bytes, zip_bytes

Row = Sequence[Any]
NOTE = "Fichier refait par la réplique à partir des chiffres publiés."


def _titled(lines: list[str], labels: Row, codes: Row, rows: Iterable[Row]) -> Iterable[Row]:
    """Insee's layout: title lines up to row 4, labels on row 5, codes on row 6."""
    blank: list[Row] = [[]] * (4 - len(lines))
    head: list[Row] = [*([line] for line in lines), *blank]
    yield from [*head, labels, codes]
    yield from rows


def appartenance(app: ReplicaApp) -> bytes:
    """Zip of the membership table 2025: sheets COM and Zones_supra_communales; communes of Normandie only."""
    columns = {
        "CODGEO": ("codgeo", "Code géographique"),
        "LIBGEO": ("libgeo", "Libellé géographique"),
        "DEP": ("dep", "Département"),
        "REG": ("reg", "Région"),
        "EPCI": ("epci", "Intercommunalité - Métropole"),
        "ARR": ("arr", "Arrondissement"),
        "CV": ("canton", "Canton-ville"),
        "ZE2020": ("ze2020", "Zone d'emploi 2020"),
        "UU2020": ("uu2020", "Unité urbaine 2020"),
        "AAV2020": ("aav2020", "Aire d'attraction des villes 2020"),
        "BV2022": ("bv2022", "Bassin de vie 2022"),
    }
    names = ", ".join(name for name, _ in columns.values())
    query = f"select {names} from insee_appartenance_normandie order by 1"
    labels = [label for _, label in columns.values()]
    title = ["Table d'appartenance géographique des communes", "Géographie au 01/01/2025", NOTE]
    communes = _titled(
        [*title, "Communes de Normandie seulement"], labels, list(columns), app.figures.rows(query)
    )
    zones = app.figures.rows(
        "select niveau, code, libelle, nombre_communes from insee_zonages_libelles_normandie order by 1, 2"
    )
    supra = _titled(
        [*title, "Zones qui touchent la Normandie"],
        ["Niveau géographique", "Code géographique", "Libellé géographique", "Nombre de communes"],
        ["NIVGEO", "CODGEO", "LIBGEO", "NB_COM"],
        zones,
    )
    workbook = xlsx_bytes([("COM", communes), ("Zones_supra_communales", supra)])
    return zip_bytes({"table-appartenance-geo-communes-2025.xlsx": workbook})


def zones_emploi(app: ReplicaApp) -> bytes:
    """Zones d'emploi 2020 and their communes, geography of 1 January 2023, whole France."""
    title = ["Zones d'emploi 2020", "France", "Mise en ligne le 17/03/2023       Géographie au 01/01/2023"]
    source = "@Insee       Source(s) : Insee, Code officiel géographique"
    zones = _titled(
        [*title, source],
        ["Zone d'emploi 2020", "Libellé zone d'emploi 2020", "Nombre communes"],
        ["ZE2020", "LIBZE2020", "NB_COM"],
        app.figures.rows("select * from insee_ze2020 order by 1"),
    )
    communes = _titled(
        [*title, source],
        [
            "Code géographique communal",
            "Libellé géographique",
            "Zone d'emploi 2020",
            "Libellé zone d'emploi 2020",
            "Partie régionale de la zone d’emploi trans-régionale",
            "Département",
            "Région",
        ],
        ["CODGEO", "LIBGEO", "ZE2020", "LIBZE2020", "ZE2020_PARTIE_REG", "DEP", "REG"],
        app.figures.rows(
            """select z."CODGEO", coalesce(z."LIBGEO", c."LIBELLE"), z.* exclude ("CODGEO", "LIBGEO")
            from insee_ze2020_communes z
            left join cog_communes c on c."COM" = z."CODGEO" and c."TYPECOM" in ('COM', 'ARM') order by 1"""
        ),
    )
    return xlsx_bytes([("ZE2020", zones), ("Composition_communale", communes)])


def populations_2016(app: ReplicaApp) -> bytes:
    """Populations légales 2016 (xls): sheet Communes, title lines, header on row 8."""
    header = [
        "Code région",
        "Nom de la région",
        "Code département",
        "Code arrondissement",
        "Code canton",
        "Code commune",
        "Nom de la commune",
        "Population municipale",
        "Population comptée à part",
        "Population totale",
    ]
    lines = [
        "Populations légales des communes en vigueur au 1er janvier 2019",
        "Mise à jour : décembre 2018",
        "en habitant",
        "Champ : France hors Mayotte, limites territoriales en vigueur au 1er janvier 2018",
        "Date de référence statistique : 1er janvier 2016",
        "Source :  Insee, Recensement de la population 2016",
    ]
    rows = app.figures.rows(
        f"select reg, nom_region, dep, arr, can, code_court, nom, pmun, pcap, ptot from ({POPULATIONS})",
        [2016],
    )
    return xls_bytes([("Communes", [*([line] for line in lines), [], header, *rows])])


SEXES, AGES = (
    ("Ensemble", "Hommes", "Femmes"),
    ("0 à 19 ans", "20 à 39 ans", "40 à 59 ans", "60 à 74 ans", "75 ans et plus"),
)


def estimations_population(app: ReplicaApp) -> bytes:
    """Population estimates by département, sex and age group (xls): one sheet a year, header on rows 4 and 5.

    The figures carried are by sex and age; both sexes and totals are their sums, as in the producer's sheets.
    """
    lines: dict[str, dict[int, list[Any]]] = {}
    cells: dict[tuple[str, int, str, str], int] = {}
    for year, order, code, label, sex, age, value in app.figures.rows(
        "select annee, ordre, code, libelle, sexe, age, population from insee_estimations_population"
    ):
        lines.setdefault(str(year), {})[order] = [code, label]
        for both in (sex, "Ensemble"):
            key = (str(year), order, both, age)
            cells[key] = cells.get(key, 0) + value
    sheets: list[tuple[str, list[Row]]] = []
    for name in sorted(lines, reverse=True):
        top: list[Any] = ["Départements", None]
        below: list[Any] = [None, None]
        for sex in SEXES:
            top += [sex] + [None] * len(AGES)
            below += [*AGES, "Total"]
        rows: list[Row] = [
            ["Estimation de population au 1er janvier, par département, sexe et grande classe d'âge"],
            [f"Année {name}"],
            [],
            top,
            below,
        ]
        for order, first in sorted(lines[name].items()):
            row = list(first)
            for sex in SEXES:
                ages = [cells[name, order, sex, age] for age in AGES]
                row += [*ages, sum(ages)]
            rows.append(row)
        sheets.append((name, [*rows, [], ["Source : Insee - Estimations de population"]]))
    return xls_bytes(sheets)


def chomage_zones(app: ReplicaApp) -> bytes:
    """Localised unemployment by zone d'emploi: sheet txcho_ze (codes on row 6), regional parts (codes on
    row 8)."""
    cursor = app.figures.cursor().execute("select * from insee_chomage_ze order by 1")
    codes = [column[0] for column in cursor.description]
    labels = ["Code de la zone d'emploi 2020", "Libellé de la zone d'emploi 2020", "Code région 2016"]
    zones = _titled(
        [
            "Taux de chômage localisés par zone d'emploi, en moyenne trimestrielle\xa0: "
            "en France hors Mayotte et Guyane ",
            "Source : Insee, Estimations de taux de chômage localisés.",
        ],
        [*labels, "Libellé région 2016", *map(_quarter_label, codes[4:])],
        codes,
        cursor.fetchall(),
    )
    cursor = app.figures.cursor().execute("select * from insee_chomage_ze_parties order by 1")
    codes = [column[0] for column in cursor.description]
    labels = [
        "Code de la zone d'emploi interrégionale 2020",
        "Libellé de la zone d'emploi interrégionale 2020",
    ]
    title = "Taux de chômage localisés pour les 28 parties régionales des zones d'emploi interrégionales"
    blank: list[Row] = [[]] * 5
    parts = [[title], *blank, [*labels, *map(_quarter_label, codes[2:])], codes, *cursor.fetchall()]
    return xlsx_bytes([("Documentation", [[NOTE]]), ("txcho_ze", zones), ("txcho_parties reg", parts)])


def _quarter_label(period: str) -> str:
    year, quarter = period.split("-T")
    return f"{quarter}{'er' if quarter == '1' else 'e'} trimestre {year}"


def epci(app: ReplicaApp) -> bytes:
    """DGCL: every EPCI à fiscalité propre and its members on 1 January 2025, header on row 1."""
    cursor = app.figures.cursor().execute(
        """select e.dept, e.siren, e.raison_sociale, e.nature_juridique, e.mode_financ, e.nb_membres,
            e.total_pop_tot, e.total_pop_mun,
            case when m.insee like '97%' then substr(m.insee, 1, 3) else substr(m.insee, 1, 2) end as dep_com,
            m.insee, m.siren_membre, coalesce(m.nom_membre, c."LIBELLE") as nom_membre,
            m.pmun_2025 + m.pcap as ptot_2025, m.pmun_2025
        from dgcl_epci_membres m join dgcl_epci e using (siren)
        left join cog_communes c on c."COM" = m.insee and c."TYPECOM" = 'COM' order by e.ordre, m.ordre"""
    )
    header = [column[0] for column in cursor.description]
    return xlsx_bytes([("Epcicom2025", [header, *cursor.fetchall()])])


def interim(app: ReplicaApp) -> bytes:
    """DARES: temporary work by region; on each sheet the present regions (from row 9), then the former ones
    (row 32)."""
    quarters = [f"T{number % 4 + 1}" for number in range(103)]
    years = [str(2000 + number // 4) if number % 4 == 0 else None for number in range(103)]
    sheets: list[tuple[str, Iterable[Row]]] = [
        ("Lisez-moi", [["L'emploi intérimaire - données trimestrielles"], [NOTE]])
    ]
    for name in (
        row[0] for row in app.figures.rows("select feuille from dares_interim group by 1 order by 1 desc")
    ):
        where = (
            "l'établissement utilisateur" if name.endswith("ETU") else "l'établissement de travail temporaire"
        )
        full_time = name.startswith("ETP")
        what = "Volume de travail temporaire (en ETP)" if full_time else "Nombre d'intérimaires"
        lines: dict[int, Row] = {
            1: ["Titre", f"{what} par région de {where}"],
            2: ["Type de données :", "données trimestrielles CVS"],
            3: ["Unité :", "équivalent-emploi à temps plein" if full_time else "effectif"],
            4: ["Champ :", "France hors Mayotte, intérimaires y compris CDI intérimaires"],
            5: [
                "Source :",
                "Dares, exploitation des DSN et des déclarations mensuelles des agences d'intérim.",
            ],
            7: [None, None, *years],
            8: [None, None, *quarters],
            30: [None, None, *years],
            31: ["regions", None, *quarters],
        }
        for line, label, code, values in app.figures.rows(
            "select ligne, libelle, code, valeurs from dares_interim where feuille = ?", [name]
        ):
            lines[line] = [label, code, *values]
        sheets.append((name, [lines.get(number, []) for number in range(1, max(lines) + 1)]))
    return xlsx_bytes(sheets)


FLUX = {
    "Entrées cat ABC_motif": (
        "Entrées à France Travail en catégories A, B, C : par motif d'inscription",
        7,
        [
            "France entière\n(catégories A,B,C)",
            "Licenciement économique",
            "Autre licenciement",
            "Démission",
            "Fin de contrat (2)",
            "Fin de mission",
            "Première entrée sur le marché du travail",
            "Reprise après inactivité",
            "Rupture conventionnelle",
            "Réinscription rapide",
            "Autres motifs(3)",
            "Indéterminé",
        ],
    ),
    "Sorties cat ABC_motif": (
        "Sorties de France Travail de catégories A, B, C : par motif de sortie",
        6,
        [
            "France entière (1)\n(catégories A,B,C)",
            "Reprise d'emploi déclarée",
            "Entrée en stage",
            "Arrêts de recherche (hors DRE et maladie)",
            "Arrêt maladie",
            "DRE",
            "Cessation d'inscription pour défaut d'actualisation (2)",
            "Radiation",
            "Autres cas",
        ],
    ),
}


def flux(app: ReplicaApp) -> bytes:
    """DARES: entries and exits of job seekers by motive, France, seasonally adjusted. A dot is the producer's
    mark for what is not available; under the entries, empty rows then a note."""
    sheets: list[tuple[str, Iterable[Row]]] = [("Descriptif", [["Statistiques trimestrielles"], [NOTE]])]
    for name, (title, header, motives) in FLUX.items():
        lines: list[Row] = [[] for _ in range(header - 1)]
        lines[:4] = [
            ["Titre", title],
            ["Données", "CVS-CJO, moyenne trimestrielle"],
            ["Niveau géographique", "France entière (1)"],
            ["Source", "France Travail - Dares, STMT"],
        ]
        lines.append(["Période", *motives])
        if name.startswith("Entrées"):
            lines.append([])
        for quarter, values in app.figures.rows(
            "select trimestre, valeurs from dares_flux where feuille = ? order by trimestre", [name]
        ):
            lines.append([quarter, *(float(v) if v and v.isdigit() else v for v in values)])
        if name.startswith("Entrées"):
            lines += [[], [], ["n.d.= non disponible"]]
        sheets.append((name, lines))
    return xlsx_bytes(sheets)
