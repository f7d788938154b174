"""Deposits: the road of what is asked, and a place by date of publication whatever the order."""

from __future__ import annotations

import ctypes
import io
import itertools
import json
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest
from extraction_helpers import Producer, definition, say
from rich.console import Console

from extract import landing
from extract.__main__ import main
from extract.archive import Archive, known_on
from extract.attempt import SourceResult
from extract.definitions import Definition, load_all
from extract.errors import ContextMismatch, SettingsError
from extract.replay import reconcile, replay
from extract.run import run_deposit, run_sources
from extract.settings import Settings
from extract.transport import Policy

PATH = "/www.insee.fr/essai.csv"
VINTAGES = {
    "2020-12-08": b"CODE;VALEUR\n01;1\n",
    "2021-01-19": b"CODE;VALEUR\n01;2\n02;4\n",
    "2021-02-23": b"CODE;VALEUR\n01;3\n",
}


def _deposit(settings: Settings, folder: Path, day: str, body: bytes, **changes: Any) -> SourceResult:
    file = folder / f"essai-{day}.csv"
    file.write_bytes(body)
    known = {"insee__essai": definition(**changes)}
    return run_deposit(settings, "insee__essai", file, day, definitions=known)


def _run(settings: Settings) -> SourceResult:
    summary = run_sources(
        settings,
        definitions={"insee__essai": definition()},
        console=Console(file=io.StringIO()),
        policy=Policy(attempts=2, sleep=lambda _: None),
    )
    return summary.results[0]


def _in_force(settings: Settings) -> list[tuple[str, str]]:
    held = Archive(settings.archive).accepted_of("insee__essai", None)
    newest = max(held, key=known_on)["livraison"]
    table = pq.read_table(landing.delivery_path(settings, "insee__essai", newest))
    return [(row["CODE"], row["VALEUR"]) for row in table.to_pylist()]


@pytest.mark.parametrize("order", list(itertools.permutations(VINTAGES)))
def test_any_order_gives_the_same_landing(order: tuple[str, ...], settings: Settings, tmp_path: Path) -> None:
    for day in order:
        result = _deposit(settings, tmp_path, day, VINTAGES[day])
        assert (result.resultat, result.publie_le) == ("nouveau", f"{day}T00:00:00Z")
    names = sorted(path.name for path in (settings.landing / "insee__essai").glob("i*.parquet"))
    assert [name[13:21] for name in names] == ["20201208", "20210119", "20210223"]
    assert _in_force(settings) == [("01", "3")]
    digest = landing.fingerprint(settings)
    for path in settings.landing.glob("*/i*.parquet"):
        path.unlink()
    again = replay(settings, Archive(settings.archive), {"insee__essai": definition()})
    assert [one.motif for one in again] == ["", "", ""] and landing.fingerprint(settings) == digest


def test_difference_is_told_against_the_neighbour_in_time(settings: Settings, tmp_path: Path) -> None:
    told = [
        _deposit(settings, tmp_path, day, VINTAGES[day]).ecart
        for day in ("2021-02-23", "2020-12-08", "2021-01-19")
    ]
    assert told == ["première livraison", "première livraison", "+1 lignes"]


def test_deposited_twice_is_unchanged_but_a_return_is_a_vintage(settings: Settings, tmp_path: Path) -> None:
    body = VINTAGES["2020-12-08"]
    assert _deposit(settings, tmp_path, "2020-12-08", body).resultat == "nouveau"
    again = _deposit(settings, tmp_path, "2020-12-08", body)
    assert again.resultat == "inchange" and "mêmes octets" in again.motif
    assert _deposit(settings, tmp_path, "2021-02-23", body).resultat == "nouveau"


