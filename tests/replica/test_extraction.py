"""The whole extraction against the replica: every source lands, nothing new is nothing, faults stay where
they are."""

from __future__ import annotations

import hashlib
import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest
from rich.console import Console

from extract import landing
from extract.archive import Archive
from extract.definitions import Definition, load_all
from extract.replay import replay
from extract.replica.process import Replica, replica
from extract.replica.served import grouped, unserved
from extract.run import RunSummary, run_sources
from extract.settings import PROJECT_ROOT, Settings
from extract.summary import print_summary
from extract.transport import Policy

KEY = "cle-de-demonstration"
SOURCES = load_all()
SMALL = "insee__cog_regions"


@pytest.fixture(scope="module")
def producers() -> Iterator[Replica]:
    """One replica for the module; Melodi's limit is tested by its owner."""
    with replica(limite_melodi=0) as running:
        yield running


@pytest.fixture(autouse=True)
def no_fault_left(producers: Replica) -> Iterator[None]:
    yield
    producers.panne()


def _command(data: Path, url: str, *arguments: str) -> subprocess.Popen[str]:
    """`python -m extract …` in a home of its own."""
    home = data.parent / "home"
    home.mkdir(exist_ok=True)
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "VIRTUAL_ENV") if name in os.environ}
    return subprocess.Popen(
        [sys.executable, "-m", "extract", *arguments],
        cwd=PROJECT_ROOT,
        env=kept
        | {
            "HOME": str(home),
            "REFERENTIEL_DATA": str(data),
            "REFERENTIEL_PRODUCTEURS": url,
            "WEBSTAT_API_KEY": KEY,
            "PYTHONDONTWRITEBYTECODE": "1",
            "COLUMNS": "160",
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.fixture(scope="module")
def everything(producers: Replica, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The settings of a folder where one full run was made, by the command that people type."""
    data = tmp_path_factory.mktemp("extraction") / "data"
    process = _command(data, producers.url, "run")
    output, errors = process.communicate(timeout=180)
    assert process.returncode == 0, output + errors
    return Settings(data=data, producteurs=producers.url)


def _deliveries(settings: Settings) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = pq.read_table(settings.landing / "_livraisons.parquet").to_pylist()
    return found


def _one(settings: Settings, query: str) -> Any:
    found = duckdb.sql(query.replace("LANDING", str(settings.landing))).fetchone()
    return found if found is None or len(found) > 1 else found[0]


def test_every_source_lands(everything: Settings) -> None:
    assert everything.producteurs is not None
    parts = [(source, part) for source in SOURCES.values() for part in source.parts(everything)]
    absent = unserved(everything.producteurs, parts)
    assert len(parts) - len(absent) >= 40  # deliveries of real figures: an empty replica would prove nothing
    expected = {(part.source, part.partition) for _, part in parts if part not in absent}
    results = {(one["source"], one["partition"]): one for one in _deliveries(everything)}
    assert set(results) == expected
    assert {one["resultat"] for one in results.values()} == {"nouveau"}
    for name, source in SOURCES.items():
        columns = pq.read_schema(everything.landing / name / "_schema.parquet").names
        assert columns == [*source.landing_columns(), "_livraison", "_partition", "_ligne"]
        rows = _one(
            everything, f"select count(*) from read_parquet('LANDING/{name}/*.parquet', union_by_name = true)"
        )
        assert rows == sum(one["lignes"] for (source_, _), one in results.items() if source_ == name)


def test_what_the_replica_lacks_is_not_asked_and_is_named(
    producers: Replica, fresh: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every protocol: a dataset that the replica does not hold beside one that it holds."""
    lacking = {
        "insee__cog_regions": {"url": "https://www.insee.fr/fr/statistiques/fichier/1/rien.csv"},
        "insee__taux_chomage": {"flux": "FLUX-INCONNU"},
        "insee__populations_reference": {"jeu": "DS_INCONNU"},
        "economie__epv": {"portail": "https://data.economie.gouv.fr", "jeu": "inconnu"},
        "dares__activite_partielle": {"jeu": "inconnu", "ressource": "x"},
    }
    held = {name: SOURCES[name] for name in lacking}
    absent = {
        f"{name}_absent": Definition(f"{name}_absent", {**SOURCES[name].raw, "acces": acces})
        for name, acces in lacking.items()
    }
    series = SOURCES["bdf__defaillances"].raw
    unknown = {**series["acces"], "series": {"champ": "series_key", "modeles": ["DIREN.M.INCONNU"]}}
    absent["bdf__defaillances_absent"] = Definition("bdf__defaillances_absent", {**series, "acces": unknown})
    parts = [(source, part) for source in (held | absent).values() for part in source.parts(fresh)]
    assert grouped(unserved(producers.url, parts), parts) == list(absent)
    known = {name: source for name, source in (held | absent).items() if name.startswith("insee__cog")}
    monkeypatch.setattr("extract.run.load_all", lambda: known)
    output = io.StringIO()
    summary = run_sources(fresh, console=Console(file=output))
    print_summary(summary, Console(file=output, width=300))
    assert [one.source for one in summary.results] == ["insee__cog_regions"]
    assert "1 source non servie par la réplique" in output.getvalue()
    assert "insee__cog_regions_absent" in output.getvalue()
    (asked,) = run_sources(fresh, ["insee__cog_regions_absent"], console=Console(file=output)).results
    assert asked.resultat == "echec", "what is named is asked all the same"
    assert unserved("http://127.0.0.1:9", parts) == []


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        # read in the producers' own publications (see the issue and the reference)
        (
            "select OBS_VALUE_NIVEAU::double from 'LANDING/insee__populations_reference/i*.parquet' "
            "where GEO = '2025-REG-28' and POPREF_MEASURE = 'PMUN'",
            3345842,
        ),
        (
            "select OBS_VALUE from 'LANDING/insee__taux_chomage/i*.parquet' "
            "where IDBANK = '001739981' and TIME_PERIOD = '2023-Q3'",
            "6.9",
        ),
        (
            "select valeur from 'LANDING/insee__taux_chomage_ze/i*.parquet' "
            "where ZE2020 = '2804' and periode = '2023-T3'",
            "6.8",
        ),
        (
            "select MED21 from 'LANDING/insee__filosofi_communes/i*.parquet' where CODGEO = '14118'",
            "21600",
        ),
        (
            "select obs_value::double from 'LANDING/bdf__defaillances/b*.parquet' "
            "where series_key = 'DIREN.M.R28.DE.UL.DF.03.N.ZZ.TT' and time_period = '2025-08'",
            2737,
        ),
        (
            "select effectifs_salaries::double from 'LANDING/urssaf__effectifs_salaries/*france*.parquet' "
            "where annee = '2024'",
            19995376,
        ),
        (
            "select count(*) from 'LANDING/insee__cog_communes/i*.parquet' "
            "where REG = '28' and TYPECOM = 'COM'",
            2644,
        ),
        ("select count(*) from 'LANDING/economie__epv/e*.parquet'", 1298),
    ],
)
def test_known_figures(everything: Settings, query: str, expected: Any) -> None:
    assert _one(everything, query) == expected


def test_nothing_is_left_in_the_home_nor_the_key_in_the_data(everything: Settings) -> None:
    assert not [path for path in (everything.data.parent / "home").rglob("*") if path.is_file()]
    assert KEY not in (everything.archive / "journal.jsonl").read_text()
    assert not list(everything.data.rglob(".tmp-*"))


def test_every_object_is_what_its_name_says(everything: Settings) -> None:
    archive = Archive(everything.archive)
    for path in (everything.archive / "objets").glob("*/*"):
        with path.open("rb") as handle:
            assert hashlib.file_digest(handle, "sha256").hexdigest() == path.name
    for delivery in archive.accepted():
        assert archive.object_path(delivery["sha256"]).exists()


def test_second_run_finds_nothing_new(everything: Settings, producers: Replica) -> None:
    before = landing.fingerprint(everything)
    process = _command(everything.data, producers.url, "run")
    output, errors = process.communicate(timeout=180)
    assert process.returncode == 0, output + errors
    latest = {(one["source"], one["partition"]): one["resultat"] for one in _deliveries(everything)}
    assert set(latest.values()) == {"inchange"}
    assert landing.fingerprint(everything) == before


def test_replay_without_network_gives_the_same_landing(everything: Settings) -> None:
    before = {path: path.read_bytes() for path in everything.landing.glob("*/*.parquet")}
    for path in before:
        path.unlink()
    alone = Settings(data=everything.data, producteurs="http://127.0.0.1:9")
    results = replay(alone, Archive(alone.archive), SOURCES)
    assert [one.motif for one in results if one.motif] == []
    assert {path: path.read_bytes() for path in everything.landing.glob("*/*.parquet")} == before


# ---- faults


@pytest.fixture
def fresh(producers: Replica, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("WEBSTAT_API_KEY", KEY)
    return Settings(data=tmp_path / "data", producteurs=producers.url)


def _pull(
    settings: Settings, *names: str, definitions: dict[str, Definition] | None = None
) -> dict[str, Any]:
    summary: RunSummary = run_sources(
        settings,
        [*names, SMALL] if definitions is None else None,
        definitions=definitions,
        console=Console(file=io.StringIO()),
        policy=Policy(attempts=3, read=20.0, sleep=lambda _: None),
    )
    assert not summary.fautes, [one.motif for one in summary.fautes]
    return {one.source: one for one in summary.results}


HOSTS = {
    "insee__taux_chomage": "api.insee.fr",
    "insee__populations_reference": "api.insee.fr",
    "economie__epv": "data.economie.gouv.fr",
    "dares__activite_partielle": "static.data.gouv.fr",
    "insee__taux_chomage_ze": "www.insee.fr",
}


@pytest.mark.parametrize("name", HOSTS)
@pytest.mark.parametrize(
    ("fault", "outcome"),
    [
        ({"panne": "html_200"}, {"refuse"}),
        ({"panne": "vide"}, {"refuse", "echec"}),
        ({"panne": "500"}, {"echec"}),
        ({"panne": "503"}, {"echec"}),
        ({"panne": "429"}, {"echec"}),
        pytest.param({"panne": "coupure"}, {"echec"}, marks=pytest.mark.long),  # half a minute of patience
    ],
)
def test_lasting_fault_stays_with_its_source(
    name: str, fault: dict[str, Any], outcome: set[str], producers: Replica, fresh: Settings
) -> None:
    chemin = "/1893230/" if name == "insee__taux_chomage_ze" else ""
    producers.panne(hote=HOSTS[name], chemin=chemin, **fault)
    if HOSTS[name] == "api.insee.fr":
        producers.panne(hote="bdm.insee.fr", **fault)
    results = _pull(fresh, name)
    assert results[name].resultat in outcome, results[name].motif
    assert results[name].motif and "Traceback" not in results[name].motif
    assert results[SMALL].resultat == "nouveau"
    assert not list((fresh.landing / name).glob(f"{name}*"))


@pytest.mark.parametrize(
    # Of the large source every page meets the fault, and the patience that it asks for is a minute.
    "name",
    [pytest.param(h, marks=pytest.mark.long) if h == "insee__populations_reference" else h for h in HOSTS],
)
@pytest.mark.parametrize("fault", ["503", "429", "coupure"])
def test_passing_fault_is_survived(name: str, fault: str, producers: Replica, fresh: Settings) -> None:
    producers.panne(hote=HOSTS[name], panne=fault, fois=2)
    results = _pull(fresh, name)
    assert results[name].resultat == "nouveau", results[name].motif


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("economie__epv", "Univers", "Secteur"),
        ("dares__activite_partielle", "nombre_heures_demandees", "heures"),
        ("insee__cog_communes", "COMPARENT", "PARENT"),
        ("insee__taux_chomage", "INDICATEUR=", "INDIC="),
    ],
)
def test_renamed_column_is_refused_and_named(
    name: str, before: str, after: str, producers: Replica, fresh: Settings
) -> None:
    producers.panne(panne="colonne_renommee", **{"de": before, "par": after})
    results = _pull(fresh, name)
    assert results[name].resultat == "refuse"
    assert before.rstrip("=") in results[name].motif and after.rstrip("=") in results[name].motif
    assert results[SMALL].resultat == "nouveau"


