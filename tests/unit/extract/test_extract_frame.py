"""The tables of the landing that tell of the journal and of the yamls: written when these say something else, and
only then; and the journal's deliveries, of which a line is parsed when somebody looks at it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from extraction_helpers import definition

from extract import journal, landing
from extract.archive import Archive
from extract.definitions import Definition
from extract.durable import append_record
from extract.errors import ArchiveDamaged
from extract.settings import Settings

SPECIMEN = Path(__file__).resolve().parents[2] / "specimens/archive-1.0/journal.jsonl"
FRAME = (landing.DELIVERIES, landing.SOURCES, f"insee__essai/{landing.SCHEMA}")


def delivery(name: str, outcome: str = "inchange", **more: Any) -> dict[str, Any]:
    asked = {"source": "insee__essai", "partition": None, "recu_le": "2026-11-01T00:00:00.000000Z"}
    return {"type": "livraison", "livraison": name, **asked, "resultat": outcome, **more}


def written(settings: Settings, source: Definition | None = None) -> set[str]:
    """Which tables of the frame the next run writes."""
    before = {name: _stamp(settings.landing / name) for name in FRAME}
    landing.write_frame(settings, Archive(settings.archive), [source or definition()])
    return {name for name in FRAME if _stamp(settings.landing / name) != before[name]}


def _stamp(path: Path) -> tuple[int, int] | None:
    return (path.stat().st_mtime_ns, path.stat().st_ino) if path.exists() else None


def test_frame_is_written_once(archive: Archive, settings: Settings) -> None:
    archive.append(delivery("a", "nouveau"))
    assert written(settings) == set(FRAME)
    assert written(settings) == set()
    archive.append({"type": "echange", "source": "insee__essai"})
    assert written(settings) == set(), "the table tells nothing of exchanges"


def test_appended_record_writes_the_journals_table_alone(archive: Archive, settings: Settings) -> None:
    archive.append(delivery("a", "nouveau"))
    written(settings)
    for name, outcome in (("b", "inchange"), ("c", "echec"), ("d", "nouveau")):
        archive.append(delivery(name, outcome))
        assert written(settings) == {landing.DELIVERIES}
    table = pq.read_table(settings.landing / landing.DELIVERIES)
    assert table["livraison"].to_pylist() == ["a", "b", "c", "d"]
    landing.write_frame(settings, archive, [definition()])
    assert written(settings) == set(), "what appended says of itself what is read again"


def test_line_that_was_taken_out_by_hand_writes_the_journals_table(
    archive: Archive, settings: Settings
) -> None:
    for name in ("a", "b"):
        archive.append(delivery(name))
    written(settings)
    archive.journal_path.write_bytes(archive.journal_path.read_bytes().splitlines(keepends=True)[1])
    assert written(settings) == {landing.DELIVERIES}
    assert pq.read_table(settings.landing / landing.DELIVERIES)["livraison"].to_pylist() == ["b"]


def test_changed_yaml_writes_what_tells_of_it(settings: Settings) -> None:
    written(settings)
    assert written(settings, definition(titre="Un autre titre")) == {landing.SOURCES}
    wider = {"colonnes": ["CODE", "VALEUR", "SEXE"], "cle": ["CODE"], "lignes_min": 1}
    assert written(settings, definition(titre="Un autre titre", attendu=wider)) == {FRAME[2]}


@pytest.mark.parametrize(
    "hurt",
    [
        Path.unlink,
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(path.read_bytes()[:-20]),
    ],
    ids=["missing", "empty", "cut"],
)
@pytest.mark.parametrize("name", FRAME)
def test_hurt_table_is_written_again(
    name: str, hurt: Callable[[Path], object], archive: Archive, settings: Settings
) -> None:
    archive.append(delivery("a"))
    written(settings)
    good = (settings.landing / name).read_bytes()
    hurt(settings.landing / name)
    assert written(settings) == {name} and (settings.landing / name).read_bytes() == good


@pytest.mark.parametrize("name", FRAME[1:])
def test_bit_that_flipped_in_what_tells_of_a_yaml_is_written_again(name: str, settings: Settings) -> None:
    written(settings)
    good = (settings.landing / name).read_bytes()
    for byte in range(0, len(good), len(good) // 20):
        (settings.landing / name).write_bytes(good[:byte] + bytes([good[byte] ^ 1]) + good[byte + 1 :])
        assert written(settings) == {name} and (settings.landing / name).read_bytes() == good


def test_table_of_an_older_version_is_written_again(archive: Archive, settings: Settings) -> None:
    archive.append(delivery("a"))
    written(settings)
    path = settings.landing / landing.DELIVERIES
    pq.write_table(pq.read_table(path).replace_schema_metadata(None), path)
    assert written(settings) == {landing.DELIVERIES}


def test_deliveries_are_those_of_a_journal_that_is_parsed_whole(archive: Archive) -> None:
    archive.append({"type": "echange", "url": "https://exemple.fr/livraison"})
    archive.append({"livraison": "a", **delivery("a", "nouveau")})  # other keys come first
    archive.append({"note": "nouveau"})
    append_record(archive.journal_path, delivery("b", "nouveau"))  # without a sum
    with archive.journal_path.open("ab") as sink:
        sink.write(SPECIMEN.read_bytes())
    archive.append(delivery("c", motif="« nouveau »"))
    archive.append(delivery("d", motif="nouveau"))
    archive.append(delivery("e", "refuse", depot={}))
    whole = [one for one in journal.records(archive.journal_path) if one.get("type") == "livraison"]
    again = Archive(archive.root)
    assert again.last_question("insee__essai", None) == whole[-2]
    assert again.accepted() == [one for one in whole if one["resultat"] == "nouveau"]
    assert again.deliveries() == whole
    archive.append(delivery("f", "nouveau"))
    assert (
        archive.deliveries() == [*whole, delivery("f", "nouveau")]
        and archive.accepted()[-1]["livraison"] == "f"
    )


@pytest.mark.parametrize("hurt", ["echange", "inchange", "nouveau"])
def test_damage_in_a_line_that_nobody_looks_at_is_told(hurt: str, archive: Archive) -> None:
    archive.append({"type": "echange", "statut": 200})
    archive.append(delivery("a", "nouveau"))
    archive.append(delivery("b"))
    spoilt = archive.journal_path.read_bytes().replace(hurt.encode(), hurt[:-1].encode() + b"x", 1)
    archive.journal_path.write_bytes(spoilt)
    (fault,) = journal.faults(archive.journal_path)
    for look in (archive.accepted, archive.deliveries, archive.deliveries_digest):
        with pytest.raises(ArchiveDamaged) as told:
            look()
        assert str(told.value) == fault


def test_table_of_the_journal_that_the_disk_changed_is_written_again(
    archive: Archive, settings: Settings
) -> None:
    archive.append(delivery("a", "nouveau"))
    written(settings)
    table = settings.landing / landing.DELIVERIES
    before = table.read_bytes()
    table.write_bytes(before[:40] + bytes([before[40] ^ 1]) + before[41:])
    assert written(settings) == {landing.DELIVERIES} and table.read_bytes() == before
