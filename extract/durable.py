"""Durable writing: temp file beside the target, fsync, rename, fsync of the folder. Killed at any instant, a
reader sees the old file or the new one, never half of one."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from extract.errors import WriteRefused

TEMP_PREFIX = ".tmp-"


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Raises WriteRefused for what the disk refuses meanwhile: a bare OSError may also be a producer's (those
    of requests are, without a number of the system's)."""
    try:
        yield
    except OSError as error:
        if error.errno is None:
            raise
        raise WriteRefused(folder, error) from error


def fsync_folder(folder: Path) -> None:
    """Make a rename inside `folder` survive a power cut (no-op where folders cannot be opened)."""
    try:
        handle = os.open(folder, os.O_RDONLY)
    except PermissionError:  # Windows does not open folders
        return
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def fsync_file(path: Path) -> None:
    """Force the bytes of `path` to disk."""
    with path.open("rb+") as handle:
        os.fsync(handle.fileno())


def as_line(record: dict[str, Any]) -> bytes:
    """A record as a journal has it, without the end of its line."""
    return json.dumps(record, ensure_ascii=False, separators=(",", ":")).encode("utf-8")


def append_record(journal: Path, record: dict[str, Any]) -> None:
    """Add one JSON line to `journal` and force it to disk."""
    append_line(journal, as_line(record))


def append_line(journal: Path, line: bytes) -> None:
    """Add one line to `journal` and force it to disk; a line that a kill cut is closed first."""
    line += b"\n"
    with journal.open("ab+") as handle:
        if handle.seek(0, os.SEEK_END):
            handle.seek(-1, os.SEEK_END)
            if handle.read(1) != b"\n":
                line = b"\n" + line
        handle.write(line)
        handle.flush()
        os.fsync(handle.fileno())


def whole_records(journal: Path) -> Iterator[dict[str, Any]]:
    """Every whole line of a journal, oldest first; a line cut by a kill is skipped (nothing was promised),
    and no file is an empty journal."""
    if not journal.exists():
        return
    with journal.open("rb") as handle:
        for line in handle:
            if not line.strip():
                continue
            try:
                yield json.loads(line)
            except ValueError:
                continue


@contextmanager
def replacing(target: Path) -> Iterator[Path]:
    """Yield a temporary path next to `target`; when the block ends well it becomes `target` in one step."""
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.parent / f"{TEMP_PREFIX}{os.getpid()}-{target.name}"
    try:
        yield temporary
        fsync_file(temporary)
        temporary.replace(target)
        fsync_folder(target.parent)
    finally:
        temporary.unlink(missing_ok=True)


def write_text(target: Path, text: str) -> None:
    """Replace `target` by `text` (UTF-8), durably."""
    with replacing(target) as temporary:
        temporary.write_text(text, encoding="utf-8")
