"""The main job as a scheduler runs it: the run, its line in the journal of runs, the words sent out."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from rich.console import Console

from extract.errors import RunLocked
from extract.settings import Settings
from publish import releases
from publish.errors import FAULT, LOCKED, PUBLISHED, REFUSED, UNREACHABLE, ours
from publish.operations import feed, notify, runlog
from publish.operations.notify import Message
from publish.releases import Release
from publish.run import Outcome, leave_damaged, run

if TYPE_CHECKING:
    from extract.attempt import SourceResult

BAD = ("refuse", "echec")
UNASKED = "ignore"  # for want of its key
NUMBERS = re.compile(r"\S*\d\S*(\s[kMG]?o\b)?")  # and what is written in one word with them
EVENTS = {REFUSED: "refusee", FAULT: "faute", UNREACHABLE: "injoignable"}


def refresh(settings: Settings, console: Console, **options: Any) -> Outcome:
    """Runs (same options as `publish.run.run`), journals, notifies. What cannot be journaled or sent is told
    on `console` and changes neither the outcome nor its code; a current release that the daily reading of its
    base finds damaged makes it a fault. Raises what `run` raises, once it is journaled and notified as a
    fault."""
    began = datetime.now(UTC)
    try:
        outcome = run(settings, console, tell_killed=partial(_tell_killed, console), **options)
    except Exception as error:
        _account(settings, console, Outcome(FAULT, ours(error)), began)
        raise
    _account(settings, console, outcome, began)
    return outcome


def _tell_killed(console: Console, count: int) -> None:
    """Sends word of runs that are killed one after the other, of which none comes to its own message: at the
    second, then each time that their number doubles."""
    if count < 2 or count & (count - 1):
        return
    first = f"{count} exécutions de suite ont été tuées"
    text = (
        f"{first} avant leur fin (mémoire, délai de deux heures, machine arrêtée). Rien n'est publié, les"
        " lecteurs gardent la release en cours. Ce que le système en dit : journalctl -u referentiel, dmesg."
    )
    for failure in notify.send(Message("faute", f"Référentiel : {first}", text, FAULT, None)):
        console.print(f"Notification : {failure}", style="yellow", markup=False)


def _account(settings: Settings, console: Console, outcome: Outcome, began: datetime) -> None:
    """The run's line in the journal, and its message if there is one to send."""
    try:
        history = [*runlog.records(settings)]
        before = next(iter(history[-1:]), {})
        daily = _base(settings, outcome, began, before)  # first: it may change how the run ended
        daily |= _late(settings, console, outcome, began, before)
        record = _record(outcome, began) | daily
        record |= {"en_echec": _failing(outcome, before), "ignorees": _unasked(outcome, before)}
        for place in notify.PLACES:
            message = told(outcome, record, *_heard(history, place))
            if message is not None:
                record.setdefault("envois_manques", []).extend(notify.send(message, places=(place,)))
        for failure in record.get("envois_manques", ()):
            console.print(f"Notification : {failure}", style="yellow", markup=False)
        runlog.append(settings, record)
    except OSError as error:
        console.print(runlog.unwritable(settings.data, error), style="red", markup=False)


