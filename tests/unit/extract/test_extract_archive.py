"""The archive keeps every byte once, and its journal survives a kill."""

from __future__ import annotations

import hashlib
import json
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import requests
from extraction_helpers import full_disk

from extract import context
from extract.archive import Archive, known_on
from extract.durable import writing
from extract.errors import ArchiveDamaged, ContextMismatch, WriteRefused
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


def test_disk_that_fills_up_puts_nothing_in_the_archive(archive: Archive) -> None:
    with full_disk(100_000), pytest.raises(WriteRefused, match="Écriture impossible"):
        archive.store_partial(iter([b"x" * 70_000, b"y" * 70_000]))
    assert not [path for path in archive.root.rglob("*") if path.is_file()]


def test_what_a_network_raises_is_not_told_as_the_disks(tmp_path: Path) -> None:
    with pytest.raises(requests.ConnectionError), writing(tmp_path):
        raise requests.ConnectionError("cut")
    with pytest.raises(WriteRefused, match=f"sous {tmp_path} : No space left"), writing(tmp_path):
        raise OSError(28, "No space left on device")


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
        with pytest.raises(ContextMismatch, match="REFERENTIEL_DATA") as refused:
            archive.claim(other)
        assert "supprim" not in str(refused.value) and "abîmé" not in str(refused.value)


OURS = '{"origine": "replique", "region": "28"}\n'
FLIPPED = OURS.replace("28", "29")


@pytest.mark.parametrize("left", [FLIPPED, OURS[:-4], OURS.replace("region", "segion"), "", None])
def test_spoilt_context_is_healed_by_the_run_that_its_digest_names(
    archive: Archive, settings: Settings, left: str | None
) -> None:
    archive.claim(settings)
    path = archive.root / context.FILE
    if left is None:
        path.unlink()
    else:
        path.write_text(left)
    other = replace(settings, region="53")
    with pytest.raises(ArchiveDamaged, match="est abîmé") as told:
        archive.claim(other)
    assert '{"origine": "replique", "region": "53"}' in str(told.value), "what it would have to say"
    assert "sauvegarde" in str(told.value) and "supprim" not in str(told.value)
    archive.claim(settings)
    assert path.read_text() == OURS


def test_spoilt_digest_of_the_context_is_made_again(archive: Archive, settings: Settings) -> None:
    archive.claim(settings)
    seal = archive.root / context.SEAL
    good = seal.read_text()
    seal.write_text(("1" if good[0] == "0" else "0") + good[1:])
    assert context.fault(archive.root)
    archive.claim(settings)
    assert seal.read_text() == good and not context.fault(archive.root)
    told = subprocess.run(["sha256sum", "-c", seal.name], cwd=archive.root, capture_output=True, text=True)
    assert told.returncode == 0, told.stdout + told.stderr


def test_context_of_the_version_before_has_no_digest(archive: Archive, settings: Settings) -> None:
    archive.root.mkdir(parents=True)
    path = archive.root / context.FILE
    path.write_text(FLIPPED)
    with pytest.raises(ContextMismatch, match="abîmé") as told:  # nothing tells a damage from another region
        archive.claim(settings)
    assert OURS.strip() in str(told.value)
    path.write_text("{")
    with pytest.raises(ArchiveDamaged, match="est abîmé") as damaged:
        archive.claim(settings)
    assert OURS.strip() in str(damaged.value) and context.fault(archive.root)
    path.write_text(OURS)  # as the message says
    archive.claim(settings)
    assert (archive.root / context.SEAL).is_file() and path.read_text() == OURS


def test_deposit_only_needs_the_region(archive: Archive, settings: Settings) -> None:
    archive.claim(settings)
    archive.claim(replace(settings, producteurs=None), deposit=True)
    with pytest.raises(ContextMismatch):
        archive.claim(replace(settings, region="53"), deposit=True)


def test_last_answer_and_accepted_look_at_the_partition(tmp_path: Path) -> None:
    archive = Archive(tmp_path)
    attempts = [("a", "nouveau"), ("b", "nouveau"), ("a", "inchange"), ("a", "refuse"), ("a", "nouveau")]
    for number, (partition, outcome) in enumerate(attempts):
        deposit = {"depot": {}} if number == 4 else {}
        archive.append(
            {"type": "livraison", "source": "s", "partition": partition, "resultat": outcome, "n": number}
            | {"objets": ["x"], **deposit}
        )
    assert [one["n"] for one in archive.accepted_of("s", "a")] == [0, 4]
    found = archive.last_answer("s", "a")
    assert found is not None and found["n"] == 2, "the marks of a deposit are nobody's"
    assert archive.last_answer("s", None) is None


def test_deliveries_are_ordered_by_when_they_were_known() -> None:
    def delivery(name: str, published: str | None, received: str) -> dict[str, Any]:
        return {"livraison": name, "publie_le": published, "recu_le": received}

    received = "2026-01-01T00:00:00.000000Z"
    vintages = [
        delivery("dated", "2021-02-23T00:00:00+00:00", received),
        delivery("undated", None, received),
        delivery("day", "2020-12-08", received),
        delivery("paris", "2021-02-23T00:30:00+01:00", received),
    ]
    ordered = [one["livraison"] for one in sorted(vintages, key=known_on)]
    assert ordered == ["day", "paris", "dated", "undated"]
