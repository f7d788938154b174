"""The journal of runs, `executions.jsonl`: one line per run, whatever its end; what whoever is on duty reads
first. The line of a run that was killed is written by the next one, which finds its mark."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import takewhile
from pathlib import Path
from typing import Any

from extract.archive import utc_text
from extract.durable import append_record, whole_records, write_text
from extract.errors import WriteRefused
from extract.settings import Settings

NAME = "executions.jsonl"
MARK = "execution-en-cours.json"
KILLED = "Exécution interrompue (tuée, ou machine arrêtée) : la suivante a repris ce qu'elle laissait."
# What one run tells the next of the sources: a killed one learnt nothing.
CARRIED = ("en_echec", "ignorees", "en_retard", "retards_vus_le", "base_relue_le")


def append(settings: Settings, record: dict[str, Any]) -> None:
    """Adds one line and forces it to disk."""
    append_record(settings.data / NAME, record)


@contextmanager
def marked(settings: Settings) -> Iterator[int]:
    """Holds the mark of a run, under its lock. A mark that is already there is that of a run that was killed:
    its line is written, with no exit code. One that is interrupted (Ctrl-C) leaves its mark as if killed.
    Gives how many runs were, one after the other, just before this one."""
    path = settings.data / MARK
    try:
        began = str(json.loads(path.read_text(encoding="utf-8"))["debut"])
    except FileNotFoundError:
        began = ""
    except (ValueError, KeyError, TypeError):
        began = utc_text(datetime.fromtimestamp(path.stat().st_mtime, UTC))
    killed_before = 0
    if began:
        history = [*records(settings)]
        before = next(iter(history[-1:]), {})
        ends = [record.get("code") for record in history]
        killed_before = 1 + len([*takewhile(lambda code: code is None, reversed(ends))])
        killed = {"debut": began, "fin": None, "code": None, "message": KILLED}
        append(settings, killed | {name: before[name] for name in CARRIED if name in before})
    write_text(path, json.dumps({"debut": utc_text(datetime.now(UTC))}) + "\n")
    try:
        yield killed_before
    except Exception:  # its end has a line of its own
        path.unlink(missing_ok=True)
        raise
    path.unlink(missing_ok=True)


def records(settings: Settings) -> Iterator[dict[str, Any]]:
    """Every whole line, oldest first; a run that was killed while it wrote told nothing."""
    return whole_records(settings.data / NAME)


def line(
    began: datetime,
    code: int,
    message: str,
    release: str | None,
    outcomes: list[str],
    steps: dict[str, float],
) -> dict[str, Any]:
    """What is kept of a run: when, exit code, its sentence, the release readers have, counts, seconds."""
    return {
        "debut": utc_text(began),
        "fin": utc_text(datetime.now(UTC)),
        "code": code,
        "message": message,
        "release": release,
        "livraisons": dict(Counter(outcomes)),
        "secondes": {name: round(seconds, 2) for name, seconds in steps.items()},
    }


def unwritable(folder: Path, error: Exception) -> str:
    """What to say when the data folder refuses a write."""
    return str(WriteRefused(folder, error))