def test_wrong_key_is_told_without_writing_it(producers: Replica, fresh: Settings, monkeypatch: Any) -> None:
    monkeypatch.setenv("WEBSTAT_API_KEY", "mauvaise-cle")
    result = _pull(fresh, "bdf__defaillances")["bdf__defaillances"]
    assert result.resultat == "echec" and "clé absente, fausse ou expirée" in result.motif
    assert "mauvaise-cle" not in (fresh.archive / "journal.jsonl").read_text()


def _bdm(**acces: Any) -> dict[str, Definition]:
    """A source that asks for series: such answers carry no dimension of any flow."""
    attendu = {
        "colonnes": ["IDBANK", "FREQ", "LAST_UPDATE", "REF_AREA", "TIME_PERIOD", "OBS_VALUE", "OBS_STATUS"],
        "colonnes_ignorees": ["TITLE_..", "UNIT_.*", "DECIMALS", "OBS_QUAL", "OBS_TYPE"],
        "cle": ["IDBANK", "TIME_PERIOD"],
        "lignes_min": 1,
    }
    raw = {**SOURCES["insee__taux_chomage"].raw, "acces": acces, "attendu": attendu}
    return {"insee__essai": Definition("insee__essai", raw)}


def test_series_by_idbank(fresh: Settings) -> None:
    wanted = ["001739981", "001515878"]
    result = _pull(fresh, definitions=_bdm(idbanks=wanted))["insee__essai"]
    assert result.resultat == "nouveau", result.motif
    found = _one(fresh, "select list(distinct IDBANK order by IDBANK) from 'LANDING/insee__essai/i*.parquet'")
    assert found == sorted(wanted)


