"""The journal of runs, `executions.jsonl`: one line per run, whatever its end; what whoever is on duty reads
first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from extract.archive import utc_text
from extract.durable import append_record, whole_records
from extract.settings import Settings

NAME = "executions.jsonl"


def append(settings: Settings, record: dict[str, Any]) -> None:
    """Adds one line and forces it to disk."""
    append_record(settings.data / NAME, record)


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
    return (
        f"Écriture impossible sous {folder} : {getattr(error, 'strerror', None) or error}. Vérifiez la place"
        " libre et les droits de l'utilisateur qui exécute (le dossier doit lui appartenir), puis"
        " relancez : rien n'est à moitié écrit."
    )
