"""The digests that the landed files had when they were written: what a disk changed of them since is found,
and made again from the archive. Nothing sums the pages of a Parquet file: a flipped bit may be read as
another figure."""

from __future__ import annotations

import hashlib
import json
import threading
from pathlib import Path

from extract.durable import write_text

NAME = "_empreintes.json"
_alone = threading.Lock()  # several sources are landed at once
_read: dict[Path, tuple[tuple[int, int, int], str]] = {}


def digest(path: Path) -> str:
    """sha256 (hex) of a file; its bytes are read once in the life of the process unless it was replaced or
    written since. Raises OSError."""
    state = path.stat()
    now = (state.st_ino, state.st_size, state.st_mtime_ns)
    before, known = _read.get(path, (None, ""))
    if before != now:
        with path.open("rb") as handle:
            known = hashlib.file_digest(handle, "sha256").hexdigest()
        _read[path] = (now, known)
    return known


def noted(landing: Path) -> dict[str, str] | None:
    """Path in the landing → the digest that the file was written with; None when none was ever noted (a
    landing of before: what it holds is then taken as it is, by `note`). A list that does not read says
    nothing of any file."""
    try:
        found = json.loads((landing / NAME).read_text(encoding="utf-8"))
        return {str(name): str(own) for name, own in found.items()}
    except FileNotFoundError:
        return None
    except (ValueError, AttributeError):
        return {}


def same(landing: Path, path: Path, known: dict[str, str]) -> bool:
    """Whether a file is as `known` (`noted`) says that it was written; one that is not there, or that the
    disk does not give back, is not."""
    try:
        return known.get(_name(landing, path)) == digest(path)
    except OSError:
        return False


def note(landing: Path, *paths: Path, **said: str) -> None:
    """Notes the digests of files as they are now, and `said`. What is noted of a file that is gone stays, and
    is noted again with the next file of that name. Raises OSError."""
    with _alone:
        known = noted(landing) or {}
        known |= {_name(landing, path): digest(path) for path in paths} | said
        write_text(landing / NAME, json.dumps(known, indent=0, sort_keys=True) + "\n")


def _name(landing: Path, path: Path) -> str:
    return path.relative_to(landing).as_posix()
