"""Portraits written to a folder: one, or all those of the region, on every core, with progress."""

from __future__ import annotations

import gc
import multiprocessing
import os
import pickle
import re
import shutil
import tempfile
import unicodedata
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

from publish.exports.reports import page, pdf
from publish.exports.reports.facts import Facts, read
from publish.exports.reports.portrait import portrait

# The levels of « all portraits »: those an elected representative has a name for.
ALL = ("DEP", "EPCI", "ZE2020", "BV2022", "PROJET")
CHUNK = 2

# In a process of the pool: what it prints from.
_facts: Facts | None = None


def file_name(facts: Facts, territory: str) -> str:
    """EPCI-200065597-cu-caen-la-mer."""
    bare = unicodedata.normalize("NFKD", facts.name(territory).casefold().replace("œ", "oe"))
    words_ = re.sub(r"[^a-z0-9]+", "-", "".join(c for c in bare if not unicodedata.combining(c))).strip("-")
    return territory if words_ in territory.casefold() else f"{territory}-{words_}"


def write_one(facts: Facts, territory: str, folder: Path) -> list[Path]:
    """The portrait of one territory, as PDF and HTML."""
    document = portrait(facts, territory)
    stem = file_name(facts, territory)
    printed, read_ = folder / f"{stem}.pdf", folder / f"{stem}.html"
    printed.write_bytes(pdf.write(document, facts.made))
    read_.write_text(page.write(document), encoding="utf-8")
    return [printed, read_]


def _begin(kept: str) -> None:
    """Starts a process of the pool from the facts kept in a file."""
    global _facts
    # One process a core: Typst's own threads would only wait for each other.
    os.environ["RAYON_NUM_THREADS"] = "1"
    with Path(kept).open("rb") as file:
        _facts = pickle.load(file)  # written by write_all, in a folder of its own, a moment before
    gc.freeze()  # what lasts as long as the process is not looked through again at each collection


def _work(task: tuple[str, str]) -> str:
    territory, folder = task
    assert _facts is not None, "_begin is the initializer of the pool"
    write_one(_facts, territory, Path(folder))
    return territory


def write_all(
    facts: Facts,
    territories: Sequence[str],
    folder: Path,
    *,
    processes: int | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> list[Path]:
    """Many portraits. Either all of them are in `folder` at the end or none: they are made aside, then moved.

    Raises what the writing of one raised.
    """
    folder.mkdir(parents=True, exist_ok=True)
    count = min(processes or len(os.sched_getaffinity(0)), len(territories))
    with (
        tempfile.TemporaryDirectory(dir=folder, prefix=".en-cours-") as aside,
        tempfile.TemporaryDirectory(dir=folder, prefix=".en-cours-") as shared,
    ):
        if count < 2:
            for done, territory in enumerate(territories, start=1):
                write_one(facts, territory, Path(aside))
                progress(done, len(territories))
        else:
            kept = Path(shared) / "facts"
            with kept.open("wb") as file:
                pickle.dump(facts, file, pickle.HIGHEST_PROTOCOL)
            tasks = [(territory, aside) for territory in territories]
            # Never forked: a process that has compiled a report holds threads of Typst that a fork would wait
            # for without end.
            context = multiprocessing.get_context("spawn")
            with context.Pool(count, initializer=_begin, initargs=(str(kept),)) as pool:
                for done, _ in enumerate(pool.imap_unordered(_work, tasks, CHUNK), start=1):
                    progress(done, len(tasks))
        made = sorted(Path(aside).iterdir())
        return [Path(shutil.move(path, folder / path.name)) for path in made]


def choose_all(database_territories: Sequence[str]) -> list[str]:
    """The territories of « all portraits », heaviest first so that no core ends alone."""
    order = {level: index for index, level in enumerate(("DEP", "PROJET", "ZE2020", "EPCI", "BV2022"))}
    chosen = [t for t in database_territories if t.split("-", 1)[0] in ALL]
    return sorted(chosen, key=lambda t: (order[t.split("-", 1)[0]], t))


def prepared(
    database: Path,
    territories: Sequence[str],
    *,
    region: str,
    release: str,
    made: datetime,
    previous: tuple[str, Path] | None,
) -> Facts:
    """The facts of the territories to print."""
    return read(database, territories, region=region, release=release, made=made, previous=previous)
