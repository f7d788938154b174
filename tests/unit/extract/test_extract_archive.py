"""The archive keeps every byte once, and its journal survives a kill."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from extract.archive import Archive
from extract.errors import ContextMismatch
from extract.settings import Settings


def test_object_is_found_under_its_sha256_and_stored_once(archive: Archive) -> None:
    body = b"col\n1\n"
    stored = archive.store([b"col\n", b"1\n"])
    again = archive.store([body])
    assert stored.sha256 == hashlib.sha256(body).hexdigest() == again.sha256
    assert stored.path.read_bytes() == body
    assert stored.path == archive.root / "objets" / stored.sha256[:2] / stored.sha256
    assert not list((archive.root / "tmp").iterdir())


def test_what_came_before_a_cut_is_kept_and_the_error_told(archive: Archive) -> None:
    def cut() -> Iterator[bytes]:
        yield b"half"
        raise ConnectionResetError("cut")

    stored, failure = archive.store_partial(cut())
    assert isinstance(failure, ConnectionResetError)
    assert stored.path.read_bytes() == b"half"
    with pytest.raises(ConnectionResetError):
        archive.store(cut())


def test_line_cut_by_a_kill_is_skipped_and_the_next_one_is_whole(archive: Archive) -> None:
    archive.append({"type": "livraison", "n": 1})
    with archive.journal_path.open("ab") as journal:
        journal.write(b'{"type": "livraison", "n"')
    archive.append({"type": "livraison", "n": 2})
    assert [record["n"] for record in Archive(archive.root).deliveries()] == [1, 2]
    assert len(archive.journal_path.read_bytes().splitlines()) == 3


def test_archive_belongs_to_the_first_context(archive: Archive, settings: Settings) -> None:
    archive.claim(settings)
    assert json.loads((archive.root / "contexte.json").read_text()) == {"origine": "replique", "region": "28"}
    archive.claim(settings)
    for other in (replace(settings, region="53"), replace(settings, producteurs=None)):
        with pytest.raises(ContextMismatch, match="REFERENTIEL_DATA"):
            archive.claim(other)


def test_last_accepted_looks_at_the_partition(tmp_path: Path) -> None:
    archive = Archive(tmp_path)
    for number, (partition, outcome) in enumerate([("a", "nouveau"), ("b", "nouveau"), ("a", "refuse")]):
        archive.append(
            {"type": "livraison", "source": "s", "partition": partition, "resultat": outcome, "n": number}
        )
    found = archive.last_accepted("s", "a")
    assert found is not None and found["n"] == 0
    assert archive.last_accepted("s", None) is None