@pytest.mark.parametrize(
    ("acces", "said"),
    [
        ({"idbanks": ["001739981", "999999999"]}, "999999999"),
        ({"idbanks": ["999999999"]}, "ne trouve rien (404)"),
    ],
)
def test_unknown_series_are_refused(acces: dict[str, Any], said: str, fresh: Settings) -> None:
    result = _pull(fresh, definitions=_bdm(**acces))["insee__essai"]
    assert result.resultat == "refuse" and said in result.motif


@pytest.mark.parametrize(
    ("jeu", "filtres", "outcome", "said"),
    [
        ("DS_INCONNU", {"GEO": ["REG"]}, "echec", "DS_INCONNU"),
        (
            "DS_POPULATIONS_REFERENCE",
            {"GEO": ["REG"], "TIME_PERIOD": ["1900"]},
            "refuse",
            "aucune observation",
        ),
    ],
)
def test_melodi_unknown_and_empty(
    jeu: str, filtres: dict[str, list[str]], outcome: str, said: str, fresh: Settings
) -> None:
    raw = SOURCES["insee__populations_reference"].raw
    source = Definition("insee__essai", {**raw, "acces": {"jeu": jeu, "filtres": filtres}})
    result = _pull(fresh, definitions={"insee__essai": source})["insee__essai"]
    assert result.resultat == outcome and said in result.motif


