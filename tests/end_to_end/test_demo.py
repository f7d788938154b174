"""The whole road over loopback HTTP: replica, extraction, dbt, Great Expectations, release, SQL, exports. Real figures.

The demo is run once for the module, in a folder of its own; each test reads what it left.
"""

import json
import xml.etree.ElementTree as ET
from collections import defaultdict
from pathlib import Path

import openpyxl
import pytest
from conduite import publier

from extract.settings import Settings
from publish import releases, screen
from publish.run import Outcome

RACINE = Path(__file__).resolve().parents[2]

# What issue 2 promises of the release (Insee, Banque de France; read in the producers' publications).
CHIFFRES = [
    ("population_municipale", "REG-28", "2023", 3_345_842),
    ("population_municipale", "DEP-14", "2023", 709_441),
    ("population_municipale", "DEP-27", "2023", 602_714),
    ("population_municipale", "DEP-50", "2023", 497_522),
    ("population_municipale", "DEP-61", "2023", 275_201),
    ("population_municipale", "DEP-76", "2023", 1_260_964),
    ("population_municipale", "REG-28", "2016", 3_335_929),
    ("population_municipale", "REG-28", "2019", 3_325_032),
    ("population_municipale", "REG-28", "2021", 3_327_966),
    ("population_municipale", "REG-28", "2022", 3_339_074),
    ("taux_chomage_localise", "REG-28", "2023-T3", 6.9),
    ("taux_chomage_localise", "DEP-14", "2023-T3", 6.5),
    ("taux_chomage_localise", "DEP-27", "2023-T3", 7.0),
    ("taux_chomage_localise", "DEP-50", "2023-T3", 5.1),
    ("taux_chomage_localise", "DEP-61", "2023-T3", 6.5),
    ("taux_chomage_localise", "DEP-76", "2023-T3", 7.9),
    ("taux_chomage_localise", "ZE2020-2804", "2023-T3", 6.8),
    ("taux_chomage_localise", "ZE2020-0051", "2023-T3", 6.5),
    ("emploi_salarie", "REG-28", "2022-T4", 1_232_096),
    ("defaillances_12_mois", "REG-28", "2025-08", 2_737),
    ("niveau_vie_median", "COM-14118", "2021", 21_600),
    ("niveau_vie_median", "COM-76540", "2021", 21_330),
]
TERRITOIRES = {"COM": 2644, "DEP": 5, "EPCI": 71, "ZE2020": 24, "BV2022": 125, "REG": 18}


@pytest.mark.parametrize(("indicateur", "territoire", "periode", "attendu"), CHIFFRES)
def test_figures_of_the_producers(
    base, indicateur: str, territoire: str, periode: str, attendu: float
) -> None:
    lignes = base.execute(
        "select valeur, livraison from observations where indicateur = ? and territoire = ? and periode = ? and modalite = '_T'",
        [indicateur, territoire, periode],
    ).fetchall()
    assert [round(v, 6) for v, _ in lignes] == [attendu]
    assert lignes[0][1], "un chiffre sans livraison n'a pas de preuve"


def test_failures_of_the_region_are_the_sum_of_its_departements(base) -> None:
    somme = base.execute(
        "select sum(valeur) from observations where indicateur = 'defaillances_12_mois' and periode = '2025-08' "
        "and modalite = '_T' and territoire like 'DEP-%'"
    ).fetchone()[0]
    assert somme == 2_737


def test_a_zone_is_that_of_today_where_the_producer_counted_in_an_older_one(base) -> None:
    apart = base.execute(
        "select z.territoire, z.periode from observations z join territoires t using (territoire)"
        " join appartenances a on a.type_territoire = t.type_territoire and a.code_territoire = t.code_territoire"
        " and a.millesime_cog = t.millesime_cog"
        " join observations c on c.territoire = 'COM-' || a.code_commune and c.indicateur = z.indicateur"
        " and c.periode = z.periode and c.modalite = z.modalite"
        " where z.indicateur = 'emploi_salarie_prive' and z.modalite = '_T' and t.type_territoire = 'ZE2020'"
        " and not t.est_interregional group by all having sum(c.valeur) <> any_value(z.valeur)"
    ).fetchall()
    assert apart == []
    shared = "select periode, valeur from observations where territoire = 'ZE2020-2806' and indicateur ="
    jobs, ratio = (
        dict(base.execute(f"{shared} '{name}'").fetchall())["2023"]
        for name in ("emploi_salarie_prive", "emploi_prive_pour_100_habitants")
    )
    # Urssaf prints 12,331 for the zone of 2021: Lingreville, 119 jobs, has come to it since, and its inhabitants.
    assert (jobs, round(ratio, 3)) == (12_450, 19.405)


