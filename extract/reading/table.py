"""The table that every reader gives: a DuckDB connection with the rows in `recu`, all VARCHAR, in the order
received, and a view `brut` that numbers them (`_n`, from 1).

`recu` is a table in memory, or for a large file a Parquet on disk: written faster than a table, and read by
column."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace

import duckdb
import pyarrow as pa

SOURCE_ORDER = "_n"  # BIGINT, from 1: the order of the rows as received
LARGE = 64 << 20  # bytes of text from which rows are kept on disk and read by every core
MEMORY = "512MB"  # for what is asked of a large table; its rows stay on disk


def connect() -> duckdb.DuckDBPyConnection:
    """A private in-memory database, on one thread: several small sources are read at once."""
    return _configured(duckdb.connect(":memory:", config={"threads": 1}))


def connect_large(folder: str) -> duckdb.DuckDBPyConnection:
    """The same on every core, with `folder` for what would not fit in memory."""
    connection = duckdb.connect(
        ":memory:",
        config={"threads": os.cpu_count() or 1, "memory_limit": MEMORY, "temp_directory": f"{folder}/tmp"},
    )
    return _configured(connection)


def _configured(connection: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    connection.execute("set preserve_insertion_order = true")
    connection.execute("set enable_progress_bar = false")
    return connection


def quoted(identifier: str) -> str:
    """An SQL identifier."""
    return '"' + identifier.replace('"', '""') + '"'


def literal(text: str) -> str:
    """An SQL string."""
    return "'" + text.replace("'", "''") + "'"


@dataclass
class Table:
    """`columns`: the names in order (without `_n`), as the producer writes them, then as the landing does;
    `warnings`: what surprises without being wrong, in words; `folder`: where a large table is."""

    connection: duckdb.DuckDBPyConnection
    columns: tuple[str, ...]
    warnings: tuple[str, ...] = ()
    folder: tempfile.TemporaryDirectory[str] | None = None

    @property
    def rows(self) -> int:
        """How many rows were read."""
        found = self.connection.execute("select count(*) from recu").fetchone()
        return int(found[0]) if found else 0

    def close(self) -> None:
        """Give back memory and disk."""
        self.connection.close()
        if self.folder is not None:
            self.folder.cleanup()

    def in_memory(self) -> Table:
        """The same with `recu` as a table, to which rows can be added."""
        if self.folder is not None:
            self.connection.execute("create table copie as select * exclude (file_row_number) from recu")
            self.connection.execute("drop view brut")
            self.connection.execute("drop view recu")
            self.connection.execute("alter table copie rename to recu")
            number_rows(self.connection)
            self.folder.cleanup()
        return replace(self, folder=None)

    def seen_as(self, expressions: dict[str, str]) -> Table:
        """The same rows under other names: expressions over `recu` by name. Nothing is copied."""
        number_rows(self.connection, expressions, large=self.folder is not None)
        return replace(self, columns=tuple(expressions))

    @classmethod
    def of_columns(cls, columns: Sequence[str], values: Sequence[Sequence[str | None] | pa.Array]) -> Table:
        """From columns of texts (lists or Arrow arrays) of equal length, in the same order as their names."""
        arrays = [
            column if isinstance(column, pa.Array) else pa.array(column, type=pa.string())
            for column in values
        ]
        connection = connect()
        connection.register("incoming", pa.table(arrays, names=list(columns)))
        connection.execute("create table recu as select * from incoming")
        connection.unregister("incoming")
        number_rows(connection)
        return cls(connection, tuple(columns))

    @classmethod
    def of_rows(cls, columns: Sequence[str], rows: Sequence[Sequence[str | None]]) -> Table:
        """From rows of texts, each as long as `columns`."""
        return cls.of_columns(columns, list(zip(*rows, strict=True)) if rows else [[] for _ in columns])


def number_rows(
    connection: duckdb.DuckDBPyConnection, expressions: dict[str, str] | None = None, *, large: bool = False
) -> None:
    """Make the view `brut`: the rows of `recu` (or expressions over them, by name) and their number."""
    number = "file_row_number" if large else "rowid"
    seen = f"* exclude ({number})" if large else "*"
    if expressions is not None:
        seen = ", ".join(f"{expression} as {quoted(name)}" for name, expression in expressions.items())
    connection.execute(
        f"create or replace view brut as select {number} + 1 as {quoted(SOURCE_ORDER)}, {seen} from recu"
    )
