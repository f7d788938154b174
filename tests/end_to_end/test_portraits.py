"""Which questions a portrait answers: of the demonstration's release, and of one that knows what the other producers publish."""

from __future__ import annotations

import itertools
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest
from pypdf import PdfReader
from shapely import Polygon, box

from publish.exports.reports import batch, charts, pdf
from publish.exports.reports import page as html
from publish.exports.reports import questions as q
from publish.exports.reports.dashboard import dashboard, room, territories
from publish.exports.reports.document import Chart, Document, Picture, Table
from publish.exports.reports.facts import Facts
from publish.exports.reports.notes import Notes
from publish.exports.reports.portrait import portrait
from publish.exports.reports.questions import Asked

EPCI, COMMUNE, REGION, ZONE, PROJET = (
    "EPCI-200065597",
    "COM-50353",
    "REG-28",
    "ZE2020-0051",
    "PROJET-BASSE-NORMANDIE",
)
# Invented figures of indicators that the demonstration does not have: indicator, period, value, the region's.
INVENTES = (
    ("part_moins_15_ans", "2022", 16.5, 17.1),
    ("part_65_ans_plus", "2022", 19.8, 22.4),
    ("part_proprietaires", "2022", 46.1, 58.3),
    ("part_logements_vacants", "2022", 7.2, 8.4),
    ("part_sans_diplome", "2022", 18.9, 23.7),
    ("part_bac_plus_5", "2022", 14.2, 7.9),
    ("taux_pauvrete", "2022", 15.6, 14.1),
    ("salaire_net_moyen_eqtp", "2022", 2480.0, 2390.0),
    ("part_actifs_hors_commune", "2022", 66.0, 71.5),
    ("part_deplacements_voiture", "2022", 68.4, 80.2),
    ("capacite_hoteliere", "2025", 2650.0, 19000.0),
    ("capacite_campings", "2025", 1180.0, 36000.0),
    ("taux_emploi_15_64", "2022", 64.1, 65.2),
    ("taux_emploi_55_64", "2022", 55.3, 54.0),
)
SERIES = {"creations_entreprises_annee": [2900.0, 3350.0, 3800.0, 3700.0, 3900.0]}
PARTS = {
    "etablissements_actifs": {"secteur_a10:BE": 1150.0, "secteur_a10:GI": 6400.0, "secteur_a10:FZ": None}
}


@pytest.fixture(scope="module")
def facts(data: Path) -> Facts:
    return lire(data / "published/current/referentiel.duckdb", EPCI, COMMUNE, ZONE, PROJET, REGION)


def lire(base: Path, *territoires: str) -> Facts:
    return batch.prepared(
        base, territoires, region="28", release="essai", made=datetime(2026, 1, 1, tzinfo=UTC), previous=None
    )


