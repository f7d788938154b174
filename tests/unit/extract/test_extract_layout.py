"""The archive's layout: read by the version after and the one before, brought up to date whole, refused when newer."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from extract import layout
from extract.archive import Archive
from extract.errors import LayoutUnknown
from extract.run import alone
from extract.settings import Settings

# An archive as the version before the numbers left it; its one delivery is SYNTHETIC.
SPECIMEN = Path(__file__).resolve().parents[2] / "specimens/archive-1.0"


@pytest.fixture
def archive(settings: Settings) -> Path:
    shutil.copytree(SPECIMEN, settings.archive)
    return settings.archive


def test_archive_without_a_number_is_read_and_numbered(archive: Path, settings: Settings) -> None:
    before = {p: p.read_bytes() for p in archive.rglob("*") if p.is_file()}
    assert layout.of_archive(archive) == "1.0"
    (delivery,) = Archive(archive).accepted()
    assert Archive(archive).is_intact(delivery["sha256"])
    with alone(settings):
        pass
    assert json.loads((archive / layout.FILE).read_text(encoding="utf-8")) == {"format": layout.ARCHIVE}
    assert {p: p.read_bytes() for p in before} == before
    # the version before compares this file with its own two words: no third one may be put there
    assert set(json.loads((archive / "contexte.json").read_text(encoding="utf-8"))) == {"origine", "region"}


def test_older_minor_takes_ours(archive: Path, settings: Settings) -> None:
    """What is written from now on is in our layout."""
    (archive / layout.FILE).write_text('{"format": "1.1"}', encoding="utf-8")
    with alone(settings):
        pass
    assert layout.of_archive(archive) == layout.ARCHIVE


def test_newer_minor_is_read_and_keeps_its_number(archive: Path, settings: Settings) -> None:
    (archive / layout.FILE).write_text('{"format": "1.9", "autre": 1}', encoding="utf-8")
    line = json.loads((archive / "journal.jsonl").read_text(encoding="utf-8").splitlines()[0])
    with (archive / "journal.jsonl").open("a", encoding="utf-8") as journal:
        journal.write(json.dumps({"type": "inconnu"}) + "\n" + json.dumps(line | {"nouveau_champ": 1}) + "\n")
    with alone(settings):
        assert len(Archive(archive).accepted()) == 2
    assert layout.of_archive(archive) == "1.9"


@pytest.mark.parametrize("number", ["2.0", "12.3"])
def test_newer_major_is_refused_and_nothing_written(archive: Path, settings: Settings, number: str) -> None:
    (archive / layout.FILE).write_text(json.dumps({"format": number}), encoding="utf-8")
    before = {p: p.read_bytes() for p in archive.rglob("*") if p.is_file()}
    with pytest.raises(LayoutUnknown, match="plus récente"):
        Archive(archive).accepted()
    with pytest.raises(LayoutUnknown, match="mise-a-jour"), alone(settings):
        pass
    after = {p: p.read_bytes() for p in archive.rglob("*") if p.is_file()}
    assert {name: after[name] for name in before} == before and set(after) - set(before) <= {
        archive / "verrou"
    }


@pytest.mark.parametrize("text", ["", "{", "{}", '{"format": "deux"}', "[]"])
def test_number_that_does_not_read_is_refused(archive: Path, text: str) -> None:
    (archive / layout.FILE).write_text(text, encoding="utf-8")
    with pytest.raises(LayoutUnknown, match="format"):
        Archive(archive).accepted()


class Killed(BaseException):
    """Stands for a kill between two steps of a migration."""


def test_migration_that_is_killed_goes_on_and_loses_no_byte(archive: Path) -> None:
    """A SYNTHETIC major 2: objects one folder deeper, the journal rewritten."""
    killed = {"after": 1}

    def deeper(root: Path) -> None:
        for path in sorted((root / "objets").glob("*/*")):
            if path.is_file():
                target = path.parent / path.name[2:4] / path.name
                target.parent.mkdir(exist_ok=True)
                path.rename(target)
                if killed["after"]:
                    killed["after"] -= 1
                    raise Killed

    def renamed(root: Path) -> None:
        if (root / "journal.jsonl").exists():
            (root / "journal.jsonl").rename(root / "journal-3.jsonl")

    digests = {path.name: path.read_bytes() for path in (archive / "objets").rglob("*") if path.is_file()}
    migrations = {1: deeper, 2: renamed}
    with pytest.raises(Killed):
        layout.migrate(archive, migrations, "3.0")
    assert layout.of_archive(archive) == "1.0"
    assert layout.migrate(archive, migrations, "3.0") == [1, 2]
    assert layout.of_archive(archive) == "3.0" and (archive / "journal-3.jsonl").is_file()
    kept = {path.name: path.read_bytes() for path in (archive / "objets").rglob("*") if path.is_file()}
    assert kept == digests
    assert layout.migrate(archive, migrations, "3.0") == []


def test_every_major_before_ours_has_its_migration() -> None:
    assert set(layout.MIGRATIONS) == set(range(1, layout.major(layout.ARCHIVE, "archive")))
