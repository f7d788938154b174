"""The table that every reader gives: a DuckDB connection in memory with one table `brut`, all VARCHAR but
`_n`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import duckdb
import pyarrow as pa

SOURCE_ORDER = "_n"  # BIGINT, from 1: the order of the rows as received


def connect() -> duckdb.DuckDBPyConnection:
    """A private in-memory database that writes the same bytes for the same rows (one thread, order kept)."""
    connection = duckdb.connect(":memory:", config={"threads": 1, "preserve_insertion_order": True})
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
    """`columns`: the producer's names in order (without `_n`); rows: table `brut` of `connection`;
    `warnings`: what surprises without being wrong, in words."""

    connection: duckdb.DuckDBPyConnection
    columns: tuple[str, ...]
    warnings: tuple[str, ...] = ()

    @property
    def rows(self) -> int:
        """How many rows were read."""
        found = self.connection.execute("select count(*) from brut").fetchone()
        return int(found[0]) if found else 0

    @classmethod
    def of_columns(cls, columns: Sequence[str], values: Sequence[Sequence[str | None] | pa.Array]) -> Table:
        """From columns of texts (lists or Arrow arrays) of equal length, in the same order as their names."""
        arrays = [
            column if isinstance(column, pa.Array) else pa.array(column, type=pa.string())
            for column in values
        ]
        connection = connect()
        lines = len(values[0]) if values else 0
        incoming = pa.table(
            [pa.array(range(1, lines + 1), type=pa.int64()), *arrays], names=[SOURCE_ORDER, *columns]
        )
        connection.register("incoming", incoming)
        connection.execute("create table brut as select * from incoming")
        connection.unregister("incoming")
        return cls(connection, tuple(columns))

    @classmethod
    def of_rows(cls, columns: Sequence[str], rows: Sequence[Sequence[str | None]]) -> Table:
        """From rows of texts, each as long as `columns`."""
        return cls.of_columns(columns, list(zip(*rows, strict=True)) if rows else [[] for _ in columns])