def test_a_zone_that_holds_every_part_of_a_split_commune_estimates_nothing(base) -> None:
    told = "select statut from observations where indicateur = 'population_municipale' and periode = '2016' and territoire ="
    assert base.execute(f"{told} 'REG-28'").fetchone() == ("A",)
    assert base.execute(f"{told} 'COM-14666'").fetchone() == ("E",)


def test_territories(base) -> None:
    comptes = dict(base.execute("select type_territoire, count(*) from territoires group by 1").fetchall())
    assert {k: comptes[k] for k in TERRITOIRES} == TERRITOIRES


def test_secret_communes_are_null_never_zero(base) -> None:
    nuls, zeros = base.execute(
        "select count(*) filter (valeur is null), count(*) filter (valeur = 0) from observations "
        "where indicateur = 'niveau_vie_median' and territoire like 'COM-%'"
    ).fetchone()
    assert (nuls, zeros) == (137, 0)
    recues = base.execute(
        "select count(*) from observations_historique where indicateur = 'niveau_vie_median' and confidentialite = 'C' "
        "and (territoire like 'COM-14%' or territoire like 'COM-27%' or territoire like 'COM-50%' "
        "or territoire like 'COM-61%' or territoire like 'COM-76%')"
    ).fetchone()[0]
    assert recues == 137


def test_at_least_thirty_indicators_in_every_promised_theme(base) -> None:
    remplis = base.execute(
        "select count(distinct o.indicateur) from observations o where o.valeur is not null"
    ).fetchone()[0]
    assert remplis >= 30
    themes = {t for (t,) in base.execute("select distinct theme from indicateurs").fetchall()}
    assert {"Population", "Emploi", "Chômage", "Entreprises", "Revenus", "Soutien et tensions"} <= themes


def test_every_table_and_column_has_a_comment(base) -> None:
    sans = base.execute(
        "select table_name from duckdb_tables() where comment is null union all "
        "select table_name || '.' || column_name from duckdb_columns() where not internal and schema_name = 'main' "
        "and comment is null"
    ).fetchall()
    assert not sans


def test_macros_of_the_contract(base) -> None:
    assert base.execute(
        "select valeur from serie('taux_chomage_localise', 'REG-28') where periode = '2023-T3'"
    ).fetchone() == (6.9,)
    told = base.execute("select count(*), count(fiabilite) from portrait('EPCI-200065597')").fetchone()
    assert told[0] > 15 and told[0] == told[1]
    assert base.execute(
        "select libelle from classement('taux_chomage_localise', 'ZE2020') limit 1"
    ).fetchone() == ("Le Havre",)
    zone = "select valeur from zone(['14118', '14327'], 'population_municipale') where periode = '2023'"
    parts = "select sum(valeur) from observations where indicateur = 'population_municipale' and periode = '2023' and territoire in ('COM-14118', 'COM-14327')"
    assert base.execute(zone).fetchone() == base.execute(parts).fetchone()
    assert base.execute(
        "select count(*) from zone(['14118'], 'niveau_vie_median') where valeur is not null"
    ).fetchone() == (0,)
    assert (
        base.execute("select distinct motif from zone(['14118', '99999'], 'population_municipale')")
        .fetchone()[0]
        .startswith("Liste refusée : 99999 n'existe dans aucun COG")
    )
    assert (
        base.execute(
            "select count(*) from au(date '2023-12-31') where indicateur = 'taux_chomage_localise'"
        ).fetchone()[0]
        > 0
    )
    assert base.execute(
        "select count(*) from au(date '2023-12-01') where indicateur = 'taux_chomage_localise' and territoire = 'REG-28'"
    ).fetchone() == (0,)


def test_proof_leads_to_the_archived_bytes(base, data: Path) -> None:
    role, sha, url = base.execute(
        "select role, sha256, url from preuve('taux_chomage_localise', 'REG-28', '2023-T3')"
    ).fetchone()
    assert role == "chiffre" and url.startswith("https://")
    objets = {p.name for p in (data / "archive/objets").rglob("*") if p.is_file()}
    journal = [
        json.loads(x) for x in (data / "archive/journal.jsonl").read_text(encoding="utf-8").splitlines()
    ]
    assert sha in objets or any(sha == e.get("sha256") for e in journal)