def test_other_region_resolves_and_nobody_answers(tmp_path: Path) -> None:
    started = time.monotonic()
    process = _command(tmp_path / "data", "http://127.0.0.1:9", "run")
    output, errors = process.communicate(timeout=60)
    assert process.returncode == 4, output + errors
    assert time.monotonic() - started < 20
    assert "Aucun producteur" in output
    assert not list((tmp_path / "data" / "landing").glob("*/[!_]*"))


@pytest.mark.parametrize("delay", [1.5, 3.0, 5.0])
def test_killed_run_leaves_nothing_half_there(delay: float, producers: Replica, tmp_path: Path) -> None:
    data = tmp_path / "data"
    process = _command(data, producers.url, "run")
    time.sleep(delay)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate(timeout=10)
    for path in (data / "archive" / "objets").glob("*/*"):
        assert hashlib.sha256(path.read_bytes()).hexdigest() == path.name
    small = ["insee__cog_regions", "insee__cog_departements", "insee__taux_chomage", "economie__epv"]
    following = _command(data, producers.url, "run", *small)
    output, errors = following.communicate(timeout=120)
    assert following.returncode == 0, output + errors
    settings = Settings(data=data, producteurs=producers.url)
    archive = Archive(settings.archive)
    landed = {path for path in settings.landing.glob("*/*.parquet") if path.name != landing.SCHEMA}
    assert landed == {
        landing.delivery_path(settings, one["source"], one["livraison"]) for one in archive.accepted()
    }
    assert set(small) <= {one["source"] for one in archive.accepted()}
    assert not list(data.rglob(".tmp-*"))


def test_check_asks_little_and_says_what_changed(producers: Replica, tmp_path: Path) -> None:
    ask: Callable[[], tuple[int, str]] = lambda: _checked(tmp_path / "data", producers.url)  # noqa: E731
    producers.journal(vider=True)
    code, output = ask()
    assert code == 0, output
    received = sum(line["octets"] or 0 for line in producers.journal() if line["methode"] == "GET")
    assert received < 3_000_000 and not (tmp_path / "data").exists()
    producers.panne(hote="dares.travail-emploi.gouv.fr", panne="html_200")
    code, output = ask()
    assert code == 1 and "captcha" in output


def _checked(data: Path, url: str) -> tuple[int, str]:
    process = _command(data, url, "check")
    output, errors = process.communicate(timeout=120)
    return process.returncode, output + errors


def test_journal_is_one_json_per_line(everything: Settings) -> None:
    lines = (everything.archive / "journal.jsonl").read_text(encoding="utf-8").splitlines()
    kinds = [json.loads(line)["type"] for line in lines]
    assert set(kinds) == {"echange", "livraison"} and len(kinds) > 60
