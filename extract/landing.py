"""Landing: typed-as-text parquet, one file per accepted delivery; a pure function of the archive and the
yamls.

The layout is described in LANDING.md. Files are replaced durably; what the journal does not know is
removed, what it knows and the folder lacks is made again from the archive (see `extract.replay`)."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from extract import written
from extract.archive import Archive
from extract.definitions import TECHNICAL_COLUMNS, Definition
from extract.durable import replacing
from extract.reading.table import SOURCE_ORDER, Table, literal, quoted
from extract.settings import Settings

DELIVERIES = "_livraisons.parquet"
SOURCES = "_sources.parquet"
SCHEMA = "_schema.parquet"
READING_KEY = "lecture"
JOURNAL_KEY = "journal"
COMPRESSION = "zstd"
UNREADABLE = (pa.ArrowException, ValueError, OSError)  # what a parquet that is absent, cut or spoilt raises

_DELIVERY_COLUMNS = (
    ("livraison", "varchar"),
    ("source", "varchar"),
    ("partition", "varchar"),
    ("url", "varchar"),
    ("recu_le", "timestamp"),
    ("publie_le", "timestamp"),
    ("http_statut", "integer"),
    ("octets", "bigint"),
    ("sha256", "varchar"),
    ("lignes", "bigint"),
    ("resultat", "varchar"),
    ("motif", "varchar"),
)
_SOURCE_COLUMNS = (
    "source",
    "titre",
    "producteur",
    "protocole",
    "url",
    "licence",
    "attribution",
    "frequence",
    "page",
    "description",
)


def delivery_path(settings: Settings, source: str, delivery: str) -> Path:
    """Where the rows of an accepted delivery are."""
    return settings.landing / source / f"{delivery}.parquet"


def content_hash(table: Table) -> str:
    """sha256 over the rows, whatever their order: tells an unchanged dataset from a new envelope (the BDM
    stamps the hour of the request into every answer)."""
    fields = ", ".join(f"coalesce({quoted(name)}, chr(30))" for name in table.columns)
    found = table.connection.execute(
        "select count(*), bit_xor(h), sum(h) from "
        f"(select md5_number_lower(concat_ws(chr(31), {fields})) as h "
        "from brut)"
    ).fetchone()
    return hashlib.sha256("|".join([*table.columns, *map(str, found or ())]).encode()).hexdigest()


def write_delivery(
    settings: Settings, source: str, partition: str | None, delivery: str, table: Table, reading: str
) -> Path:
    """Write the rows of one delivery and note the digest of the file; returns it. `reading`: digest of the
    reading rules."""
    target = delivery_path(settings, source, delivery)
    columns = "".join(f"{quoted(name)}, " for name in table.columns)
    stamp = f"{literal(delivery)} as _livraison, "
    stamp += f"{literal(partition) if partition is not None else 'cast(null as varchar)'} as _partition, "
    # one thread, so that the same rows make the same bytes; they already are in their order
    table.connection.execute("set threads = 1")
    with replacing(target) as temporary:
        table.connection.execute(
            f"copy (select {columns}{stamp}{quoted(SOURCE_ORDER)} as _ligne from brut) "
            f"to {literal(str(temporary))} (format parquet, compression zstd, "
            f"kv_metadata {{{READING_KEY}: {literal(reading)}}})"
        )
    written.note(settings.landing, target)
    return target


def reading_of(metadata: pq.FileMetaData) -> str | None:
    """The digest that `write_delivery` left in a landed file, or None."""
    return _value(metadata, READING_KEY)


def _value(metadata: pq.FileMetaData, key: str) -> str | None:
    found: dict[bytes, bytes] = metadata.metadata or {}
    value = found.get(key.encode())
    return value.decode() if value is not None else None


def write_frame(settings: Settings, archive: Archive, definitions: Iterable[Definition]) -> None:
    """Write `_schema.parquet` of every source, `_sources.parquet` and `_livraisons.parquet`, save those that
    are already as they would be written."""
    definitions = list(definitions)
    _write_described(settings, definitions)
    write_deliveries(settings, archive)


def _write_described(settings: Settings, definitions: list[Definition]) -> None:
    """Write what the yamls alone say. Nothing is made to be compared when they say no more than they did:
    Arrow loads pandas to make a table."""
    schemas = {settings.landing / one.source / SCHEMA: one.landing_columns() for one in definitions}
    rows = _sources_rows(definitions)
    told = [_SOURCE_COLUMNS, TECHNICAL_COLUMNS, [*schemas.values()], rows]
    made_of = hashlib.sha256(json.dumps(told, sort_keys=True, default=str).encode()).hexdigest()
    files = [*schemas, settings.landing / SOURCES]
    known = written.noted(settings.landing) or {}
    if known.get("cadre") == made_of and all(written.same(settings.landing, path, known) for path in files):
        return
    for path, columns in schemas.items():
        fields = [(name, pa.string()) for name in columns]
        fields += [(TECHNICAL_COLUMNS[0], pa.string()), (TECHNICAL_COLUMNS[1], pa.string())]
        fields.append((TECHNICAL_COLUMNS[2], pa.int64()))
        _renew(path, pa.schema(fields).empty_table())
    _renew(settings.landing / SOURCES, _sources_table(rows))
    written.note(settings.landing, *files, cadre=made_of)


def write_deliveries(settings: Settings, archive: Archive) -> None:
    """Write `_livraisons.parquet` from the journal: one row per delivery attempt, oldest first. It tells what
    it was made of: nothing is written when the journal says no more, which parses none of it."""
    target = settings.landing / DELIVERIES
    made_of = hashlib.sha256(f"{_DELIVERY_COLUMNS}{archive.deliveries_digest()}".encode())
    stamp = {JOURNAL_KEY: made_of.hexdigest()}
    try:
        told = _value(pq.read_metadata(target), JOURNAL_KEY) == stamp[JOURNAL_KEY]
        if told and written.same(settings.landing, target, written.noted(settings.landing) or {}):
            return
    except UNREADABLE:
        pass
    types = {
        "varchar": pa.string(),
        "timestamp": pa.timestamp("us"),
        "integer": pa.int32(),
        "bigint": pa.int64(),
    }
    records = archive.deliveries()
    columns = []
    for name, kind in _DELIVERY_COLUMNS:
        values = [record.get(name) for record in records]
        if kind == "timestamp":
            values = [_timestamp(value) for value in values]
        columns.append(pa.array(values, type=types[kind]))
    _write(target, pa.table(columns, names=[name for name, _ in _DELIVERY_COLUMNS], metadata=stamp))
    written.note(settings.landing, target)


def remove_strangers(settings: Settings, archive: Archive) -> list[Path]:
    """Remove landed files that no accepted delivery explains (a run killed between the two)."""
    known = {delivery_path(settings, record["source"], record["livraison"]) for record in archive.accepted()}
    removed = []
    for path in settings.landing.glob("*/*"):
        if path.name != SCHEMA and path not in known:
            path.unlink()
            removed.append(path)
    return removed


def digests(settings: Settings) -> dict[str, str]:
    """Path in the landing → sha256 (hex) of each file of rows and of the description of the sources.

    The journal of attempts is left out: a run that found nothing new leaves all as it was."""
    found = {}
    for path in sorted([*settings.landing.glob("*/*.parquet"), settings.landing / SOURCES]):
        if path.exists():
            found[path.relative_to(settings.landing).as_posix()] = written.digest(path)
    return found


def holds_deliveries(files: dict[str, str]) -> bool:
    """Whether the landing whose `digests` these are holds a delivery: its frame alone holds no figure."""
    return any("/" in name and not name.endswith(f"/{SCHEMA}") for name in files)


def fingerprint(settings: Settings, files: dict[str, str] | None = None) -> str:
    """sha256 (hex) of what the landing holds: the rows of every accepted delivery and the description of the
    sources. `files`: their `digests`, when they are known."""
    digest = hashlib.sha256()
    for name, own in (digests(settings) if files is None else files).items():
        digest.update(name.encode() + b"\0" + bytes.fromhex(own))
    return digest.hexdigest()


def _sources_rows(definitions: list[Definition]) -> list[dict[str, Any]]:
    return [
        {
            **{name: definition.raw.get(name) for name in _SOURCE_COLUMNS},
            "source": definition.source,
            "url": definition.url,
            "description": " ".join(definition.text("description").split()),
            "cle_requise": definition.key is not None,
            "partitions": None if definition.asked == (None,) else definition.asked,
        }
        for definition in definitions
    ]


def _sources_table(rows: list[dict[str, Any]]) -> pa.Table:
    types = dict.fromkeys(_SOURCE_COLUMNS, pa.string())
    types |= {"cle_requise": pa.bool_(), "partitions": pa.list_(pa.string())}
    columns = [pa.array([row[name] for row in rows], type=kind) for name, kind in types.items()]
    return pa.table(columns, names=[*types])


def _timestamp(value: str | None) -> Any:
    """A UTC ISO text of the journal as a naive timestamp (the column says UTC)."""

    if not value:
        return None
    moment = dt.datetime.fromisoformat(value.replace("Z", "+00:00"))
    return moment.astimezone(dt.UTC).replace(tzinfo=None) if moment.tzinfo else moment


def _renew(target: Path, table: pa.Table) -> None:
    """Write a small table, unless the file has its very bytes."""
    wanted = pa.BufferOutputStream()
    pq.write_table(table, wanted, compression=COMPRESSION)
    try:
        if target.read_bytes() == wanted.getvalue().to_pybytes():
            return
    except OSError:  # absent, or the disk no longer gives it
        pass
    _write(target, table)


def _write(target: Path, table: pa.Table) -> None:
    with replacing(target) as temporary:
        pq.write_table(table, temporary, compression=COMPRESSION)
