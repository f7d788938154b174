"""The machine's clock against what the journal remembers: figures are ordered by when they were received,
so a clock that went back would put today's delivery behind yesterday's."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path

from extract import journal
from extract.archive import ACCEPTED, CLOCK_TOLERANCE, in_utc
from extract.settings import Settings
from publish.errors import PublishFault

TAIL = 1 << 16


def require(settings: Settings, now: datetime) -> None:
    """Raises PublishFault when the last accepted delivery is later than `now` (aware) by over
    CLOCK_TOLERANCE."""
    journal_path = settings.archive / "journal.jsonl"
    last = last_accepted(journal_path)
    if last is not None and last - now > CLOCK_TOLERANCE:
        raise PublishFault(
            f"L'horloge de cette machine ({now:%d/%m/%Y %H:%M} UTC) est en retard sur la dernière réception"
            f" du journal ({last:%d/%m/%Y %H:%M} UTC) : une livraison reçue maintenant passerait pour plus"
            " ancienne que celle-là. Rien n'a été demandé. Si l'horloge retarde, remettez-la à l'heure"
            " (timedatectl). Si elle est juste, c'est qu'elle avançait quand cette livraison est venue :"
            f" attendez le {last - CLOCK_TOLERANCE:%d/%m/%Y %H:%M} UTC, les exécutions reprendront"
            f" d'elles-mêmes ; ou, si c'est trop loin, ôtez de {journal_path} les lignes datées d'après"
            " maintenant : leurs sources seront redemandées, leurs dépôts seront à refaire."
        )


def last_accepted(path: Path) -> datetime | None:
    """When the last accepted delivery was received, or None. Reads the journal from its end."""
    try:
        with path.open("rb") as handle:
            size = handle.seek(0, os.SEEK_END)
            window = TAIL
            while True:
                handle.seek(max(0, size - window))
                lines = handle.read().splitlines()
                for line in reversed(lines if window >= size else lines[1:]):
                    if ACCEPTED.encode() not in line:  # parsing them all takes seconds after some years
                        continue
                    try:
                        record = journal.parsed(line)
                    except ValueError:  # the run will tell it, before anything is asked
                        continue
                    if record is None or record.get("resultat") != ACCEPTED:
                        continue
                    return in_utc(record["recu_le"])
                if window >= size:
                    return None
                window *= 8
    except FileNotFoundError:
        return None
