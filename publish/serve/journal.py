"""One line of journal per query: who, when, on which release, how long, how many rows, and what became of
it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic

KEPT_SQL = 2000


@dataclass
class Query:
    """A query in the course of being answered. `lignes` becomes None when the rows of an answer could not
    be counted for sure.
    """

    lecteur: str
    release: str
    requete: str
    quand: datetime = field(default_factory=lambda: datetime.now(UTC))
    debut: float = field(default_factory=monotonic)
    fin: float = field(default_factory=monotonic)
    lignes: int | None = 0
    octets: int = 0
    outstanding: int = 0
    drained: bool = False

    def answered(self, rows: int | None, size: int) -> None:
        """Adds one answer to the account."""
        self.lignes = None if rows is None or self.lignes is None else self.lignes + rows
        self.octets += size
        self.fin = monotonic()


class Journal:
    """JSON lines, one file a day (`requetes-AAAA-MM-JJ.jsonl`), appended and flushed line by line."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True, mode=0o750)

    def query(self, query: Query, resultat: str, message: str | None = None) -> None:
        """The line of a query; `resultat`: ok, refus, erreur, duree, interrompue, jeton_revoque."""
        self.write(
            quand=query.quand.isoformat(timespec="milliseconds"),
            lecteur=query.lecteur,
            release=query.release,
            duree_ms=round((query.fin - query.debut) * 1000, 1),
            lignes=query.lignes,
            octets=query.octets,
            resultat=resultat,
            requete=query.requete[:KEPT_SQL],
            **({"message": message[:500]} if message else {}),
        )

    def event(self, evenement: str, **details: object) -> None:
        """What is not a query: a refused token, a new release, a worker replaced."""
        self.write(quand=datetime.now(UTC).isoformat(timespec="milliseconds"), evenement=evenement, **details)

    def write(self, **line: object) -> None:
        """Appends one line."""
        path = self.folder / f"requetes-{datetime.now(UTC):%Y-%m-%d}.jsonl"
        with path.open("a", encoding="utf-8") as handle:
            handle.write(json.dumps(line, ensure_ascii=False) + "\n")
