"""What a spoilt archive, a full disk or a wrong clock does to a run: healed when the producer still has the bytes,
else said."""

from __future__ import annotations

import gzip
import tempfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from extraction_helpers import Producer, definition, full_disk, full_folder, say
from faulty_world import World, always
from rich.console import Console

from extract import attempt, context, landing, written
from extract.__main__ import main
from extract.archive import Archive
from extract.definitions import Definition
from extract.durable import refuses_writes, scratch
from extract.errors import ArchiveDamaged, ClockWrong, WriteRefused
from extract.replay import replay
from extract.run import RunSummary, run_deposit, run_sources
from extract.settings import Settings
from extract.transport import Policy

PATH = "/www.insee.fr/essai.csv"
BODY = b"CODE;VALEUR\n01;1,5\n02;s\n"
PROTOCOLS = ("bdm", "melodi", "opendatasoft", "datagouv", "fichier")
PACKED = gzip.compress(BODY + b"".join(b"%09d;1\n" % n for n in range(200_000)))
ROOM = 1 << 20  # bytes: less than PACKED unpacked, more than it takes
QUIET = Console(quiet=True)


def _run(settings: Settings, *sources: Definition, **options: Any) -> RunSummary:
    policy = Policy(attempts=2, sleep=lambda _: None)
    known = {one.source: one for one in sources or (definition(),)}
    return run_sources(settings, definitions=known, console=QUIET, policy=policy, **options)


def _not_due(*_: Any) -> bool:
    return False


def _http_date(hours: int) -> str:
    return format_datetime(datetime.now(UTC) + timedelta(hours=hours), usegmt=True)


def _spoil(settings: Settings) -> tuple[Path, Path]:
    """Flips a byte of the delivery's object and removes its landed rows; returns both paths."""
    archive = Archive(settings.archive)
    (record,) = archive.accepted()
    stored = archive.object_path(record["objets"][0])
    stored.write_bytes(stored.read_bytes().replace(b"1,5", b"1,6"))
    landed = landing.delivery_path(settings, "insee__essai", record["livraison"])
    landed.unlink()
    return stored, landed


def test_spoilt_object_is_healed_by_the_producer(producer: Producer, settings: Settings) -> None:
    producer.serve(PATH, BODY)
    _run(settings)
    stored, landed = _spoil(settings)
    summary = _run(settings)
    assert stored.read_bytes() == BODY and landed.exists()
    assert [one.resultat for one in summary.results] == ["inchange"]


def test_spoilt_object_that_nobody_serves_any_more_is_said(producer: Producer, settings: Settings) -> None:
    producer.serve_in_turn(PATH, say(200, BODY), say(200, b"CODE;VALEUR\n01;2,5\n02;s\n"))
    _run(settings)
    stored, landed = _spoil(settings)
    with pytest.raises(ArchiveDamaged, match=stored.name):
        _run(settings)
    assert not landed.exists()


def test_landed_rows_survive_a_spoilt_object(producer: Producer, settings: Settings) -> None:
    producer.serve(PATH, BODY)
    _run(settings)
    _, landed = _spoil(settings)
    landed.write_bytes(b"")  # a landing that cannot be read is made again, from bytes that are not there
    assert [one.resultat for one in _run(settings).results] == ["inchange"] and landed.stat().st_size > 0


def _landed(settings: Settings) -> Path:
    (record,) = Archive(settings.archive).accepted()
    return landing.delivery_path(settings, "insee__essai", record["livraison"])


def _flip(path: Path, place: int) -> bytes:
    """Flips a bit of a file; returns what it was."""
    before = path.read_bytes()
    path.write_bytes(before[:place] + bytes([before[place] ^ 1]) + before[place + 1 :])
    return before


@pytest.mark.parametrize("place", [40, 80])
def test_landed_figure_that_the_disk_changed_is_made_again(
    producer: Producer, settings: Settings, place: int
) -> None:
    producer.serve(PATH, BODY)
    _run(settings)
    landed = _landed(settings)
    before = _flip(landed, place)
    summary = _run(settings, due=_not_due)
    assert len(summary.relues) == 1 and landed.read_bytes() == before
    assert _run(settings, due=_not_due).relues == []


