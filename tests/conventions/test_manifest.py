"""Rules of the house over the dbt manifest: layers, names, descriptions, keys, contracts. No data needed."""

import json
import os
import re
import subprocess
from pathlib import Path

import pytest
import yaml

from expectations import suite
from publish.exports import vigilance
from tests.run_dbt import run_dbt

RACINE = Path(__file__).resolve().parents[2]

# A source that a mart, or another layer than the next one, may read.
LECTURES_ADMISES: dict[str, set[str]] = {
    "staging": {"source"},
    "intermediate": {"staging", "intermediate", "seed"},
    "marts": {"intermediate", "marts", "seed"},
    "qualite": {"staging", "intermediate", "marts", "seed"},
}


@pytest.fixture(scope="session")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> dict:
    """The manifest of the project, parsed without a database."""
    cible = tmp_path_factory.mktemp("dbt")
    env = os.environ | {
        "DBT_TARGET_PATH": str(cible),
        "DBT_LOG_PATH": str(cible),
        "REFERENTIEL_BASE": str(cible / "x.duckdb"),
    }
    sortie = run_dbt("parse", cwd=RACINE, env=env, timeout=120)
    assert sortie.returncode == 0, sortie.stdout + sortie.stderr
    assert "Deprecat" not in sortie.stdout, sortie.stdout
    return json.loads((cible / "manifest.json").read_text(encoding="utf-8"))


def modeles(manifest: dict) -> dict[str, dict]:
    return {n["name"]: n for n in manifest["nodes"].values() if n["resource_type"] == "model"}


def couche(noeud: dict) -> str:
    return "seed" if noeud["resource_type"] == "seed" else noeud["path"].split("/")[0]


def test_layers_read_only_the_layer_before(manifest: dict) -> None:
    tous = manifest["nodes"] | manifest["sources"]
    fautes = []
    for nom, modele in modeles(manifest).items():
        for parent in modele["depends_on"]["nodes"]:
            amont = "source" if parent.startswith("source.") else couche(tous[parent])
            if amont not in LECTURES_ADMISES[couche(modele)]:
                fautes.append(f"{nom} ({couche(modele)}) lit {parent} ({amont})")
    assert not fautes, "\n".join(fautes)


def test_names_say_the_layer(manifest: dict) -> None:
    motifs = {
        "staging": r"stg_[a-z]+__[a-z0-9_]+",
        "intermediate": r"int_[a-z0-9_]+",
        "qualite": r"qc__[a-z0-9_]+",
        "marts": r"(?!stg_|int_|qc__)[a-z_]+",
    }
    fautes = [n for n, m in modeles(manifest).items() if not re.fullmatch(motifs[couche(m)], n)]
    assert not fautes


def test_staging_folder_is_the_producer(manifest: dict) -> None:
    for nom, modele in modeles(manifest).items():
        if couche(modele) == "staging":
            assert modele["path"].split("/")[1] == nom.removeprefix("stg_").split("__")[0], modele["path"]


def test_every_model_and_column_is_described(manifest: dict) -> None:
    sans = [n for n, m in modeles(manifest).items() if len(m["description"].strip()) < 40]
    assert not sans, f"modèles sans description : {sans}"
    sans = [
        f"{n}.{c}"
        for n, m in modeles(manifest).items()
        for c, d in m["columns"].items()
        if not d["description"].strip()
    ]
    assert not sans, f"colonnes sans description : {sans}"


def test_description_says_what_a_row_is_and_its_key(manifest: dict) -> None:
    for nom, modele in modeles(manifest).items():
        if couche(modele) in ("marts", "staging"):
            assert "Chaque ligne est" in modele["description"], nom


def test_public_models_have_an_enforced_contract(manifest: dict) -> None:
    for nom, modele in modeles(manifest).items():
        if couche(modele) == "marts":
            assert modele["access"] == "public", nom
            assert modele["contract"]["enforced"], nom
        else:
            assert modele["access"] != "public", nom


def test_every_key_is_tested(manifest: dict) -> None:
    testes = {
        t["attached_node"].split(".")[-1]
        for t in manifest["nodes"].values()
        if t["resource_type"] == "test" and t.get("test_metadata", {}).get("name") in ("cle_unique", "unique")
    }
    for nom, modele in modeles(manifest).items():
        if "Clé :" in modele["description"]:
            primaire = any(c["type"] == "primary_key" for c in modele.get("constraints", []))
            assert nom in testes or primaire, f"{nom} annonce une clé que rien ne vérifie"


