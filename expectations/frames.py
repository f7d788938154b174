"""Frames taken from the candidate: DuckDB reads it read-only and hands pandas only the columns that are
asked."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pandas as pd

from expectations.model import ExpectationFault

DATA = Path(__file__).parent


def _literal(value: str | Path) -> str:
    return "'" + str(value).replace("'", "''") + "'"


@contextmanager
def candidate(path: Path, region: str, previous: Path | None = None) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection whose default database is the candidate, read-only.

    Beside its tables: `contexte` (one row: region, territoire_region), one temp table per CSV of
    expectations/ (all columns text but those named valeur/tolerance/…, which are numbers), and, when a
    previous release is given, its tables under `precedente.main`.
    """
    connection = duckdb.connect()
    try:
        connection.execute(f"attach {_literal(path)} as candidat (read_only)")
        if previous is not None:
            connection.execute(f"attach {_literal(previous)} as precedente (read_only)")
        connection.execute("use candidat.main")
        connection.execute(
            "create temp table contexte as select ? as region, 'REG-' || ? as territoire_region",
            [region, region],
        )
        for csv in sorted(DATA.glob("*.csv")):
            columns = csv.open(encoding="utf-8").readline().strip().split(";")
            types = ", ".join(
                f"{_literal(c)}: '{'DOUBLE' if c in NUMBERS else 'DATE' if c in DATES else 'VARCHAR'}'"
                for c in columns
            )
            connection.execute(
                f"create temp table {csv.stem} as select * from read_csv({_literal(csv)}, delim=';',"
                f" header=true, columns={{{types}}})"
            )
        yield connection
    except duckdb.Error as error:
        raise ExpectationFault(f"La base candidate {path} ne se laisse pas lire : {error}") from error
    finally:
        connection.close()


NUMBERS = {
    "valeur",
    "tolerance",
    "revision_admise",
    "nombre",
    "part_minimale",
    "ecart_absolu",
    "minimum",
    "maximum",
}
DATES = {"publication"}


def frame(connection: duckdb.DuckDBPyConnection, query: str) -> pd.DataFrame:
    """The rows of one query. Raises ExpectationFault: SQL of ours that does not run is not bad data."""
    try:
        return connection.execute(query).df()
    except duckdb.Error as error:
        reason = str(error).partition("\n")[0]
        raise ExpectationFault(f"la requête de l'attente ne s'exécute pas : {reason}") from error


def has_table(connection: duckdb.DuckDBPyConnection, table: str) -> bool:
    """Whether the candidate has this table."""
    found = connection.execute(
        "select count(*) from duckdb_tables() where database_name = 'candidat' and schema_name = 'main' and"
        " table_name = ?",
        [table],
    ).fetchone()
    return bool(found and found[0])
