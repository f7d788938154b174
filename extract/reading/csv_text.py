"""CSV with the declared encoding and separator; DuckDB reads, strictly (RFC 4180, every line as wide as the
header)."""

from __future__ import annotations

import codecs
import csv
import re
import tempfile
from pathlib import Path

import duckdb

from extract.definitions import Part
from extract.errors import DeliveryRefused
from extract.reading.table import LARGE, Table, connect, connect_large, literal, number_rows

CHUNK = 1 << 20
LONGEST_LINE = 16 << 20  # bytes; DuckDB would otherwise take sixteen times as much for each buffer
# Opendatasoft writes this inside a 200 stream when an export fails half-way.
INTERRUPTED = b"Streaming interrupted due to the following error"


def read_csv(path: Path, part: Part, scratch: Path) -> Table:
    """All columns as text; an empty field is NULL. Raises DeliveryRefused with the line and the reason."""
    _refuse_interrupted(path)
    separator = part.lecture.get("separateur", ",")
    path = _as_utf8(path, part.lecture.get("encodage", "utf-8"), scratch)
    header = _header(path, separator)
    columns = ", ".join(f"{literal(name)}: 'VARCHAR'" for name in header)
    scan = (
        f"read_csv({literal(str(path))}, auto_detect = false, header = true, delim = {literal(separator)}, "
        "quote = '\"', escape = '\"', strict_mode = true, null_padding = false, ignore_errors = false, "
        f"encoding = 'utf-8', max_line_size = {LONGEST_LINE}, buffer_size = {2 * LONGEST_LINE}, "
        f"columns = {{{columns}}})"
    )
    large = path.stat().st_size >= LARGE
    folder = tempfile.TemporaryDirectory(prefix="lecture-", dir=scratch) if large else None
    connection = connect_large(folder.name) if folder else connect()
    table = Table(connection, tuple(header), folder=folder)
    try:
        if folder is None:
            connection.execute(f"create table recu as select * from {scan}")
        else:
            rows = literal(f"{folder.name}/recu.parquet")
            connection.execute(f"copy (select * from {scan}) to {rows} (format parquet, compression snappy)")
            connection.execute(
                f"create view recu as select * from read_parquet({rows}, file_row_number = true)"
            )
    except (duckdb.OutOfMemoryException, duckdb.IOException):  # our machine, not the producer's file
        table.close()
        raise
    except duckdb.Error as error:
        table.close()
        raise DeliveryRefused(f"csv illisible : {_words(str(error))}") from error
    number_rows(connection, large=large)
    return table


def _header(path: Path, separator: str) -> list[str]:
    with path.open(encoding="utf-8-sig", newline="") as lines:
        try:
            header = next(csv.reader(lines, delimiter=separator), [])
        except UnicodeDecodeError as error:
            raise DeliveryRefused(
                f"csv : l'octet {error.start} n'est pas de l'UTF-8 ; le producteur a changé d'encodage"
            ) from error
        except csv.Error as error:
            raise DeliveryRefused(f"csv illisible dès la première ligne : {error}") from error
    names = [name.strip() for name in header]
    if not any(names):
        raise DeliveryRefused("csv sans ligne d'en-tête")
    if "" in names:
        raise DeliveryRefused(f"csv : la colonne {names.index('') + 1} n'a pas de nom")
    twice = sorted({name for name in names if [other.lower() for other in names].count(name.lower()) > 1})
    if twice:
        raise DeliveryRefused(f"csv : colonnes en double : {', '.join(twice)}")
    return names


def _as_utf8(path: Path, encoding: str, scratch: Path) -> Path:
    """The same text in UTF-8; a byte that is not of the declared encoding is refused with its place."""
    if encoding == "utf-8":
        return path
    target = scratch / "utf8.csv"
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    position = 0
    with path.open("rb") as source, target.open("w", encoding="utf-8", newline="") as sink:
        try:
            while chunk := source.read(CHUNK):
                sink.write(decoder.decode(chunk))
                position += len(chunk)
            sink.write(decoder.decode(b"", final=True))
        except UnicodeError as error:  # UTF-16 without its mark has no position
            where = position + getattr(error, "start", 0)
            raise DeliveryRefused(
                f"csv : l'octet {where} n'est pas du {encoding} ; le producteur a changé d'encodage"
            ) from error
    return target


def _refuse_interrupted(path: Path) -> None:
    with path.open("rb") as handle:
        handle.seek(max(0, path.stat().st_size - 4096))
        tail = handle.read()
    if INTERRUPTED in tail:
        reason = tail[tail.index(INTERRUPTED) :].decode("utf-8", "replace")[:300]
        raise DeliveryRefused(f"export interrompu par le portail au milieu de la réponse : {reason}")


def _words(message: str) -> str:
    """DuckDB's complaint without its advice and without the path of the file."""
    line = re.search(r"CSV Error on Line: (\d+)", message)
    where = f"ligne {line.group(1)} : " if line else ""
    if width := re.search(r"Expected Number of Columns: (\d+) Found: (\d+)", message):
        return f"{where}{width.group(2)} colonnes au lieu de {width.group(1)}"
    if "unterminated quote" in message or "unquoted" in message:
        return f"{where}guillemet jamais refermé"
    if "unicode" in message or "utf-8" in message.lower():
        return f"{where}caractères qui ne sont pas de l'UTF-8"
    if "state machine" in message:
        return f"{where}fins de ligne ou guillemets irréguliers"
    if "Maximum line size" in message:
        return f"{where}ligne démesurée"
    return where + message.splitlines()[0][:200]
