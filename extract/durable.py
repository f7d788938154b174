"""Durable writing: temp file beside the target, fsync, rename, fsync of the folder. Killed at any instant, a
reader sees the old file or the new one, never half of one."""

from __future__ import annotations

import errno
import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb

from extract.errors import WriteRefused

TEMP_PREFIX = ".tmp-"
# What the system, and DuckDB under the name of whatever wrote, say of a disk that refuses a write.
REFUSALS = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS})
SAID_OF_DISK = ("no space left", "could not write", "could not truncate", "could not fsync", "disk quota")


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


def refuses_writes(error: Exception) -> bool:
    """Whether what the system or DuckDB raised says that the disk refused a write: a commit that meets a full
    disk fails as a transaction does."""
    if isinstance(error, OSError) and error.errno is not None:
        return error.errno in REFUSALS
    return any(said in str(error).lower() for said in SAID_OF_DISK)


@contextmanager
def scratch(under: Path) -> Iterator[Path]:
    """A folder of its own under `under`, made if need be, for what is unpacked to be read; gone with the
    block. Raises WriteRefused when the disk refuses a write meanwhile."""
    with writing(under):
        under.mkdir(parents=True, exist_ok=True)
        made = tempfile.TemporaryDirectory(prefix="lecture-", dir=under)
    with made as folder:
        try:
            yield Path(folder)
        except (OSError, duckdb.Error) as error:
            if refuses_writes(error):
                raise WriteRefused(under, error) from error
            raise


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
