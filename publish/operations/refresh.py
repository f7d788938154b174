"""The main job as a scheduler runs it: the run, its line in the journal of runs, the words sent out."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from rich.console import Console

from extract.settings import Settings
from publish import releases
from publish.errors import FAULT, PUBLISHED, REFUSED, UNREACHABLE, ours
from publish.operations import feed, notify, runlog
from publish.operations.notify import Message
from publish.run import Outcome, leave_damaged, run

if TYPE_CHECKING:
    from extract.attempt import SourceResult

BAD = ("refuse", "echec")
EVENTS = {REFUSED: "refusee", FAULT: "faute", UNREACHABLE: "injoignable"}


def refresh(settings: Settings, console: Console, **options: Any) -> Outcome:
    """Runs (same options as `publish.run.run`), journals, notifies. What cannot be journaled or sent is told
    on `console` and changes neither the outcome nor its code; a current release that is found damaged when
    delays are looked for makes it a fault. Raises what `run` raises, once it is journaled and notified as a
    fault."""
    began = datetime.now(UTC)
    try:
        outcome = run(settings, console, **options)
    except Exception as error:
        _account(settings, console, Outcome(FAULT, ours(error)), began)
        raise
    _account(settings, console, outcome, began)
    return outcome


def _account(settings: Settings, console: Console, outcome: Outcome, began: datetime) -> None:
    """The run's line in the journal, and its message if there is one to send."""
    try:
        before = next(iter([*runlog.records(settings)][-1:]), {})
        late = _late(settings, console, outcome, began, before)
        record = _record(outcome, began) | {"en_echec": _failing(outcome, before)} | late
        message = told(outcome, record, before)
        if message is not None:
            record["envois_manques"] = notify.send(message)
            for failure in record["envois_manques"]:
                console.print(f"Notification : {failure}", style="yellow", markup=False)
        runlog.append(settings, record)
    except OSError as error:
        console.print(runlog.unwritable(settings.data, error), style="red", markup=False)


def told(outcome: Outcome, record: dict[str, Any], before: dict[str, Any]) -> Message | None:
    """What is worth a message, or None: a new release, a refusal, a fault or unreachable producers that the
    last run did not already tell, a source that starts or stops failing or being late."""
    release = outcome.release.nom if outcome.release else None
    if outcome.nouvelle and outcome.release is not None:
        text = "\n".join([*outcome.message.splitlines()[1:], feed.note(outcome.release)])
        return Message("publiee", f"Référentiel : release {release}", text, 0, release)
    first = outcome.message.splitlines()[0]
    if outcome.code in EVENTS:
        if before.get("code") == outcome.code and _last_line(before) == outcome.message.splitlines()[-1]:
            return None
        event = EVENTS[outcome.code]
        return Message(event, f"Référentiel : {first}"[:180], outcome.message, outcome.code, release)
    if outcome.code != PUBLISHED:
        return None  # another run holds the lock, and will speak for itself
    now, then = set(record["en_echec"]), set(before.get("en_echec", ()))
    late = set(record.get("en_retard", ()))
    before_late = set(before.get("en_retard", late))
    if now == then and late == before_late:
        return None
    results = outcome.summary.results if outcome.summary else []
    why = {one.source: one for one in results if one.resultat in BAD}
    lines = [f"- {name} : {_why(why.get(name))}, reste sur sa dernière livraison." for name in now - then]
    lines += [f"- {name} : répond de nouveau." for name in then - now]
    lines += [f"- {name} : en retard sur le rythme de son producteur." for name in late - before_late]
    lines += [f"- {name} : n'est plus en retard." for name in before_late - late]
    return Message("sources", "Référentiel : état des sources", "\n".join(sorted(lines)), 0, release)


def _why(result: SourceResult | None) -> str:
    if result is None or not result.motif:
        return "ne répond plus comme attendu"
    return f"{'livraison refusée' if result.resultat == 'refuse' else 'échec'} ({result.motif})"


def _failing(outcome: Outcome, before: dict[str, Any]) -> list[str]:
    """Sources that fail now: those asked in this run, and those that failed before and were not asked."""
    results = outcome.summary.results if outcome.summary else []
    asked = {one.source for one in results}
    return sorted(
        {one.source for one in results if one.resultat in BAD} | (set(before.get("en_echec", ())) - asked)
    )


def _late(
    settings: Settings, console: Console, outcome: Outcome, began: datetime, before: dict[str, Any]
) -> dict[str, Any]:
    """The late sources. A delay is counted in days: looked for once a day, and after each release. It is the
    only reading of the current release when nothing is new: a damaged one that it meets is left, and makes
    the outcome a fault."""
    kept = {name: before[name] for name in ("en_retard", "retards_vus_le") if name in before}
    day = f"{began:%Y-%m-%d}"
    seen = not outcome.nouvelle and before.get("retards_vus_le") == day
    if seen or outcome.code != PUBLISHED:  # the message of a refusal or a fault tells something else
        return kept
    from publish import status

    try:
        return {"en_retard": status.late(settings, began.replace(tzinfo=None)), "retards_vus_le": day}
    except Exception as error:  # whatever it is, the outcome is told; the next run looks again
        first = str(error).partition("\n")[0]
        console.print(
            f"Les retards des sources n'ont pas pu être établis : {first}", style="yellow", markup=False
        )
    if damaged := leave_damaged(settings):
        outcome.code, outcome.release = FAULT, releases.current(settings.published)
        outcome.message = "\n".join([*damaged, "La prochaine exécution la refait."])
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
    return record | ({"reconstruites": list(outcome.partielle)} if outcome.partielle else {})


def _last_line(before: dict[str, Any]) -> str:
    return (str(before.get("message", "")).splitlines() or [""])[-1]
