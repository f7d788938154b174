"""The journal of runs, `executions.jsonl`: one line per run, whatever its end; what whoever is on duty reads
first."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from extract.settings import Settings

NAME = "executions.jsonl"


def append(settings: Settings, record: dict[str, Any]) -> None:
    """Adds one line and forces it to disk; a line cut by a kill is closed first."""
    path = settings.data / NAME
    line = json.dumps(record, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
    with path.open("ab+") as journal:
        if journal.seek(0, os.SEEK_END):
            journal.seek(-1, os.SEEK_END)
            if journal.read(1) != b"\n":
                line = b"\n" + line
        journal.write(line)
        journal.flush()
        os.fsync(journal.fileno())


def records(settings: Settings) -> Iterator[dict[str, Any]]:
    """Every whole line, oldest first."""
    path = settings.data / NAME
    if not path.is_file():
        return
    for line in path.read_bytes().splitlines():
        try:
            yield json.loads(line)
        except ValueError:
            continue  # cut by a kill: that run told nothing


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
        "debut": f"{began.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "fin": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "code": code,
        "message": message,
        "release": release,
        "livraisons": dict(Counter(outcomes)),
        "secondes": {name: round(seconds, 2) for name, seconds in steps.items()},
    }


def unwritable(folder: Path, error: Exception) -> str:
    """What to say when the data folder refuses a write."""
    return (
        f"Écriture impossible sous {folder} : {getattr(error, 'strerror', None) or error}. Vérifiez la place"
        " libre et les droits de l'utilisateur qui exécute (le dossier doit lui appartenir), puis"
        " relancez : rien n'est à moitié écrit."
    )