def test_the_producer_is_asked_as_if_nothing_had_been_deposited(
    producer: Producer, settings: Settings, tmp_path: Path
) -> None:
    served = VINTAGES["2021-02-23"]
    dated = {"ETag": '"a"', "Last_Modified": "Tue, 23 Feb 2021 00:00:00 GMT"}
    producer.serve_in_turn(PATH, say(200, served, **dated), say(304))
    assert _run(settings).resultat == "nouveau"
    assert _deposit(settings, tmp_path, "2020-12-08", VINTAGES["2020-12-08"]).resultat == "nouveau"
    result = _run(settings)
    assert result.resultat == "inchange" and "304" in result.motif
    assert producer.requests[-1]["entetes"]["If-None-Match"] == '"a"'
    assert _in_force(settings) == [("01", "3")]


def test_what_was_deposited_first_is_no_novelty_when_asked(
    producer: Producer, settings: Settings, tmp_path: Path
) -> None:
    served = VINTAGES["2021-02-23"]
    producer.serve_in_turn(PATH, say(200, served, ETag='"a"'), say(304))
    name = _deposit(settings, tmp_path, "2021-02-23", served).livraison
    for said in ("mêmes octets", "304"):
        result = _run(settings)
        assert result.resultat == "inchange" and said in result.motif and str(name) in result.motif
    assert producer.requests[-1]["entetes"]["If-None-Match"] == '"a"'


def test_producer_that_goes_back_is_in_force_from_the_day_it_did(
    producer: Producer, settings: Settings
) -> None:
    old = say(200, VINTAGES["2020-12-08"], Last_Modified="Tue, 08 Dec 2020 00:00:00 GMT")
    new = say(200, VINTAGES["2021-02-23"], Last_Modified="Tue, 23 Feb 2021 00:00:00 GMT")
    producer.serve_in_turn(PATH, old, new, old, new)
    for value in ("1", "3", "1", "3"):
        assert _run(settings).resultat == "nouveau"
        assert _in_force(settings) == [("01", value)]
    assert _run(settings).resultat == "inchange"
    kept = [one["publie_le"] for one in Archive(settings.archive).accepted()]
    assert kept == ["2020-12-08T00:00:00Z", "2021-02-23T00:00:00Z", None, None]


def test_refused_deposit_is_archived_and_changes_nothing(settings: Settings, tmp_path: Path) -> None:
    _deposit(settings, tmp_path, "2020-12-08", VINTAGES["2020-12-08"])
    result = _deposit(settings, tmp_path, "2021-02-23", b"CODE;AUTRE\n01;1\n")
    assert result.resultat == "refuse" and "colonne inconnue : AUTRE" in result.motif
    archive = Archive(settings.archive)
    record = archive.deliveries()[-1]
    assert archive.object_path(record["sha256"]).read_bytes() == b"CODE;AUTRE\n01;1\n"
    assert record["url"] == "depot:essai-2021-02-23.csv" and str(tmp_path) not in json.dumps(record)
    assert _in_force(settings) == [("01", "1")]


def test_deposit_belongs_to_the_region_of_the_archive_whoever_was_asked(
    producer: Producer, settings: Settings, tmp_path: Path
) -> None:
    producer.serve(PATH, VINTAGES["2021-02-23"])
    _run(settings)
    alone = replace(settings, producteurs=None)
    assert _deposit(alone, tmp_path, "2020-12-08", VINTAGES["2020-12-08"]).resultat == "nouveau"
    with pytest.raises(ContextMismatch):
        _deposit(replace(alone, region="53"), tmp_path, "2021-01-19", VINTAGES["2021-01-19"])


@pytest.mark.parametrize(
    ("day", "partition", "said"),
    [
        ("08/12/2020", None, "date de publication"),
        ("2999-01-01", None, "futur"),
        ("2020-12-08", "2019", "pas de partition"),
    ],
)
def test_what_cannot_be_tried_is_told(
    day: str, partition: str | None, said: str, settings: Settings, tmp_path: Path
) -> None:
    file = tmp_path / "essai.csv"
    file.write_bytes(VINTAGES["2020-12-08"])
    known = {"insee__essai": definition()}
    with pytest.raises(SettingsError, match=said):
        run_deposit(settings, "insee__essai", file, day, partition, definitions=known)
    with pytest.raises(SettingsError, match="introuvable"):
        run_deposit(settings, "insee__essai", tmp_path / "rien.csv", "2020-12-08", definitions=known)


