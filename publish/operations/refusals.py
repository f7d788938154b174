"""What was refused once is not built again for the same inputs: a timer would otherwise rebuild it hourly."""

from __future__ import annotations

import json
from pathlib import Path

from extract.durable import write_text
from publish import releases
from publish.releases import REFUSED, UNFINISHED

NAME = "refus.json"


def remember(published: Path, folder: Path, inputs: str, compare: bool, message: str) -> None:
    """Notes in the refused folder which inputs were refused, against which release, and what was said."""
    content = {
        "empreinte_entrees": inputs,
        "comparee_a": _against(published, compare),
        "message": message,
    }
    write_text(folder / NAME, json.dumps(content, ensure_ascii=False, indent=2) + "\n")


def already(published: Path, inputs: str, compare: bool) -> str | None:
    """What was said when these very inputs were refused against the same release, or None."""
    against = _against(published, compare)
    for path in sorted((published / REFUSED).glob(f"*/{NAME}"), reverse=True):
        if path.parent.name.startswith(UNFINISHED):
            continue
        try:
            known = json.loads(path.read_text(encoding="utf-8"))
        except ValueError:
            continue  # unreadable: the candidate is judged again
        if known["empreinte_entrees"] == inputs and known["comparee_a"] == against:
            return f"Toujours les mêmes données, déjà refusées.\n{known['message']}"
    return None


def _against(published: Path, compare: bool) -> str | None:
    current = releases.current(published) if compare else None
    return current.nom if current else None
