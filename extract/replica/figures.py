"""The figures the replica serves: one compact parquet per table under `extract/replica/figures/`.

Where each comes from, of which vintage, under which licence: `figures/PROVENANCE.md`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb

FOLDER = Path(__file__).parent / "figures"


class Figures:
    """In-memory DuckDB with one view per parquet file, named after the file without its extension.

    Safe to use from several threads: each query runs on a cursor of its own.
    """

    def __init__(self, folder: Path = FOLDER) -> None:
        self.folder = folder
        self._db = duckdb.connect()
        # two request threads on a two-core machine must not starve the client under test
        self._db.execute("set threads = 2")
        self._db.execute("set preserve_insertion_order = true")
        self.names = sorted(path.stem for path in folder.glob("*.parquet"))
        for name in self.names:
            path = str(folder / f"{name}.parquet").replace("'", "''")
            self._db.execute(f"""create view "{name}" as select * from read_parquet('{path}')""")

    def __contains__(self, name: str) -> bool:
        return name in self.names

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """A cursor of its own on the shared database (views are visible to all)."""
        return self._db.cursor()

    def rows(self, sql: str, params: list[Any] | dict[str, Any] | None = None) -> list[tuple[Any, ...]]:
        """Rows of a query, as tuples."""
        return self.cursor().execute(sql, params or []).fetchall()

    def dicts(self, sql: str, params: list[Any] | dict[str, Any] | None = None) -> list[dict[str, Any]]:
        """Rows of a query, as dictionaries in the order of the columns."""
        cursor = self.cursor().execute(sql, params or [])
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
