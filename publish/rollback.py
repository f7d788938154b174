"""`make rollback RELEASE=…`: moves the pointer back to a whole release, and remembers which ones were
left."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.table import Table

from publish import manifest, releases, words
from publish.errors import PublishFault
from publish.operations import feed, lock, notify


def listing(published: Path, console: Console) -> int:
    """Prints the releases one may go back to."""
    current = releases.current(published)
    table = Table(box=None, header_style="bold", pad_edge=False)
    for name in ("Release", "Produite le (UTC)", "Observations", ""):
        table.add_column(name)
    discarded = releases.discarded(published)
    for release in releases.every(published):
        state = (
            "en cours"
            if current and release.nom == current.nom
            else "écartée"
            if release.nom in discarded
            else ""
        )
        rows = release.manifest.get("lignes", {}).get("observations", 0)
        table.add_row(release.nom, release.manifest.get("produite_le", ""), words.number(rows), state)
    console.print(table)
    console.print("\nPour revenir à l'une d'elles : make rollback RELEASE=<nom>")
    return 0


def back_to(published: Path, nom: str, console: Console) -> int:
    """Makes `nom` the current release after checking every byte of it. Raises PublishFault otherwise, and
    RunLocked during a run, which would publish over it.

    The releases made after it are remembered as left aside: the same inputs will not publish them again by
    themselves. The feed and whoever is told of releases hear of it.
    """
    releases.require(published, nom)
    with lock.alone(published.parent):
        left = _move(published, nom)
        behind = feed.follow(published, datetime.now(UTC))
    told = [f"Les lecteurs suivent maintenant la release {nom}."]
    if left:
        told.append(
            f"Mises de côté : {', '.join(left)}. Elles ne seront pas republiées sans nouvelles données."
        )
    told += behind
    message = notify.Message("retour", f"Référentiel : retour à la release {nom}", "\n".join(told), 0, nom)
    failures = [f"Notification : {failure}" for failure in notify.send(message)]
    for line in [*told, *failures]:
        console.print(line, markup=False)
    return 0


def _move(published: Path, nom: str) -> list[str]:
    """Checks the release and points to it; returns those that were made after it."""
    problems = manifest.verify(published / nom)
    if problems:
        raise PublishFault(f"La release {nom} est abîmée, le pointeur ne bouge pas : {' ; '.join(problems)}.")
    every = releases.every(published)
    releases.point(published, nom, datetime.now(UTC), releases.gone_back_from(published, nom, every))
    return [release.nom for release in every if release.nom > nom]