@pytest.fixture(scope="module")
def riche(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Facts:
    """A release of the same territories that also knows housing, diplomas, travel, wages, tourism and creations."""
    copie = tmp_path_factory.mktemp("riche") / "referentiel.duckdb"
    shutil.copyfile(data / "published/current/referentiel.duckdb", copie)
    with duckdb.connect(str(copie)) as base:
        for indicateur, periode, valeur, region in INVENTES:
            for territoire, propre in ((EPCI, valeur), (REGION, region)):
                base.execute(
                    "delete from chiffres_cles where indicateur = ? and territoire = ?",
                    [indicateur, territoire],
                )
                base.execute(
                    "insert into chiffres_cles (territoire, indicateur, periode, valeur, valeur_region) values (?, ?, ?, ?, ?)",
                    [territoire, indicateur, periode, propre, region],
                )
        for indicateur, valeurs in SERIES.items():
            for annee, valeur in enumerate(valeurs, start=2020):
                inserer(base, indicateur, "_T", annee, valeur)
        for indicateur, parts in PARTS.items():
            for modalite, valeur in parts.items():
                inserer(base, indicateur, modalite, 2023, valeur)
    return lire(copie, EPCI)


def inserer(
    base: duckdb.DuckDBPyConnection, indicateur: str, modalite: str, annee: int, valeur: float | None
) -> None:
    base.execute(
        "insert into observations (indicateur, territoire, periode, modalite, valeur, confidentialite, livraison, date_debut,"
        " date_fin) values (?, ?, ?, ?, ?, ?, 'essai', make_date(?, 1, 1), make_date(?, 12, 31))",
        [indicateur, EPCI, str(annee), modalite, valeur, "F" if valeur is not None else "C", annee, annee],
    )


def graphiques(document: Document) -> Iterator[Chart]:
    for page in document.pages:
        for rang in page.rows:
            yield from (bloc for _, bloc in rang if isinstance(bloc, Chart))


def test_each_theme_that_the_release_knows_has_its_question(riche: Facts) -> None:
    trouves = {i: chart for chart in graphiques(portrait(riche, EPCI)) for i in chart.indicators}
    for indicateur in (
        "population_municipale",
        "emploi_salarie_prive",
        "taux_chomage_localise",
        "creations_entreprises_annee",
        "part_proprietaires",
        "part_sans_diplome",
        "capacite_hoteliere",
    ):
        assert indicateur in trouves, sorted(trouves)
    assert trouves["part_sans_diplome"].question == "Les habitants sont-ils plus diplômés qu'ailleurs ?"
    assert "23,7" in trouves["part_sans_diplome"].answer
    assert len(list(graphiques(portrait(riche, EPCI)))) == 10


def test_a_part_that_is_missing_does_not_shift_the_others(riche: Facts) -> None:
    """Beside each part stands the same part of the département, whatever the territory lacks."""
    parts = (
        ("part_emploi_agricole", "Agriculture"),
        ("part_proprietaires", "Propriétaires"),
        ("part_logements_vacants", "Vacants"),
    )
    sans = {k: v._replace(region=None) for k, v in riche.keys.items()}
    voisins = {
        ("DEP-14", i): riche.keys[EPCI, i]._replace(territoire="DEP-14", valeur=v)
        for i, v in (("part_proprietaires", 61.1), ("part_logements_vacants", 9.9))
    }
    autres = Facts(**{**riche.__dict__, "keys": {**sans, **voisins}})
    chart = q.structure(Asked(autres, EPCI, Notes(autres)), parts, "?")
    assert chart is not None
    textes = re.findall(r">([^<>]+)</text>", chart.drawing.svg())
    assert textes[textes.index("Propriétaires") + 1 :][:2] == ["46,1\u202f%", "61,1\u202f%"]
    assert textes[textes.index("Vacants") + 1 :][:2] == ["7,2\u202f%", "9,9\u202f%"]


def test_parts_of_another_year_are_not_printed_under_the_last(riche: Facts) -> None:
    vieux = riche.keys[EPCI, "part_logements_vacants"]._replace(periode="2017")
    autres = Facts(**{**riche.__dict__, "keys": {**riche.keys, (EPCI, "part_logements_vacants"): vieux}})
    asked = Asked(autres, EPCI, Notes(autres))
    assert q.structure(asked, (("part_proprietaires", "P"), ("part_logements_vacants", "V")), "?") is None


def test_a_breakdown_says_what_is_secret(riche: Facts) -> None:
    chart = q.breakdown(Asked(riche, EPCI, Notes(riche)), "etablissements_actifs", "secteur_a10", "?")
    assert chart is not None
    textes = re.findall(r">([^<>]+)</text>", chart.drawing.svg())
    assert "secret" in textes and "6\u202f400" in textes and "0" not in textes


def test_a_star_is_told_by_the_legend_and_by_its_note(facts: Facts) -> None:
    """An evolution that crosses a break, of the indicator itself or of a term, says so in the note of its row."""
    made = portrait(facts, EPCI)
    assert "* : l'évolution franchit une rupture" in made.legend
    notes = {note.number: note.text for note in made.notes}
    starred = [
        row
        for page in made.pages
        for rang in page.rows
        for _, bloc in rang
        if isinstance(bloc, Table)
        for row in bloc.rows
        if any(cell.text.endswith("*") for cell in row)
    ]
    assert {"Emplois salariés privés pour 100 habitants"} <= {row[0].text for row in starred}
    for row in starred:
        assert re.search("[Rr]upture|apprentis", notes[str(row[0].note)]), row[0].text


def test_no_zone_speaks_for_a_territory_spread_over_several(facts: Facts) -> None:
    projet = portrait(facts, PROJET)
    (chart,) = [c for c in graphiques(projet) if "taux_chomage_localise" in c.indicators]
    assert chart.question == "Quel chômage dans ses zones d'emploi ?" and "Normandie" in chart.drawing.svg()
    assert projet.subtitle.startswith("Territoire de projet · Calvados, Manche, Orne")
    assert not [c for c in graphiques(projet) if "département" in c.question]
    assert facts.employment_area(EPCI) == "ZE2020-2804"
    assert "hors de la région" in portrait(facts, ZONE).subtitle
    assert not [c for c in graphiques(portrait(facts, ZONE)) if "du département" in c.question]


@pytest.mark.parametrize("territoire", [EPCI, COMMUNE, ZONE, PROJET, REGION])
def test_notes_are_numbered_as_they_are_read_and_stand_on_one_page(
    facts: Facts, territoire: str, tmp_path: Path
) -> None:
    document = portrait(facts, territoire)
    appels = []
    numeros = {n.label: int(n.number) for n in document.notes if n.number.isdigit()}
    for page in document.pages:
        for rang in page.rows:
            for _, bloc in rang:
                if isinstance(bloc, Table):
                    appels += [cell.note for ligne in bloc.rows for cell in ligne]
                elif isinstance(bloc, Chart):
                    appels.append(bloc.source.note)
                    appels += [numeros[facts.indicators[i].libelle] for i in bloc.indicators]
                elif isinstance(bloc, Picture):
                    appels.append(bloc.source.note)
                else:
                    appels.append(getattr(bloc, "note", 0))
    premiers = list(dict.fromkeys(n for n in appels if n))
    assert premiers == sorted(premiers) and premiers[0] == 1
    assert set(premiers) <= {int(n.number) for n in document.notes if n.number.isdigit()}
    fichier = tmp_path / "p.pdf"
    fichier.write_bytes(pdf.write(document, facts.made))
    pages = [page.extract_text() for page in PdfReader(fichier).pages]
    assert sum("Sources, périodes, géographie" in texte for texte in pages) == 1
    assert "Sources, périodes, géographie" in pages[-1]
    for numero, texte in enumerate(pages, start=1):
        assert f"{numero} / {len(pages)}" in texte


DEUX_FOIS = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from publish.exports.reports import batch
if __name__ == "__main__":
    wanted = ["EPCI-200065597", "COM-50353"]
    facts = batch.prepared(Path(sys.argv[1]), wanted, region="28", release="essai", made=datetime(2026, 1, 1, tzinfo=UTC), previous=None)
    batch.write_one(facts, wanted[0], Path(sys.argv[2]))
    print(*(p.name for p in batch.write_all(facts, wanted, Path(sys.argv[2]), processes=2)))
"""


def test_many_portraits_follow_one_in_the_same_process(data: Path, tmp_path: Path) -> None:
    """A pool that is forked after a compilation would wait for ever for threads that it has not."""
    script = tmp_path / "deux_fois.py"
    script.write_text(DEUX_FOIS, encoding="utf-8")
    fait = subprocess.run(
        [sys.executable, str(script), str(data / "published/current/referentiel.duckdb"), str(tmp_path)],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2])},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert fait.returncode == 0, fait.stderr
    assert len(fait.stdout.split()) == 4


def test_the_notes_of_the_dashboard_are_numbered_as_they_are_read(data: Path) -> None:
    """The line under the map of the zones calls the note of the rate of unemployment, wherever it is read."""
    base = data / "published/current/referentiel.duckdb"
    with duckdb.connect(str(base), read_only=True) as c:
        regions = dict(c.execute("select territoire, code_region from territoires").fetchall())
    facts = lire(base, *territories(list(regions), "28", regions))
    document = dashboard(facts)
    libelle = {int(n.number): n.label for n in document.notes if n.number.isdigit()}
    (carte,) = [b for page in document.pages for rang in page.rows for _, b in rang if isinstance(b, Picture)]
    assert libelle[carte.source.note] == facts.indicators["taux_chomage_localise"].libelle
    # without the figures that are read before it, its number is another
    sans = {k: v for k, v in facts.keys.items() if k[1] != "taux_chomage_localise" or k[0].startswith("ZE")}
    autre = dashboard(Facts(**{**facts.__dict__, "keys": sans}))
    libelle = {int(n.number): n.label for n in autre.notes if n.number.isdigit()}
    (carte,) = [b for page in autre.pages for rang in page.rows for _, b in rang if isinstance(b, Picture)]
    assert libelle[carte.source.note] == facts.indicators["taux_chomage_localise"].libelle


def test_what_changed_says_the_figures_of_both_releases(data: Path, tmp_path: Path) -> None:
    """The release before, SYNTHETIC: one figure of another period, one of another value, all the others as now."""
    base, avant = data / "published/current/referentiel.duckdb", tmp_path / "avant.duckdb"
    shutil.copyfile(base, avant)
    with duckdb.connect(str(avant)) as c:
        for changement in (
            "periode = '2022', valeur = 270000 where indicateur = 'population_municipale'",
            "valeur = 111222 where indicateur = 'emploi_salarie_prive'",
            # what is printed the same has not changed
            "valeur = valeur + 0.001 where indicateur = 'emploi_prive_pour_100_habitants'",
        ):
            c.execute(f"update chiffres_cles set {changement} and territoire = '{EPCI}'")
    facts = batch.prepared(
        base,
        [EPCI],
        region="28",
        release="essai",
        made=datetime(2026, 1, 1, tzinfo=UTC),
        previous=("avant", avant),
    )
    texte = html.write(portrait(facts, EPCI))
    debut = texte.index("Ce qui a changé depuis la release précédente")
    dit = texte[debut : texte.index("</section>", debut)]
    assert "nouvelle période, 281\u202f165 en 2023 (270\u202f000 en 2022)" in dit
    assert "2024\u00a0: révisé, 111\u202f503 au lieu de 111\u202f222" in dit
    assert "Comparaison avec la release avant" in dit and dit.count("<li>") == 3


def test_labels_stay_inside_their_zone() -> None:
    carre = Polygon([(0, 0), (40, 0), (40, 20), (0, 20)])
    assert room(carre, 30, 10) is not None and room(carre, 30, 25) is None
    # a crescent holds its label, not its centroid
    croissant = Polygon([(0, 0), (60, 0), (60, 60), (0, 60), (0, 45), (45, 45), (45, 15), (0, 15)])
    place = room(croissant, 30, 10)
    assert place is not None
    assert croissant.contains(box(place[0] - 15, place[1] - 5, place[0] + 15, place[1] + 5))


def test_decreases_are_seen_without_colours() -> None:
    carre = [[(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)]]
    droite = [[(1.0, 0.0), (2.0, 0.0), (2.0, 1.0), (1.0, 1.0)]]
    carte = charts.choropleth(
        charts.ground([carre, droite], []),
        [-0.7, 0.7],
        q.BREAKS["evolution_annuelle_population"][0],
        charts.DIVERGING,
        "",
        "%",
        missing="n.d.",
        decimals=1,
    )
    hachures = re.findall(r"url\(#(\w+)\)", carte.svg())
    assert (
        len(hachures) == len(set(hachures)) == 1 + 3
    )  # the commune that loses, and three classes of the legend


def test_labels_at_the_end_of_curves_never_cover_each_other() -> None:
    places = charts.apart([50.0, 51.0, 52.0, 118.0], [16.4, 8.2, 8.2, 8.2], 15, 114)
    ordre = sorted(zip(places, [16.4, 8.2, 8.2, 8.2], strict=True))
    assert all(b - a >= (x + y) / 2 - 0.1 for (a, x), (b, y) in itertools.pairwise(ordre))
