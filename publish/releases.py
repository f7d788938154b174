"""The published folder: releases, the pointer that readers follow, and how it moves in one step.

`published/<release>/` never changes once named. `published/current` is a relative symlink, replaced by
rename: a reader that opened the former release keeps it whole, the next one gets the new one. `courante.json`
says the same to whoever cannot follow a symlink (Windows, file shares); the symlink is the truth and repairs
it (`publish.pointer_file`).
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from extract import layout
from extract.archive import utc_text
from extract.durable import TEMP_PREFIX, fsync_folder
from extract.errors import LayoutUnknown
from publish import pointer_file
from publish.errors import PublishFault

CURRENT = "current"
MANIFEST = "manifeste.json"
DATABASE = "referentiel.duckdb"
REFUSED = "_refused"
DAMAGED = "_abimees"
UNFINISHED = ".en-cours-"
LEAVING = ".retrait-"  # a release that is being removed
REPORTS = "rapports.jsonl"
TRIES = 20  # a tenth of a second apart


@dataclass(frozen=True)
class Release:
    """A whole published release: its name, folder and manifest."""

    nom: str
    folder: Path
    manifest: dict[str, Any]

    @property
    def database(self) -> Path:
        """The DuckDB file that readers open."""
        return self.folder / DATABASE


def name(moment: datetime, inputs: str) -> str:
    """The name of a release: when it was made (UTC) and the start of its inputs' hash; sorts by date."""
    return f"{moment.astimezone(UTC):%Y-%m-%d-%H%M%S}-{inputs[:8]}"


def read(folder: Path) -> Release:
    """The release of a folder. Raises PublishFault when it is not a whole one, LayoutUnknown when it is of a
    newer layout than this code knows."""
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        number = manifest.get("format", layout.FIRST)
    except (OSError, ValueError, AttributeError) as error:
        raise PublishFault(
            f"{folder} n'est pas une release entière ({MANIFEST} illisible : {error}). "
            "Choisissez-en une autre avec : make rollback"
        ) from error
    layout.refuse_newer(number, layout.RELEASE, f"La release {folder.name}")
    return Release(folder.name, folder, manifest)


def every(published: Path) -> list[Release]:
    """All releases with a manifest that can be read, oldest first; a damaged one is not a release, and one
    of a newer layout is left alone."""
    found = []
    for folder in folders(published):
        with suppress(PublishFault, LayoutUnknown):
            found.append(read(folder))
    return found


def folders(published: Path) -> list[Path]:
    """The folder of every release, whole or not, oldest first."""
    if not published.is_dir():
        return []
    return [
        folder
        for folder in sorted(published.iterdir())
        if folder.is_dir() and not folder.is_symlink() and not folder.name.startswith((".", "_"))
    ]


def whole(release: Release) -> bool:
    """Whether every file of the release is there with its size (`make verify` reads the bytes too)."""
    try:
        told = {name: one["octets"] for name, one in release.manifest["fichiers"].items()}
        sizes = {name: (release.folder / name).stat().st_size for name in told}
    except (OSError, KeyError, TypeError, AttributeError):  # a manifest of something else is not whole either
        return False
    return DATABASE in told and sizes == told


def altered(release: Release) -> list[str]:
    """The files of the release that have not the bytes that its manifest says, the base first; a disk that
    does not give them back has not. Every byte is read."""
    told: dict[str, dict[str, Any]] = release.manifest["fichiers"]
    names = sorted(told, key=lambda name: (name != DATABASE, name))
    return [name for name in names if _digest(release.folder / name) != told[name]["sha256"]]


def _digest(path: Path) -> str | None:
    """sha256 (hex) of a file; None when it is not there, or the disk does not give it back."""
    with suppress(OSError), path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()
    return None


def followed(published: Path) -> str | None:
    """The name that the pointer gives, whether or not there is such a release; None when there is no
    pointer."""
    link = published / CURRENT
    return str(link.readlink()) if link.is_symlink() else None


def current(published: Path) -> Release | None:
    """The release that readers have now, or None when nothing was ever published. Raises PublishFault when it
    is not whole, LayoutUnknown."""
    nom = followed(published)
    return None if nom is None else read((published / nom).resolve())


def require_current(published: Path) -> Release:
    """The current release, or a PublishFault that says how to make one."""
    found = current(published)
    if found is None:
        raise PublishFault(
            f"Aucune release dans {published}. Faites-en une : make demo (figures de démonstration) ou make"
            " refresh."
        )
    return found


def require(published: Path, nom: str) -> Release:
    """The release of that name. Raises PublishFault when there is none or it is not whole, LayoutUnknown."""
    known = {release.nom: release for release in every(published)}
    if nom in known:
        return known[nom]
    if (published / nom / MANIFEST).is_file():
        read(published / nom)  # says what is wrong with it
    raise PublishFault(
        f"Pas de release « {nom} » dans {published}. Connues : {', '.join(known) or 'aucune'}."
    )


