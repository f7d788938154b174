"""Which sources are due: each on its own rhythm, so that a scheduler may wake us as often as it likes.

The rule, per (source, partition):
- never asked, last answer failed, refused or without key, or request changed in the yaml: due;
- an announced date of the producer (`calendrier.annonces` of the yaml) has come and nothing was received
  since, for ten days at most: due;
- else due when the interval of its `frequence` (or `calendrier.intervalle_jours`) has passed since the last
  question.

A deposit asks nobody: it counts only as a reception of what was announced, when it was published since.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from extract.archive import ACCEPTED, UNCHANGED, Archive, in_utc
from extract.definitions import Definition, Part

# Days between two questions. A monthly or quarterly dataset may come out, or be revised, on any day.
INTERVALS = {
    "continue": 1,
    "mensuelle": 1,
    "trimestrielle": 1,
    "annuelle": 7,
    "irreguliere": 7,
    "suspendue": 7,
    "arretee": 30,
}
SLACK = timedelta(hours=2)  # a daily timer does not wake at the very same second
ANNOUNCED_FOR = timedelta(days=10)


@dataclass(frozen=True)
class Due:
    """Whether one part is asked in this run, and why, in words."""

    name: str
    due: bool
    why: str


def judge(definition: Definition, part: Part, attempts: Iterable[dict[str, Any]], now: datetime) -> Due:
    """Whether `part` is due at `now` (aware). `attempts`: its `livraison` records, oldest first; what was
    accepted and the last question are enough."""
    own = list(attempts)
    questions = [one for one in own if "depot" not in one]
    if not questions:
        return Due(part.name, True, "jamais demandée")
    last = questions[-1]
    if last["resultat"] not in (ACCEPTED, UNCHANGED):
        return Due(part.name, True, "dernier essai sans réponse utilisable")
    if last["acces"] != part.acces:
        return Due(part.name, True, "la demande a changé")
    announced = _announced(definition, own, now)
    if announced is not None:
        return Due(part.name, True, f"publication annoncée le {announced:%d/%m/%Y}")
    days = definition.raw.get("calendrier", {}).get("intervalle_jours")
    wait = timedelta(days=days or INTERVALS[definition.text("frequence")])
    asked = in_utc(last["recu_le"])
    if now - asked >= wait - SLACK or asked > now:
        return Due(part.name, True, "échéance")
    return Due(part.name, False, f"prochaine demande le {(asked + wait):%d/%m/%Y}")


def judge_from(archive: Archive, definition: Definition, part: Part, now: datetime) -> Due:
    """The judgement of a part from the archive's journal, of which no more is parsed than it takes."""
    asked = archive.last_question(part.source, part.partition)
    attempts = archive.accepted_of(part.source, part.partition)
    return judge(definition, part, [*attempts, *filter(None, [asked])], now)


def _announced(definition: Definition, own: list[dict[str, Any]], now: datetime) -> date | None:
    """The announced date that has come and that no reception has answered yet, or None."""
    received = [
        in_utc(one["depot"]["publie_le"] if "depot" in one else one["recu_le"]).date()
        for one in own
        if one["resultat"] == ACCEPTED
    ]
    latest = max(received, default=date.min)
    for text in definition.raw.get("calendrier", {}).get("annonces", ()):
        day = date.fromisoformat(str(text))
        if day <= now.date() <= day + ANNOUNCED_FOR and latest < day:
            return day
    return None