def _heard(history: list[dict[str, Any]], place: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The last run of which whoever is told at `place` knows the end, with the last release that they know,
    and the runs since: their message did not go, or they had nothing to say (killed, or another one held the
    lock)."""

    def heard(record: dict[str, Any]) -> bool:
        missed = any(failure.startswith(place) for failure in record.get("envois_manques", ()))
        return not missed and record.get("code") not in (None, LOCKED)

    known = [rank for rank, record in enumerate(history) if heard(record)]
    if not known:
        return {}, history
    release = next((history[rank]["release"] for rank in known[::-1] if history[rank].get("release")), None)
    return history[known[-1]] | {"release": release}, history[known[-1] + 1 :]


def told(
    outcome: Outcome,
    record: dict[str, Any],
    before: dict[str, Any],
    since: Sequence[dict[str, Any]] = (),
) -> Message | None:
    """What is worth a message, or None: a new release, a refusal, a fault or unreachable producers that were
    not already told, a source that starts or stops failing, being asked or being late. `before`: the last run
    whose end was told; `since`: those whose end was not."""
    if outcome.code == LOCKED:
        return None  # another run holds the lock, and will speak for itself
    release = outcome.release.nom if outcome.release else None
    first, *others = outcome.message.splitlines()
    # when all are silent together, that is the event
    sources = [] if outcome.code == UNREACHABLE else _sources(outcome, record, before)
    note = []
    if outcome.release is not None and (outcome.nouvelle or _owed(outcome.release, before, since)):
        note = [feed.note(outcome.release)]
    if outcome.code in EVENTS and not _repeats(outcome, before):
        text = "\n".join([outcome.message, *sources, *note])
        return Message(EVENTS[outcome.code], f"Référentiel : {first}"[:180], text, outcome.code, release)
    if note:
        told = others if outcome.code == PUBLISHED else []
        text = "\n".join([*told, *sources, *note])
        return Message("publiee", f"Référentiel : release {release}", text, outcome.code, release)
    if not sources:
        return None
    return Message("sources", "Référentiel : état des sources", "\n".join(sources), outcome.code, release)


def _repeats(outcome: Outcome, before: dict[str, Any]) -> bool:
    """Whether the last run that was told ended in the same way."""
    same = _kind(outcome.code, str(before.get("message", ""))) == _kind(outcome.code, outcome.message)
    return before.get("code") == outcome.code and same


def _owed(current: Release, before: dict[str, Any], since: Sequence[dict[str, Any]]) -> bool:
    """Whether the current release is newer than the last one that was told: its message did not go, or the
    run was killed before."""
    known = before.get("release")
    untold = any(one.get("nouvelle") or one.get("code") is None for one in since)
    return current.nom > known if known else untold


def _kind(code: int, message: str) -> str:
    """What a message tells, so that it is not told again: without its numbers, which change at every run
    (free space, hour), but for a refusal, which is that of one candidate."""
    lines = message.splitlines() or [""]
    if code == REFUSED:
        return lines[-1]
    if code == UNREACHABLE:
        return ""
    return " ".join(
        NUMBERS.sub("", "\n".join(one for one in lines if not one.startswith("Rapport : "))).split()
    )


def _sources(outcome: Outcome, record: dict[str, Any], before: dict[str, Any]) -> list[str]:
    """One line per source that starts or stops failing or being late, sorted."""
    now, then = set(record["en_echec"]), set(before.get("en_echec", ()))
    late = set(record.get("en_retard", ()))
    before_late = set(before.get("en_retard", late))
    results = outcome.summary.results if outcome.summary else []
    unasked = set(record.get("ignorees", ()))
    before_unasked = set(before.get("ignorees", unasked))
    reasons = {one.source: one.motif for one in results if one.resultat == UNASKED}
    bad = [one for one in results if one.resultat in BAD]
    lines = [
        f"- {name} : {_why([one for one in bad if one.source == name])}, reste sur sa dernière livraison."
        for name in now - then
    ]
    lines += [f"- {name} : répond de nouveau." for name in then - now]
    lines += [f"- {name} : n'est plus demandée ({reasons.get(name)})." for name in unasked - before_unasked]
    lines += [f"- {name} : est de nouveau demandée." for name in before_unasked - unasked - then - now]
    lines += [f"- {name} : en retard sur le rythme de son producteur." for name in late - before_late]
    lines += [f"- {name} : n'est plus en retard." for name in before_late - late]
    return sorted(lines)


def _why(results: list[SourceResult]) -> str:
    """Why a source fails: `results`, the failures of its partitions."""
    reasons = [
        f"{one.partition} : {one.motif}" if one.partition else one.motif for one in results if one.motif
    ]
    if not reasons:
        return "ne répond plus comme attendu"
    refused = any(one.resultat == "refuse" for one in results)
    return f"{'livraison refusée' if refused else 'échec'} ({' ; '.join(reasons)})"


def _unasked(outcome: Outcome, before: dict[str, Any]) -> list[str]:
    """Sources that lack their key: those of this run, and those of before that were not due."""
    results = outcome.summary.results if outcome.summary else []
    met = {one.source for one in results}
    return sorted(
        {one.source for one in results if one.resultat == UNASKED} | (set(before.get("ignorees", ())) - met)
    )


def _failing(outcome: Outcome, before: dict[str, Any]) -> list[str]:
    """Sources that fail now: those asked in this run, and those that failed before and were not asked."""
    results = outcome.summary.results if outcome.summary else []
    asked = {one.source for one in results if one.resultat != UNASKED}
    return sorted(
        {one.source for one in results if one.resultat in BAD} | (set(before.get("en_echec", ())) - asked)
    )


def _base(settings: Settings, outcome: Outcome, began: datetime, before: dict[str, Any]) -> dict[str, Any]:
    """The day on which every byte of the current base was read: nothing else reads it when nothing is new. A
    damaged one is left, and makes the outcome a fault."""
    kept = {name: before[name] for name in ("base_relue_le",) if name in before}
    today = {"base_relue_le": f"{began:%Y-%m-%d}"}
    if outcome.nouvelle:
        return today  # just written
    if kept == today or outcome.code in (FAULT, LOCKED):  # a fault's message tells something else
        return kept
    try:
        damaged = leave_damaged(settings)
    except RunLocked:  # the other run reads it
        return kept
    if not damaged:
        return today
    damaged.append(
        "La prochaine exécution en refait une de ce qui est reçu, à moins qu'un contrôle ne l'ait refusé ou"
        " qu'un retour arrière ne l'ait mis de côté."
    )
    damaged += [outcome.message] if outcome.code != PUBLISHED else []
    outcome.code, outcome.release = FAULT, releases.current(settings.published)
    outcome.message = "\n".join(damaged)
    return kept


def _late(
    settings: Settings, console: Console, outcome: Outcome, began: datetime, before: dict[str, Any]
) -> dict[str, Any]:
    """The late sources. A delay is counted in days: looked for once a day, and after each release."""
    kept = {name: before[name] for name in ("en_retard", "retards_vus_le") if name in before}
    day = f"{began:%Y-%m-%d}"
    seen = not outcome.nouvelle and before.get("retards_vus_le") == day
    if seen or outcome.code in (LOCKED, UNREACHABLE):  # which tell no source
        return kept
    from publish import status

    try:
        return {"en_retard": status.late(settings, began.replace(tzinfo=None)), "retards_vus_le": day}
    except Exception as error:  # whatever it is, the outcome is told; the next run looks again
        first = str(error).partition("\n")[0]
        console.print(
            f"Les retards des sources n'ont pas pu être établis : {first}", style="yellow", markup=False
        )
    return kept


def _record(outcome: Outcome, began: datetime) -> dict[str, Any]:
    results = outcome.summary.results if outcome.summary else []
    record = runlog.line(
        began,
        outcome.code,
        outcome.message,
        outcome.release.nom if outcome.release else None,
        [one.resultat for one in results],
        outcome.steps,
    )
    record |= {"non_dues": outcome.summary.en_attente if outcome.summary else 0}
    record |= {"nouvelle": True} if outcome.nouvelle else {}
    return record | ({"reconstruites": list(outcome.partielle)} if outcome.partielle else {})
