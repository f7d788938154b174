"""A run in which nothing is due or new, after years of attempts: it reads the journal once, parses what it looks at,
writes nothing in the landing."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from extract import journal, landing
from extract.archive import Archive, utc_text
from extract.definitions import load_all
from extract.settings import Settings
from publish import inputs
from publish.run import Outcome, run
from tests.unit.publish.conftest import QUIET, World

ROUNDS = 120  # of every source: three years at 32 attempts a day
NOBODY = "http://127.0.0.1:9"  # answers none of what a run that is not idle would ask


@pytest.fixture
def settings(world: World) -> Settings:
    """A release of all that is received, and a journal in which every source was asked, over and over, till now."""
    world = replace(world, settings=replace(world.settings, producteurs=NOBODY))
    archive, known = Archive(world.settings.archive), load_all().values()
    an_hour_ago = utc_text(datetime.now(UTC) - timedelta(hours=1), "microseconds")
    for part in (part for one in known for part in one.parts(world.settings)):
        asked = {"source": part.source, "partition": part.partition, "recu_le": an_hour_ago}
        about = {"livraison": f"{part.name}-1", **asked, "acces": part.acces}
        archive.append({"type": "livraison", **about, "resultat": "inchange", "motif": "mêmes octets"})
    archive.append({"type": "echange", "url": "https://exemple.fr", "statut": 304})
    archive.journal_path.write_bytes(archive.journal_path.read_bytes() * ROUNDS)
    landing.write_frame(world.settings, Archive(archive.root), known)
    landed = landing.fingerprint(world.settings)
    world.publish(inputs.fingerprint(world.settings, landed, inputs.code_hash()))
    return world.settings


def idle(settings: Settings) -> Outcome:
    outcome = run(settings, QUIET, calendar=True)
    assert outcome.code == 0 and "Rien de nouveau" in outcome.message, outcome.message
    assert outcome.summary is not None and not outcome.summary.results and outcome.summary.en_attente
    return outcome


def counting(monkeypatch: pytest.MonkeyPatch, module: Any, *names: str) -> Counter[str]:
    """Counts the calls of functions of a module."""
    calls: Counter[str] = Counter()

    def counted(name: str, made: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **options: Any) -> Any:
            calls[name] += 1
            return made(*arguments, **options)

        return call

    for name in names:
        monkeypatch.setattr(module, name, counted(name, getattr(module, name)))
    return calls


def written(folder: Path, names: str = "*.parquet") -> Iterator[tuple[Path, int, int]]:
    return ((one, one.stat().st_mtime_ns, one.stat().st_ino) for one in sorted(folder.rglob(names)))


def test_idle_run_reads_the_journal_once_and_writes_nothing_in_the_landing(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = len(Archive(settings.archive).journal_path.read_bytes().splitlines())
    before, said = [*written(settings.landing)], (settings.archive / "journal.jsonl").stat()
    reads = counting(monkeypatch, journal, "lines", "records", "faults")
    parsed = counting(monkeypatch, json, "loads")
    idle(settings)
    assert reads == {"lines": 1}
    assert parsed["loads"] < lines / 20, "a line that nobody looks at is summed, not parsed"
    assert [*written(settings.landing)] == before
    assert (settings.archive / "journal.jsonl").stat() == said
    # what a killed run appended without telling it in the landing is told by the next one, which parses it all
    archive, table = Archive(settings.archive), settings.landing / landing.DELIVERIES
    archive.append(archive.deliveries()[-1] | {"livraison": "de-la-tuée"})
    idle(settings)
    assert pq.read_table(table)["livraison"].to_pylist()[-1] == "de-la-tuée"
    assert [one for one in written(settings.landing) if one not in before] == [
        *written(table.parent, table.name)
    ]