def pointer(published: Path) -> dict[str, Any]:
    """What courante.json says, empty when it is not there yet: the symlink is the truth. Raises PublishFault
    when neither it nor its copy reads."""
    return pointer_file.read(published)


def point(published: Path, nom: str, moment: datetime, aside: list[str] | None = None) -> None:
    """Moves the pointer to a release, in one step. `aside`: what an operator set aside (default: the same as
    before). Killed before courante.json follows, `repair` writes it."""
    follow(published, nom)
    tell(published, nom, moment, aside)


def follow(published: Path, nom: str) -> None:
    """Gives a release to readers, in one step. Raises PublishFault when it does not read."""
    read(published / nom)
    temporary = published / f".{CURRENT}-{os.getpid()}"
    temporary.unlink(missing_ok=True)
    temporary.symlink_to(nom)
    temporary.replace(published / CURRENT)
    fsync_folder(published)


def tell(published: Path, nom: str, moment: datetime, aside: list[str] | None = None) -> None:
    """Writes courante.json, as `point` does."""
    release = read(published / nom)
    _write_pointer(published, release, moment, discarded(published) if aside is None else aside)


def discarded(published: Path) -> list[str]:
    """The releases that an operator set aside as wrong by going back from them. Raises PublishFault when
    nothing tells them any more."""
    return list(pointer(published).get("ecartees", []))


def gone_back_from(published: Path, nom: str, others: Iterable[Release]) -> list[str]:
    """What is set aside after a rollback to release `nom`: those of `others` that were made after it, and
    what was set aside before it already."""
    before = [one for one in discarded(published) if one < nom]
    return before + sorted(release.nom for release in others if release.nom > nom)


def _write_pointer(published: Path, release: Release, moment: datetime, aside: list[str]) -> None:
    content = {
        "release": release.nom,
        "base": f"{release.nom}/{DATABASE}",
        "depuis": utc_text(moment),
        "empreinte_entrees": release.manifest.get("empreinte_entrees"),
        "ecartees": aside,
    }
    pointer_file.write(published, content)


def _leave_damaged(published: Path, moment: datetime) -> None:
    """`leave_current` when a file of it lacks or has another size."""
    link = published / CURRENT
    if not link.is_symlink():
        return
    with suppress(PublishFault):
        if whole(read(published / link.readlink())):
            return
    leave_current(published, moment)


def leave_current(published: Path, moment: datetime) -> None:
    """Puts the current release, which is damaged, aside under `_abimees/` (nothing is deleted) and points to
    the newest whole one, or to none: one that an operator set aside as wrong is not given back to readers by
    a program, a wrong number being worse than none. Under the lock."""
    link = published / CURRENT
    nom = str(link.readlink())
    never = {nom, *discarded(published)}
    others = (one for one in reversed(every(published)) if one.nom not in never)
    other = next((one for one in others if whole(one) and not altered(one)), None)
    if other is not None:
        point(published, other.nom, moment)
    else:
        link.unlink()
    if (published / nom).exists():
        (published / DAMAGED).mkdir(exist_ok=True)
        (published / nom).rename(published / DAMAGED / f"{nom}-{moment:%Y%m%dT%H%M%S}")


def _remove(leftover: Path) -> None:
    """Removes a folder in which the second process of a killed run may still write for an instant."""
    for _ in range(TRIES):
        shutil.rmtree(leftover, ignore_errors=True)
        if not leftover.exists():
            return
        time.sleep(0.1)
    shutil.rmtree(leftover)


def repair(published: Path, moment: datetime) -> None:
    """After a kill or a damage: removes what is half-written or half-removed, leaves a damaged current
    release for the newest whole one, and makes courante.json agree with the symlink. Under the lock. Raises
    PublishFault when nothing tells any more what was set aside."""
    if not published.is_dir():
        return
    _leave_damaged(published, moment)
    for pattern in (f"{UNFINISHED}*", f"{REFUSED}/{UNFINISHED}*", f"{LEAVING}*"):
        for leftover in published.glob(pattern):
            _remove(leftover)
    for pattern in (f".{CURRENT}-*", f"{TEMP_PREFIX}*"):
        for leftover in published.glob(pattern):
            if not leftover.name.endswith(REPORTS):  # written under a lock of its own, which removes it too
                leftover.unlink()
    release, said = current(published), str(pointer(published).get("release", ""))
    if release is not None and (said != release.nom or not pointer_file.agree(published)):
        # A rollback was killed, or the publication of a new release.
        aside = [nom for nom in discarded(published) if nom != release.nom]
        if said > release.nom:
            # A rollback too; or the leaving of a damaged release, which nobody set aside.
            others = [one for one in every(published) if whole(one) and (one.nom != said or not altered(one))]
            aside = gone_back_from(published, release.nom, others)
        _write_pointer(published, release, moment, aside)
