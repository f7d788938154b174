"""Which releases stay: the written rule, and the list of those that a report names.

Kept: every release of the last 31 days · before that, the last one of each calendar month · the current one
and the one before it · those named by a report (`published/rapports.jsonl`), for ever. One that an operator
set aside is the last of its month, or the one before the current, only where there is no other. The rest is
removed after a new release was published, never before.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from pathlib import Path

from filelock import FileLock

from extract.archive import in_utc, utc_text
from extract.durable import TEMP_PREFIX, write_text
from publish import releases
from publish.errors import PublishFault
from publish.releases import LEAVING, REPORTS, Release

LOCK = ".rapports.lock"
WAIT = 30  # seconds: an export and a run hold it for a few milliseconds
WHOLE = timedelta(days=31)


def made(release: Release) -> datetime:
    """When a release was made (UTC)."""
    return in_utc(release.manifest["produite_le"])


def to_retire(
    every: Iterable[Release], current: str | None, named: set[str], now: datetime, aside: Collection[str] = ()
) -> list[Release]:
    """The releases that the rule lets go, oldest first. `aside`: those that an operator set aside."""
    ordered = sorted(every, key=made)
    names = [release.nom for release in ordered]
    kept = set(named)
    if current in names:
        before = sorted(names[: names.index(current)], key=lambda nom: nom not in aside)  # the best one last
        kept |= {current, *before[-1:]}
    kept |= {release.nom for release in ordered if now - made(release) <= WHOLE}
    best_last = sorted(ordered, key=lambda release: release.nom not in aside)
    kept |= set({f"{made(release):%Y-%m}": release.nom for release in best_last}.values())
    return [release for release in ordered if release.nom not in kept]


def retire(published: Path, now: datetime) -> list[str]:
    """Removes what the rule lets go; returns the names. Each folder is renamed before it is emptied, so that
    a kill leaves no half release under its name (readers that hold its file keep reading it). Under the run's
    lock."""
    current, aside = releases.current(published), releases.discarded(published)
    nom = current.nom if current else None
    # None is named by a report meanwhile: it would be promised to stay, and go.
    with FileLock(published / LOCK).acquire(timeout=WAIT):
        gone = to_retire(releases.every(published), nom, named(published), now, aside)
        for release in gone:
            release.folder.rename(published / f"{LEAVING}{release.nom}")
    for release in gone:
        shutil.rmtree(published / f"{LEAVING}{release.nom}")
    return [release.nom for release in gone]


def named(published: Path) -> set[str]:
    """The releases that some report names."""
    return {entry["release"] for entry in _entries(published)}


def name_in_report(published: Path, nom: str, report: str, now: datetime) -> None:
    """Notes that `report` prints figures of release `nom`, which is then kept for ever. Raises PublishFault
    when there is no such release, OSError when the folder may not be written."""
    releases.require(published, nom)
    if _is_named(published, nom, report):
        return
    # Two exports may end together: each must find the line of the other. And a run may retire the release.
    with FileLock(published / LOCK).acquire(timeout=WAIT):
        releases.require(published, nom)
        if _is_named(published, nom, report):
            return
        path = published / REPORTS
        for killed in published.glob(f"{TEMP_PREFIX}*-{REPORTS}"):
            killed.unlink()
        noted = {"release": nom, "rapport": report, "note_le": utc_text(now)}
        before = path.read_text(encoding="utf-8") if path.is_file() else ""
        before += "" if not before or before.endswith("\n") else "\n"
        write_text(path, before + json.dumps(noted, ensure_ascii=False) + "\n")


def _is_named(published: Path, nom: str, report: str) -> bool:
    return any(entry["release"] == nom and entry["rapport"] == report for entry in _entries(published))


def _entries(published: Path) -> list[dict[str, str]]:
    path = published / REPORTS
    if not path.is_file():
        return []
    entries = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if not line.strip():
            continue
        try:
            entry = json.loads(line)
            entries.append({key: str(entry[key]) for key in ("release", "rapport", "note_le")})
        except (ValueError, KeyError, TypeError) as error:
            # Guessing would retire a release that a report needs.
            raise PublishFault(
                f"{path}, ligne {number} : illisible ({error}). Corrigez ou retirez la ligne ; aucune release"
                " n'est retirée d'ici là."
            ) from error
    return entries
