"""What every client is given and gives back, and the words for HTTP refusals."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import requests

from extract.archive import Archive, StoredObject, utc_text
from extract.definitions import Part
from extract.errors import DeliveryFailed
from extract.exchanges import Recorder
from extract.reading.table import Table


@dataclass(frozen=True)
class Ask:
    """What is to be collected and with what: `session` and `mount` lead to the producer, or to the archive
    in a replay. `previous`: the journal's record of the last good delivery of the same request, to ask
    for news only."""

    part: Part
    archive: Archive
    session: requests.Session
    recorder: Recorder
    mount: Callable[[requests.Session], None]
    previous: dict[str, Any] | None = None


@dataclass(frozen=True)
class Collected:
    """What a client got. `publie_le`: the producer's own date (ISO text) or None, never the reception date.
    `read(scratch)`: the rows, as the producer names them; raises DeliveryRefused. `unchanged`: why
    nothing had to be downloaded, or None. `part`: what is expected of a deposit in another form than the
    producer's, else None."""

    url: str
    publie_le: str | None
    read: Callable[[Path], Table] | None
    unchanged: str | None = None
    part: Part | None = None


def stored(response: requests.Response) -> StoredObject:
    """The archived bytes behind a response of ours."""
    found: StoredObject = response.archived  # type: ignore[attr-defined]
    return found


def ensure_ok(response: requests.Response, what: str) -> None:
    """Raise DeliveryFailed, in French, for any answer but 2xx."""
    status = response.status_code
    if 200 <= status < 300:
        return
    start = response.content[:300].decode("utf-8", "replace").strip().replace("\n", " ")
    reasons = {
        400: "demande refusée (400)",
        401: "accès refusé (401) : clé absente, fausse ou expirée",
        403: "accès interdit (403)",
        404: "adresse ou jeu introuvable (404) : le producteur l'a peut-être déplacé",
        410: "retiré par le producteur (410)",
    }
    words = reasons.get(status, f"réponse HTTP {status}")
    raise DeliveryFailed(f"{what} : {words}{' : ' + start if start and '<' not in start[:20] else ''}")


def http_date(value: str | None) -> str | None:
    """An HTTP date as UTC ISO text, or None when absent or unreadable."""
    if not value:
        return None
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    return utc_text(moment) if moment.tzinfo else None


def previous_header(ask: Ask, name: str) -> str | None:
    """A header of the last good delivery's data, or None."""
    if ask.previous is None:
        return None
    for exchange in reversed(ask.previous["echanges"]):
        if exchange["role"] == "donnees":
            value = exchange["entetes"].get(name)
            return str(value) if value else None
    return None