def test_landing_of_before_is_taken_as_it_is_and_noted(producer: Producer, settings: Settings) -> None:
    producer.serve(PATH, BODY)
    _run(settings)
    (settings.landing / written.NAME).unlink()
    assert _run(settings, due=_not_due).relues == []
    before = _flip(_landed(settings), 40)
    assert len(_run(settings, due=_not_due).relues) == 1 and _landed(settings).read_bytes() == before


def test_list_of_digests_that_does_not_read_says_nothing_of_any_file(
    producer: Producer, settings: Settings
) -> None:
    producer.serve(PATH, BODY)
    _run(settings)
    (settings.landing / written.NAME).write_text("{", encoding="utf-8")
    assert len(_run(settings, due=_not_due).relues) == 1
    assert _run(settings, due=_not_due).relues == []


def test_landed_figure_and_its_object_both_damaged_are_said(producer: Producer, settings: Settings) -> None:
    producer.serve_in_turn(PATH, say(200, BODY), say(200, b"CODE;VALEUR\n01;2,5\n02;s\n"))
    _run(settings)
    _flip(_landed(settings), 40)
    (record,) = Archive(settings.archive).accepted()
    _flip(Archive(settings.archive).object_path(record["objets"][0]), 3)
    with pytest.raises(ArchiveDamaged, match=str(record["objets"][0])):
        _run(settings)