def test_workbook_prints_the_release(base, data: Path) -> None:
    classeur = openpyxl.load_workbook(data / "published/current/exports/chiffres_cles.xlsx", read_only=True)
    assert any("notes" in n.lower() for n in classeur.sheetnames)
    nombres = {
        round(c, 6)
        for f in classeur
        for ligne in f.iter_rows(values_only=True)
        for c in ligne
        if isinstance(c, (int, float))
    }
    assert {3_345_842, 6.9, 1_232_096, 2_737, 709_441} <= nombres


def test_exports_agree(base, data: Path) -> None:
    exports = data / "published/current/exports"
    n = base.execute("select count(*) from chiffres_cles").fetchone()
    assert base.execute(f"select count(*) from '{exports}/chiffres_cles.parquet'").fetchone() == n
    assert (
        base.execute(
            f"select count(*) from read_csv('{exports}/chiffres_cles.csv', delim = ';', header = true)"
        ).fetchone()
        == n
    )


def lines_of(picture: str) -> list[str]:
    """What a picture of a screen says, line by line, spaces aside."""
    found: dict[float, list[tuple[float, str]]] = defaultdict(list)
    for text in ET.fromstring(picture).iter("{http://www.w3.org/2000/svg}text"):
        if "y" in text.attrib and text.get("textLength"):
            found[float(text.attrib["y"])].append((float(text.attrib["x"]), "".join(text.itertext())))
    return [" ".join("".join(text for _, text in sorted(found[y])).split()) for y in sorted(found)]


def test_picture_of_the_readme_shows_this_demonstration(data: Path) -> None:
    outcome = Outcome(0, "", releases.require_current(data / "published"))
    svg = (RACINE / "docs/images/demo.svg").read_text(encoding="utf-8")
    assert "@font-face" not in svg, "a picture that fetches its font"
    shown = lines_of(svg)
    now = lines_of(screen.picture(outcome, Settings(data, producteurs="http://127.0.0.1:9")))
    paths = next(n for n, line in enumerate(now) if line.startswith("Base SQL"))
    # the columns of what was pulled are as wide as its rows, which this outcome has not
    told = [line for line in now[:paths] if not line.startswith("Producteur ")]
    told += [line for line in now if "make " in line]
    assert any(line.startswith("Contient ") for line in told) and any("make refresh" in line for line in told)
    if (
        len(releases.every(data / "published")) > 1
    ):  # judged against the one before: more checks than a first one
        told = [line for line in told if not line.startswith("Jugée ")]
    assert [line for line in told if line not in shown] == [], (
        "docs/images/demo.svg is not the last screen of the demonstration any more. In a clone without data:"
        " .venv/bin/python -m publish demo --image docs/images/demo.svg"
    )


def test_nothing_new_is_told_quickly_and_changes_nothing(data: Path) -> None:
    avant = (data / "published/current").resolve()
    sortie = publier(data, "demo")
    assert sortie.returncode == 0, sortie.stderr
    assert (data / "published/current").resolve() == avant
    assert "rien de nouveau" in (sortie.stdout + sortie.stderr).lower()


def test_sql_prints_one_result(data: Path) -> None:
    sortie = publier(data, "sql", "select count(*) as n from territoires where type_territoire = 'EPCI'")
    assert sortie.returncode == 0 and "71" in sortie.stdout


def test_status_has_one_line_per_source(data: Path) -> None:
    sortie = publier(data, "status")
    sources = sorted(p.stem for p in (RACINE / "extract/sources").glob("*.yml"))
    assert sortie.returncode == 0
    assert all(s in sortie.stdout for s in sources)


def test_another_region_without_network_ends_with_4_and_leaves_nothing(tmp_path: Path) -> None:
    # A proxy that refuses stands for a machine without network, wherever the test runs.
    mort = {
        "https_proxy": "http://127.0.0.1:9",
        "http_proxy": "http://127.0.0.1:9",
        "HTTPS_PROXY": "http://127.0.0.1:9",
    }
    sortie = publier(tmp_path, "run", REFERENTIEL_REGION="53", **mort)
    assert sortie.returncode == 4, sortie.stdout + sortie.stderr
    assert not (tmp_path / "published/current").exists()
    assert (
        not list((tmp_path / "landing").glob("*/insee__*.parquet"))
        if (tmp_path / "landing").exists()
        else True
    )
