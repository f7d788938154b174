"""The archive's journal: one JSON line per attempt, each with the checksum of its own bytes as its last key.

So a bit that flipped is told from a line that a kill cut: the one would make us forget a delivery that was
promised, of the other nothing was. Lines without a checksum are those of versions before it; what they say is
taken as it parses."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

from extract.durable import append_line, as_line
from extract.errors import ArchiveDamaged

SUM = b',"somme":"'
TAIL = len(SUM) + len('01234567"}')

Read = TypeVar("Read")


def append(journal: Path, record: dict[str, Any]) -> None:
    """Add one line, with its checksum, and force it to disk."""
    line = as_line(record)
    append_line(journal, line[:-1] + _tail(line))


def records(journal: Path) -> Iterator[dict[str, Any]]:
    """Every whole line, oldest first; no file is an empty journal. Raises ArchiveDamaged."""
    return _sound(journal, parsed)


def lines(journal: Path) -> Iterator[bytes]:
    """The JSON of every whole line, oldest first, without its checksum: which is enough to know that it is as
    it was written, in a tenth of the time that parsing it takes. Raises ArchiveDamaged."""
    return _sound(journal, whole)


def faults(journal: Path) -> list[str]:
    """What each damaged line is and what can be done, in words."""
    return [fault for _, fault in _read(journal, parsed) if fault]


def parsed(line: bytes) -> dict[str, Any] | None:
    """What a line says, without its checksum; None when a kill cut it. Raises ValueError when damaged."""
    return _said(_text(line)[0])


def whole(line: bytes) -> bytes | None:
    """The JSON of a line, without its checksum; None when a kill cut it. Raises ValueError when damaged."""
    text, summed = _text(line)
    return text if summed or _said(text) is not None else None


def _text(line: bytes) -> tuple[bytes, bool]:
    """A line without its checksum, and whether it has one. Raises ValueError when that of its bytes is
    another."""
    line = line.strip(b"\0 \r\n")  # a power cut may leave zeros where the end was to come
    tail = line[-TAIL:]
    if not tail.startswith(SUM):
        return line, False
    line = line[:-TAIL] + b"}"
    if tail != _tail(line):
        raise ValueError("sa somme n'est pas celle de ses octets")
    return line, True


def _said(line: bytes) -> dict[str, Any] | None:
    try:
        record: dict[str, Any] = json.loads(line.decode("utf-8"))
    except ValueError as error:
        if _is_cut(line, error):
            return None
        raise
    return record


def _tail(line: bytes) -> bytes:
    return SUM + b'%08x"}' % zlib.crc32(line)


def _is_cut(line: bytes, error: ValueError) -> bool:
    """Whether only the end of a line that does not parse is missing; the object of a whole one is closed."""
    if not line.endswith(b"}"):
        return True
    return isinstance(error, json.JSONDecodeError) and (
        error.pos == len(error.doc) or error.msg.startswith("Unterminated string")
    )


def _sound(journal: Path, read: Callable[[bytes], Read | None]) -> Iterator[Read]:
    """What `read` makes of each whole line. Raises ArchiveDamaged."""
    for made, fault in _read(journal, read):
        if made is None:
            raise ArchiveDamaged(fault)
        yield made


def _read(journal: Path, read: Callable[[bytes], Read | None]) -> Iterator[tuple[Read | None, str]]:
    """What `read` makes of each whole line, or what is wrong with it."""
    if not journal.exists():
        return
    with journal.open("rb") as handle:
        for number, line in enumerate(handle, 1):
            try:
                made = read(line)
            except ValueError as error:
                yield None, _words(journal, number, error)
                continue
            if made is not None:
                yield made, ""


def _words(journal: Path, number: int, error: ValueError) -> str:
    return (
        f"La ligne {number} de {journal} est abîmée ({error}) : la livraison qu'elle dit serait oubliée et"
        " ses chiffres retirés. Rien n'est demandé, retiré ni publié, les lecteurs gardent la release en"
        " cours. Remettez cette ligne telle que la garde une sauvegarde, puis relancez ; sans sauvegarde,"
        " l'ôter fait oublier ce qu'elle dit et rien d'autre (les octets reçus restent dans l'archive)."
    )