def test_damaged_source_is_asked_though_it_is_not_due(producer: Producer, settings: Settings) -> None:
    producer.serve(PATH, BODY)
    producer.serve("/www.insee.fr/b.csv", BODY)
    other = definition("insee__autre", acces={"url": "https://www.insee.fr/b.csv"})
    _run(settings, definition())
    stored, landed = _spoil(settings)
    summary = _run(settings, definition(), other, due=_not_due)
    assert stored.read_bytes() == BODY and landed.exists()
    assert [one.source for one in summary.results] == ["insee__essai"] and summary.en_attente == 1


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_damage_found_when_all_is_read_again_costs_no_figure(
    protocol: str, producer: Producer, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(protocol, producer)
    _run(settings, world.source())
    archive = Archive(settings.archive)
    (record,) = archive.accepted()
    landed = landing.delivery_path(settings, record["source"], record["livraison"])
    good, stored = landed.read_bytes(), archive.object_path(record["objets"][0])
    stored.write_bytes(stored.read_bytes().replace(b"3.25", b"3.26"))
    monkeypatch.setattr(attempt, "READING_VERSION", attempt.READING_VERSION + 1)
    (again,) = replay(settings, archive, {world.source().source: world.source()})
    assert again.abimee and stored.name in again.motif and landed.read_bytes() == good
    world.fault = always(503)(world)
    with pytest.raises(ArchiveDamaged, match=stored.name):
        _run(settings, world.source(), due=_not_due)
    assert landed.read_bytes() == good
    world.fault = None
    _run(settings, world.source(), due=_not_due)
    assert archive.is_intact(stored.name) and pq.read_table(landed).equals(
        pq.read_table(pa.BufferReader(good))
    )


def test_damaged_deposit_keeps_its_rows_until_it_is_deposited_again(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, known = tmp_path / "a.csv", {"insee__essai": definition()}
    file.write_bytes(BODY)
    run_deposit(settings, "insee__essai", file, "2024-01-01", definitions=known)
    archive = Archive(settings.archive)
    (record,) = archive.accepted()
    landed = landing.delivery_path(settings, "insee__essai", record["livraison"])
    good, stored = landed.read_bytes(), archive.object_path(record["objets"][0])
    monkeypatch.setattr(attempt, "READING_VERSION", attempt.READING_VERSION + 1)
    for spoil in (lambda: stored.write_bytes(BODY.replace(b"1,5", b"1,6")), stored.unlink):
        spoil()
        with pytest.raises(
            ArchiveDamaged, match=r"déposez de nouveau a\.csv, .* --published-on 2024-01-01\)"
        ):
            _run(settings, due=_not_due)
        assert landed.read_bytes() == good
    assert run_deposit(settings, "insee__essai", file, "2024-01-01", definitions=known).resultat == "inchange"
    assert _run(settings, due=_not_due).relues == [record["livraison"]]
    assert pq.read_table(landed)["VALEUR"].to_pylist() == ["1,5", "s"]


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_full_disk_is_never_the_producers_failure(
    protocol: str, producer: Producer, settings: Settings
) -> None:
    world = World(protocol, producer, encode=lambda body: body + b"\n" * (1 << 20))
    sources = {"victime__essai": world.source()}
    with (
        full_disk(1 << 20),
        pytest.raises(WriteRefused, match=f"Écriture impossible sous {settings.archive}"),
    ):
        run_sources(settings, definitions=sources, console=QUIET, policy=Policy(attempts=2))
    archive = Archive(settings.archive)
    assert archive.deliveries() == [] and not [one for one in archive.records() if "erreur" in one]
    assert all(archive.is_intact(path.name) for path in (settings.archive / "objets").glob("*/*"))


def test_full_disk_while_unpacking_is_this_machines(producer: Producer, settings: Settings) -> None:
    producer.serve(PATH, PACKED)
    with (
        full_disk(ROOM),
        pytest.raises(WriteRefused, match=f"Écriture impossible sous {settings.archive}/tmp"),
    ):
        _run(settings)
    assert Archive(settings.archive).deliveries() == [] and not list((settings.archive / "tmp").iterdir())


@pytest.mark.parametrize(("body", "room"), [(PACKED, ROOM), (BODY, 100)], ids=["unpacking", "landing"])
def test_full_disk_while_reading_the_archive_again_takes_no_landed_rows(
    producer: Producer, settings: Settings, body: bytes, room: int
) -> None:
    producer.serve(PATH, body)
    assert [one.resultat for one in _run(settings).results] == ["nouveau"]
    (landed,) = settings.landing.glob("insee__essai/insee__essai-*.parquet")
    with full_disk(room), pytest.raises(WriteRefused, match="Écriture impossible"):
        replay(settings, Archive(settings.archive), {"insee__essai": definition()})
    assert landed.exists()


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_full_temporary_folder_of_the_system_stops_nothing(
    protocol: str, producer: Producer, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Others fill it; neither what is unpacked nor the counts of calls may need it."""
    monkeypatch.setattr("extract.reading.csv_text.LARGE", 1)
    world = World(protocol, producer)
    with full_folder(tmp_path / "systeme"):
        monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "systeme"))
        (result,) = run_sources(
            settings, definitions={"victime__essai": world.source()}, console=QUIET
        ).results
    assert (result.resultat, result.motif) == ("nouveau", "")
    assert not list((settings.archive / "tmp").iterdir())


def test_disk_that_refuses_a_write_is_told_under_any_name(tmp_path: Path) -> None:
    with (
        duckdb.connect(str(tmp_path / "base.duckdb")) as connection,
        full_disk(ROOM),
        pytest.raises(duckdb.TransactionException) as refused,
    ):
        connection.execute("create table t as select random(), md5(i::varchar) from range(300000) as s(i)")
    assert refuses_writes(refused.value)
    assert not refuses_writes(duckdb.TransactionException("Conflict on update!"))


def test_what_duckdb_cannot_write_is_this_machines(tmp_path: Path) -> None:
    with (
        full_disk(ROOM),
        pytest.raises(WriteRefused, match="Écriture impossible"),
        scratch(tmp_path) as folder,
    ):
        duckdb.sql(f"copy (select uuid() as x from range(200_000)) to '{folder}/x.parquet'")
    with pytest.raises(duckdb.Error), scratch(tmp_path):
        duckdb.sql("select error('autre chose')").fetchall()
    with pytest.raises(FileNotFoundError), scratch(tmp_path) as folder:
        (folder / "absent").read_bytes()
    assert not list(tmp_path.iterdir())


def test_archive_of_which_nobody_can_tell_whose_it_is_accepts_nothing(
    producer: Producer, settings: Settings
) -> None:
    producer.serve_in_turn(PATH, say(200, BODY), say(200, b"CODE;VALEUR\n01;2,5\n02;s\n"))
    _run(settings)
    (settings.archive / context.FILE).write_text("{")
    (settings.archive / context.SEAL).unlink()
    with pytest.raises(ArchiveDamaged, match=context.FILE):
        _run(settings)
    assert len(Archive(settings.archive).deliveries()) == 1, "no source is said to have failed"


def test_landing_that_cannot_be_written_is_no_failure_of_the_source(
    producer: Producer, settings: Settings
) -> None:
    producer.serve(PATH, BODY)
    settings.data.mkdir()
    settings.landing.write_text("a file where the folder should be")
    with pytest.raises((WriteRefused, NotADirectoryError)):
        _run(settings)
    assert Archive(settings.archive).deliveries() == []


def test_full_disk_while_depositing_is_said(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("REFERENTIEL_DATA", str(settings.data))
    file = tmp_path / "gros.csv"
    file.write_bytes(b"x" * (3 << 20))
    command = ["deposit", "dgcl__epci", str(file), "--published-on", "2024-12-19", "--partition", "2020"]
    with full_disk(1 << 20):
        assert main(command) == 2
    assert "Écriture impossible" in capsys.readouterr().out
    assert not list((settings.archive / "objets").glob("*/*"))


@pytest.mark.parametrize("hours", [-200_000, -20, -2, 2, 20, 80_000])
def test_clock_far_from_the_producers_accepts_nothing(
    producer: Producer, settings: Settings, hours: int
) -> None:
    """What is accepted within the tolerance never stops a later run: it is that of publish.operations.clock."""
    producer.serve(PATH, BODY, Date=_http_date(hours))
    with pytest.raises(ClockWrong, match="horloge"):
        _run(settings)
    assert Archive(settings.archive).accepted() == []


def test_producer_whose_own_clock_is_wrong_fails_alone(producer: Producer, settings: Settings) -> None:
    producer.serve(PATH, BODY)
    producer.serve("/ailleurs.fr/b.csv", BODY, Date=_http_date(-5))
    wrong = definition("ailleurs__b", acces={"url": "https://ailleurs.fr/b.csv"})
    results = {one.source: one for one in _run(settings, definition(), wrong).results}
    assert results["insee__essai"].resultat == "nouveau"
    assert results["ailleurs__b"].resultat == "echec" and "horloge" in results["ailleurs__b"].motif


def test_one_host_of_many_that_is_asked_alone_says_nothing_of_our_clock(
    producer: Producer, settings: Settings
) -> None:
    real, port = replace(settings, producteurs=None), producer.url.rpartition(":")[2]
    hosts = [f"127.0.0.1:{port}", f"localhost:{port}", "c.invalid", "d.invalid", "e.invalid"]
    good, wrong, *_ = every = [
        definition(f"ailleurs__{name}", acces={"url": f"http://{host}/{name}.csv"})
        for name, host in zip("abcde", hosts, strict=True)
    ]
    producer.serve("/a.csv", BODY)
    producer.serve("/b.csv", BODY, Date=_http_date(-5))

    def asked(*due: Definition) -> list[str]:
        return [
            one.resultat for one in _run(real, *every, due=lambda _archive, one, _part: one in due).results
        ]

    with pytest.raises(ClockWrong, match="horloge"):
        asked(wrong)  # nothing was ever received: there is nothing to go on with
    assert asked(good, wrong) == ["nouveau", "echec"]
    assert asked(wrong) == ["echec"], "it fails alone, as it does when another host agrees with us"
    producer.serve("/a.csv", BODY + b"03;4\n", Date=_http_date(-5))
    with pytest.raises(ClockWrong, match="horloge"):
        asked(good, wrong)  # fewer than half, and yet two who do not know each other
    assert len(Archive(settings.archive).accepted()) == 1


def test_date_of_a_cached_answer_proves_nothing(producer: Producer, settings: Settings) -> None:
    producer.serve(PATH, BODY, Date="Mon, 01 Jan 2001 00:00:00 GMT", Age="788918400")
    assert [one.resultat for one in _run(settings).results] == ["nouveau"]
