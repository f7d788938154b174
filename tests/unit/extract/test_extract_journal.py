"""The journal at every byte: a line that a kill cut is skipped, a bit that flipped is told, and nothing else."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
from extraction_helpers import Producer, definition
from rich.console import Console

from extract import journal, landing
from extract.archive import Archive
from extract.errors import ArchiveDamaged
from extract.run import run_sources
from extract.settings import Settings

SPECIMEN = Path(__file__).resolve().parents[2] / "specimens/archive-1.0/journal.jsonl"
BRACES = {
    "type": "livraison",
    "motif": "coupé après « } » d'un motif",
    "acces": {"filtres": {"GEO": []}},
    "n": 1.5,
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.jsonl"


def _known(path: Path) -> list[dict[str, Any]]:
    """What the lines say, without keys that no record of these tests has."""
    return [{k: v for k, v in record.items() if k in BRACES} for record in journal.records(path)]


def test_line_carries_its_checksum_as_its_last_key_and_older_code_reads_it(path: Path) -> None:
    journal.append(path, BRACES)
    (line,) = path.read_text(encoding="utf-8").splitlines()
    assert list(json.loads(line)) == [*BRACES, "somme"] and len(json.loads(line)["somme"]) == 8
    assert list(journal.records(path)) == [BRACES]


def test_every_flipped_bit_is_told_or_changes_nothing(path: Path) -> None:
    for _ in range(3):
        journal.append(path, BRACES)
    whole = path.read_bytes()
    start, end = len(whole) // 3, 2 * len(whole) // 3
    silent = 0
    for bit in range(start * 8, end * 8):
        spoilt = bytearray(whole)
        spoilt[bit // 8] ^= 1 << bit % 8
        path.write_bytes(spoilt)
        try:
            assert _known(path) == [BRACES] * 3, bit
            silent += 1
        except ArchiveDamaged as error:
            assert "ligne 2" in str(error) and str(path) in str(error) and "sauvegarde" in str(error)
            assert len(journal.faults(path)) == 1
    assert silent <= 5 * 8, "but in the name of the checksum, which says nothing"


def test_every_cut_is_skipped_and_the_next_line_is_whole(path: Path) -> None:
    journal.append(path, BRACES)
    new = path.read_bytes()
    older = SPECIMEN.read_bytes().splitlines()[0]
    for line in (new.rstrip(b"\n"), older):
        for end in range(1, len(line)):
            for zeros in (b"", b"\0" * 7):
                assert journal.parsed(line[:end] + zeros) is None, line[:end]
        for end in (line.index(b"}") + 1, len(line) // 2):
            path.write_bytes(new + line[:end])
            journal.append(path, BRACES)
            assert list(journal.records(path)) == [BRACES, BRACES]


@pytest.mark.parametrize("change", [(b'"livraison":', b'"livraison"*'), (b'"nouveau"', b'"nouveau\xa2')])
def test_older_line_that_is_whole_and_does_not_parse_is_told(path: Path, change: tuple[bytes, bytes]) -> None:
    lines = SPECIMEN.read_bytes().splitlines(keepends=True)
    path.write_bytes(lines[1] + lines[0].replace(*change, 1) + lines[1])
    with pytest.raises(ArchiveDamaged, match="ligne 2"):
        list(journal.records(path))


def test_thousands_of_lines_are_read_in_no_time(path: Path) -> None:
    record = json.loads(SPECIMEN.read_text(encoding="utf-8").splitlines()[0])
    journal.append(path, record)
    path.write_bytes(path.read_bytes() * 5_000)
    started = time.process_time()
    assert len(list(journal.records(path))) == 5_000
    assert time.process_time() - started < 0.5


def test_run_stops_before_a_damaged_journal_loses_what_is_landed(
    producer: Producer, settings: Settings
) -> None:
    producer.serve("/www.insee.fr/essai.csv", b"CODE;VALEUR\n01;1,5\n")
    sources = {"insee__essai": definition()}
    quiet = Console(quiet=True)
    name = run_sources(settings, definitions=sources, console=quiet).results[0].livraison
    assert name is not None
    landed = landing.delivery_path(settings, "insee__essai", name)
    path = Archive(settings.archive).journal_path
    whole = path.read_bytes()
    path.write_bytes(whole.replace(b'"resultat":"nouveau"', b'"resultat":"nouvea5"'))
    asked = len(producer.requests)
    with pytest.raises(ArchiveDamaged, match="ligne 2"):
        run_sources(settings, definitions=sources, console=quiet)
    assert landed.exists() and len(producer.requests) == asked
    path.write_bytes(whole)
    assert run_sources(settings, definitions=sources, console=quiet).results[0].resultat == "inchange"