def test_every_singular_test_says_why(manifest: dict) -> None:
    for noeud in manifest["nodes"].values():
        if noeud["resource_type"] == "test" and "test_metadata" not in noeud:
            assert noeud["description"].strip(), noeud["name"]


def test_every_landing_source_has_one_yaml_and_one_staging_model(manifest: dict) -> None:
    declarees = {s["name"] for s in manifest["sources"].values() if s["source_name"] == "landing"}
    fichiers = {p.stem for p in (RACINE / "extract/sources").glob("*.yml")}
    assert declarees == fichiers
    lues = {
        p.split(".")[-1]
        for m in modeles(manifest).values()
        for p in m["depends_on"]["nodes"]
        if p.startswith("source.referentiel.landing.")
    }
    assert declarees == lues


def test_no_file_of_the_repository_is_large() -> None:
    suivis = subprocess.run(
        ["git", "ls-files", "-z"], cwd=RACINE, capture_output=True, check=True
    ).stdout.decode()
    gros = [
        f
        for f in suivis.split("\0")
        if f and (RACINE / f).exists() and (RACINE / f).stat().st_size > 2_000_000
    ]
    assert not gros


def test_the_bench_feeds_every_relation_that_the_projection_reads(manifest: dict) -> None:
    from bench.projection import INPUTS

    model = manifest["nodes"]["model.referentiel.int_observations_publiees"]
    assert {name.rsplit(".", 1)[1] for name in model["depends_on"]["nodes"]} == set(INPUTS)


# --- What is known to break a rule today: tests/conventions/violations_connues.yml, which may only shrink. ---

CONNUES = Path(__file__).with_name("violations_connues.yml")


def sans_test(manifest: dict) -> set[str]:
    """Models on which no data test bears."""
    testes = {
        parent.split(".")[-1]
        for t in manifest["nodes"].values()
        if t["resource_type"] == "test"
        for parent in t["depends_on"]["nodes"]
    }
    return {
        nom for nom, modele in modeles(manifest).items() if nom not in testes and couche(modele) != "qualite"
    }


def sans_cle(manifest: dict) -> set[str]:
    """Published tables and staging models whose description names no key."""
    return {
        nom
        for nom, modele in modeles(manifest).items()
        if couche(modele) in ("marts", "staging") and "Clé :" not in modele["description"]
    }


def essais_sans_phrase(manifest: dict) -> set[str]:
    """Unit tests of models without a sentence: it is what the page of the judgement prints."""
    return {t["name"] for t in manifest.get("unit_tests", {}).values() if not t["description"].strip()}


REGLES = {
    "modeles_sans_test": sans_test,
    "tables_sans_cle": sans_cle,
    "tests_sans_phrase": essais_sans_phrase,
}


@pytest.mark.parametrize("regle", REGLES)
def test_known_violations_may_only_shrink(manifest: dict, regle: str) -> None:
    connues = set(yaml.safe_load(CONNUES.read_text(encoding="utf-8")).get(regle) or [])
    constatees = REGLES[regle](manifest)
    assert not constatees - connues, f"{regle}, nouvelles : {sorted(constatees - connues)}"
    assert not connues - constatees, (
        f"{regle}, réparées, à retirer de la liste : {sorted(connues - constatees)}"
    )


def test_every_suspicion_has_a_reader(manifest: dict) -> None:
    """A sheet of the vigilance workbook that nobody is named for would be read by nobody."""
    lecteurs = {q.objet: q for q in vigilance.questions()}
    assert all(q.lecteur.strip() and q.geste.strip() and q.titre.strip() for q in lecteurs.values())
    feuilles = {e.vigilance for s in suite.load_all() for e in s.attentes if e.vigilance}
    tables = {n for n in modeles(manifest) if n.startswith("qc__")}
    assert feuilles | tables == set(lecteurs)


def test_every_warning_of_the_suites_reaches_a_reader() -> None:
    """A warning that lists figures goes to the workbook, not only to a log."""
    muettes = [
        e.id
        for s in suite.load_all()
        for e in s.attentes
        if e.severite == "avertissement" and {"indicateur", "territoire"} <= set(e.ou) and not e.vigilance
    ]
    assert not muettes
