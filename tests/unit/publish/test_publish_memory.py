"""What builds remember is a saving: whatever a power cut or a disk made of it, it is thrown away and the next
build reads the whole landing."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from extract import landing
from extract.archive import Archive
from extract.settings import Settings
from publish import memory

SOURCES = ("insee__taux_chomage", "insee__emploi_salarie")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A landing of one delivery per source, and the memory of the build that read it."""
    made = Settings(tmp_path / "data")
    archive = Archive(made.archive)
    made.archive.mkdir(parents=True)
    for source in SOURCES:
        path = landing.delivery_path(made, source, f"{source}-1")
        path.parent.mkdir(parents=True)
        duckdb.sql("select 1 as x").write_parquet(str(path))
        archive.append(
            {
                "type": "livraison", "livraison": f"{source}-1", "source": source, "partition": None,
                "resultat": "nouveau", "recu_le": "2026-11-01T00:00:00Z", "publie_le": None,
            }
        )  # fmt: skip
    landing.write_deliveries(made, archive)
    keep(made)
    return made


def keep(settings: Settings) -> None:
    candidate = settings.data / "candidat.duckdb"
    candidate.unlink(missing_ok=True)
    with duckdb.connect(str(candidate)) as c:
        c.execute("create schema intermediaire")
        sources = ", ".join(f"('{source}')" for source in SOURCES)
        c.execute(
            f"create table intermediaire.int_versions_recues as select * from (values {sources}) as t (source)"
        )
    memory.keep(settings, candidate, memory.deliveries(settings))


def remembers(settings: Settings) -> bool:
    every = memory.deliveries(settings)
    return memory.prepare(settings, every, memory.key(settings, every))["REFERENTIEL_VERSIONS"] != ""


def empty(folder: Path) -> None:
    (folder / memory.KEY).write_bytes(b"")


def other(folder: Path) -> None:
    (folder / memory.KEY).write_text('{"cle": 1}', encoding="utf-8")


def flipped(folder: Path) -> None:
    path = folder / memory.VERSIONS / f"{SOURCES[0]}.parquet"
    path.write_bytes(bytes([*path.read_bytes()[:40], 255, *path.read_bytes()[41:]]))


def lost(folder: Path) -> None:
    (folder / memory.VERSIONS / f"{SOURCES[0]}.parquet").unlink()


def stranger(folder: Path) -> None:
    (folder / memory.VERSIONS / "insee__inconnue.parquet").write_bytes(b"PAR1")


@pytest.mark.parametrize("damage", [empty, other, flipped, lost, stranger])
def test_damaged_memory_is_thrown_away(settings: Settings, damage: Callable[[Path], None]) -> None:
    folder = settings.build / memory.FOLDER
    assert remembers(settings)
    damage(folder)
    assert not remembers(settings) and not folder.exists()
    keep(settings)
    assert remembers(settings)


def test_unreadable_memory_does_not_stop_the_next_one(settings: Settings) -> None:
    empty(settings.build / memory.FOLDER)
    keep(settings)
    assert remembers(settings)


def test_files_taken_over_keep_the_digest_they_were_written_with(settings: Settings) -> None:
    flipped(settings.build / memory.FOLDER)  # while the build that used them goes on
    keep(settings)
    assert not remembers(settings)


def test_memory_made_with_another_code_than_it_began_with_is_not_kept(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, held = settings.build / memory.FOLDER, memory.deliveries(settings)
    began = memory.key(settings, held)
    before = json.loads((folder / memory.KEY).read_text(encoding="utf-8"))
    monkeypatch.setattr(memory, "code_hash", lambda *_: "une autre")
    memory.keep(settings, settings.data / "candidat.duckdb", held, began)
    assert json.loads((folder / memory.KEY).read_text(encoding="utf-8")) == before
