"""Room on the disk, checked before anything is asked: a full disk is told, not discovered half-way."""

from __future__ import annotations

import shutil
from pathlib import Path

from extract.settings import Settings
from publish import partial, releases, words
from publish.errors import PublishFault

FLOOR = 512 << 20  # bytes: a first run of the replica's figures, archive and release together
# Bytes of a candidate per byte of its release, where none is kept to be measured (1.8 on the replica's).
CANDIDATE = 2
GROWTH = 1.5  # what a partial build writes again stays beside what it replaces: DuckDB's files do not shrink


def needed(settings: Settings) -> int:
    """Bytes that a run may write at once beside what is there: a candidate (the kept one stays until the
    release is published), a release, and as much for the deliveries of the day; FLOOR at least."""
    current = releases.current(settings.published)
    if current is None:
        return FLOOR
    release = folder_size(current.folder)
    kept = settings.build / partial.FOLDER / partial.DATABASE
    candidate = GROWTH * kept.stat().st_size if kept.is_file() else CANDIDATE * release
    return max(FLOOR, int(candidate + 2 * release))


def require(settings: Settings) -> None:
    """Raises PublishFault when the data folder's disk has less room than a run needs."""
    room, wanted = shutil.disk_usage(settings.data).free, needed(settings)
    if room < wanted:
        raise PublishFault(
            f"Disque presque plein : {words.size(room)} libres sous {settings.data}, il en faut"
            f" {words.size(wanted)} pour une exécution. Rien n'a été demandé ni écrit. Libérez de la place"
            " (published/_refused, anciennes releases : make rollback les liste) ou donnez un autre dossier"
            " par REFERENTIEL_DATA."
        )


def folder_size(folder: Path) -> int:
    """Bytes of the files under a folder; what disappears meanwhile counts for nothing."""
    total = 0
    for path in folder.rglob("*"):
        try:
            total += path.stat().st_size if path.is_file() and not path.is_symlink() else 0
        except FileNotFoundError:
            continue
    return total