FORMS = {
    "ancienne": {"attendu": {"colonnes": ["COM", "VALEUR"], "renommer": {"COM": "CODE"}}},
    "anglaise": {"lecture": {"separateur": ","}},
}


@pytest.mark.parametrize(
    ("body", "form"),
    [
        (b"CODE;VALEUR\n01;1\n", None),
        (b"COM;VALEUR\n01;1\n", "ancienne"),
        (b"CODE,VALEUR\n01,1\n", "anglaise"),
    ],
)
def test_other_forms_of_the_yaml_are_tried(
    body: bytes, form: str | None, settings: Settings, tmp_path: Path
) -> None:
    result = _deposit(settings, tmp_path, "2020-12-08", body, depots=FORMS)
    assert result.resultat == "nouveau", result.motif
    archive, known = Archive(settings.archive), {"insee__essai": definition(depots=FORMS)}
    assert archive.accepted()[0]["depot"]["forme"] == form and _in_force(settings) == [("01", "1")]
    assert reconcile(settings, archive, known) == [], "nothing to read again"
    assert [one.motif for one in replay(settings, archive, known)] == [""]
    assert _in_force(settings) == [("01", "1")]
    refused = _deposit(settings, tmp_path, "2020-12-09", b"A|B\n", depots=FORMS)
    assert refused.resultat == "refuse"
    assert all(name in refused.motif for name in ("forme du producteur", "ancienne", "anglaise"))
    if form:
        (told,) = replay(settings, archive, {"insee__essai": definition()})
        assert form in told.motif and "n'est plus dans" in told.motif


def _bdm() -> tuple[Definition, bytes]:
    raw = load_all()["insee__taux_chomage"].raw
    body = (
        "<message><DataSet><Series IDBANK='001739981' FREQ='T' LAST_UPDATE='2023-11-15' REF_AREA='R28'>"
        "<Obs TIME_PERIOD='2023-Q3' OBS_VALUE='6.9' OBS_STATUS='A'/>"
        "<Obs TIME_PERIOD='2023-Q2' OBS_VALUE='NaN' OBS_STATUS='O'/></Series></DataSet></message>"
    )
    wanted = {
        "colonnes": ["IDBANK", "FREQ", "LAST_UPDATE", "REF_AREA", "TIME_PERIOD", "OBS_VALUE", "OBS_STATUS"],
        "cle": ["IDBANK", "TIME_PERIOD"],
        "lignes_min": 1,
    }
    return Definition("insee__essai", {**raw, "attendu": wanted}), body.encode()


def _melodi() -> tuple[Definition, bytes]:
    raw = load_all()["insee__populations_reference"].raw
    one = {
        "dimensions": {"GEO": "2025-REG-28", "FREQ": "A", "TIME_PERIOD": "2023", "POPREF_MEASURE": "PMUN"},
        "attributes": {"OBS_STATUS": "A"},
        "measures": {"OBS_VALUE_NIVEAU": {"value": 3345842}},
    }
    secret = {**one, "dimensions": {**one["dimensions"], "POPREF_MEASURE": "PCAP"}, "measures": {}}
    body = {"observations": [one, secret], "paging": {"count": 2}}
    attendu = {**raw["attendu"], "lignes_min": 2}
    return Definition("insee__essai", {**raw, "attendu": attendu}), json.dumps(body).encode()


