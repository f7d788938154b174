"""The archive as `make verify` reads it: spoilt and missing objects and damaged lines are listed, whatever else lacks."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from extract.archive import Archive
from publish import verify
from publish.run import run
from tests.unit.publish.conftest import World


@pytest.fixture
def archive(world: World) -> Archive:
    """Three objects, which a delivery names as its bytes, in its list and in its exchanges."""
    made = Archive(world.settings.archive)
    names = [made.store([word]).sha256 for word in (b"un", b"deux", b"trois")]
    made.append(
        {
            "type": "livraison", "livraison": "essai", "source": "essai__jeu", "partition": None,
            "resultat": "nouveau", "recu_le": "2026-01-01T00:00:00Z", "sha256": names[0], "objets": [names[1]],
            "echanges": [{"sha256": names[2]}],
        }
    )  # fmt: skip
    made.append({"type": "echange", "sha256": None})
    return made


def _told(world: World) -> verify.Report:
    report = verify.Report()
    verify.bytes_of(world.settings, world.publish().folder, report)
    return report


def test_whole_archive_has_no_fault(world: World, archive: Archive) -> None:
    report = _told(world)
    assert report.objets == 3 and report.octets_faux == []


@pytest.mark.parametrize("word", [b"un", b"deux", b"trois"])
def test_object_that_the_journal_names_and_that_is_missing_is_told(
    world: World, archive: Archive, word: bytes
) -> None:
    path = archive.store([word]).path
    path.unlink()
    assert _told(world).octets_faux == [f"archive : l'objet {path.name}, que nomme le journal, manque"]


def test_damaged_line_is_listed_beside_the_rest(world: World, archive: Archive) -> None:
    spoilt = archive.store([b"deux"]).path
    spoilt.write_bytes(b"d")
    _damage(archive.journal_path)
    world.publish()
    report = verify.verify(world.settings)
    object_, line = report.octets_faux
    assert spoilt.name in object_ and "ligne 1" in line and not report.juste
    screen = io.StringIO()
    verify.show(report, Console(file=screen, width=400))
    assert "2 fautes" in screen.getvalue() and "sauvegarde" in screen.getvalue()


def test_run_over_a_damaged_journal_is_a_fault_that_says_what_to_do(world: World, archive: Archive) -> None:
    _damage(archive.journal_path)
    landed = world.settings.landing / "essai__jeu" / "essai.parquet"
    landed.parent.mkdir(parents=True)
    landed.write_bytes(b"rows")
    nobody = replace(world.settings, producteurs="http://127.0.0.1:9")
    for options in ({"calendar": True}, {"only": ["dgcl__epci"]}):
        outcome = run(nobody, Console(quiet=True), **options)
        assert outcome.code == 2 and "ligne 1" in outcome.message and "sauvegarde" in outcome.message
    assert landed.read_bytes() == b"rows"


def _damage(journal: Path) -> None:
    """One bit, in the date by which the clock is judged."""
    journal.write_bytes(journal.read_bytes().replace(b"2026-01-01", b"6026-01-01"))