@pytest.mark.parametrize(
    ("make", "column", "values", "broken"),
    [
        (_bdm, "OBS_VALUE", ["6.9", None], (b"</message>", b"")),
        (_melodi, "OBS_VALUE_NIVEAU", ["3345842", None], (b'"count": 2', b'"count": 3')),
    ],
)
def test_answers_of_the_interfaces_can_be_deposited(
    make: Any, column: str, values: list[str | None], broken: tuple[bytes, bytes], settings: Settings,
    tmp_path: Path,
) -> None:  # fmt: skip
    source, body = make()
    file = tmp_path / "reponse"
    known = {"insee__essai": source}
    for content, outcome in ((body, "nouveau"), (body.replace(*broken), "refuse"), (b"<html>", "refuse")):
        file.write_bytes(content)
        result = run_deposit(settings, "insee__essai", file, "2023-11-15", definitions=known)
        assert result.resultat == outcome, result.motif
    query = f"select {column} from '{settings.landing}/insee__essai/i*.parquet' order by _ligne"
    assert [row[0] for row in duckdb.sql(query).fetchall()] == values


def test_command(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A real yaml by partition, with the file as Insee gives it: a zip or the csv that it holds."""
    monkeypatch.setenv("REFERENTIEL_DATA", str(settings.data))
    monkeypatch.delenv("REFERENTIEL_PRODUCTEURS", raising=False)
    file = tmp_path / "donnees_communes.csv"
    rows = "".join(
        f"28;Normandie;14;1;01;{n % 1000:03};{n:05};X;1;0;1\n" for n in range(14000, 14000 + 34_001)
    )
    file.write_text("REG;Région;DEP;CODARR;CODCAN;CODCOM;COM;Commune;PMUN;PCAP;PTOT\n" + rows)
    command = ["deposit", "insee__populations_communes", str(file), "--published-on", "2024-12-19"]
    assert main(command) == 2 and "--partition parmi 2006_geo2014, " in capsys.readouterr().out
    assert main([*command, "--partition", "2022"]) == 0
    assert "34\u202f001 lignes, publiées le 2024-12-19" in capsys.readouterr().out
    file.write_text("REG;PMUN\n")
    assert main([*command, "--partition", "2022"]) == 1


@pytest.fixture
def as_anyone() -> Iterator[None]:
    """Root does without what lets it read any file (capabilities of Linux) until the end of the test. It stays root:
    another user may have no right to the folder of this clone."""
    if os.geteuid() != 0:
        yield
        return
    libc = ctypes.CDLL(None, use_errno=True)
    head = (ctypes.c_uint32 * 2)(0x20080522, 0)  # _LINUX_CAPABILITY_VERSION_3, this thread
    had, less = (ctypes.c_uint32 * 6)(), (ctypes.c_uint32 * 6)()
    assert libc.capget(head, had) == libc.capget(head, less) == 0, ctypes.get_errno()
    less[0] &= ~0b110  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH, of the effective ones
    assert libc.capset(head, less) == 0, ctypes.get_errno()
    try:
        yield
    finally:
        assert libc.capset(head, had) == 0, ctypes.get_errno()


def test_file_that_may_not_be_read_is_told_and_leaves_no_line(
    as_anyone: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("REFERENTIEL_DATA", str(tmp_path / "data"))
    folder, file = tmp_path / "root", tmp_path / "x.xlsx"
    folder.mkdir()
    for path in (file, folder / "x.xlsx"):
        path.write_bytes(b"")
    file.chmod(0)
    folder.chmod(0)
    for path in (file, folder / "x.xlsx"):
        asked = ["deposit", "dgcl__epci", str(path), "--published-on", "2024-12-19", "--partition", "2020"]
        assert main(asked) == 2
        said = capsys.readouterr().out
        assert said.startswith(f"{path} : ") and "n'a pas le droit de lire" in said
    folder.chmod(0o700)
    assert Archive(tmp_path / "data" / "archive").deliveries() == []


def test_what_is_no_file_is_told(settings: Settings, tmp_path: Path) -> None:
    for path in (tmp_path / "absent.csv", tmp_path, tmp_path / "absent" / "a.csv"):
        with pytest.raises(SettingsError, match="fichier introuvable"):
            run_deposit(
                settings, "insee__essai", path, "2024-01-01", definitions={"insee__essai": definition()}
            )
