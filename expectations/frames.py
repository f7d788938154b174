"""Frames taken from the candidate: DuckDB reads it read-only and hands pandas only the columns that are
asked."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import duckdb
import pandas as pd

from expectations.model import ExpectationFault

DATA = Path(__file__).parent
PREVIOUS_SPOILT = ". make verify dit si elle est abîmée ; make rollback RELEASE=… ramène à une autre."


def _literal(value: str | Path) -> str:
    return "'" + str(value).replace("'", "''") + "'"


@contextmanager
def candidate(
    path: Path, region: str, previous: Path | None = None, today: date | None = None
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection whose default database is the candidate, read-only, ready for the suites (see
    `prepare`)."""
    # What does not fit in memory is put in a folder that no other process of the run uses.
    connection = duckdb.connect(config={"temp_directory": str(path.with_name("jugement"))})
    try:
        _attach(connection, path, "candidat", "La base candidate")
        if previous is not None:
            _attach(connection, previous, "precedente", "La base de la release en cours", PREVIOUS_SPOILT)
        prepare(connection, region, previous is not None, today)
        yield connection
    except duckdb.Error as error:
        files = f"{path} ou {previous}" if previous is not None else str(path)
        raise ExpectationFault(f"{files} ne se laisse pas lire : {error}") from error
    finally:
        connection.close()


def _attach(
    connection: duckdb.DuckDBPyConnection, path: Path, catalog: str, what: str, remedy: str = ""
) -> None:
    """Opens one file, read-only. Raises ExpectationFault, which names it."""
    try:
        connection.execute(f"attach {_literal(path)} as {catalog} (read_only)")
    except duckdb.Error as error:
        raise ExpectationFault(f"{what} {path} ne se laisse pas lire : {error}{remedy}") from error


def prepare(
    connection: duckdb.DuckDBPyConnection, region: str, has_previous: bool, today: date | None = None
) -> None:
    """What the suites read beside the tables of the catalog `candidat`, as temp tables.

    `contexte` (one row: region, territoire_region, aujourd_hui: the day of the
    judgement, by default that of the clock), one table per CSV of expectations/ (text, but the
    columns of NUMBERS and DATES), `avant` (the observations of the catalog `precedente`, empty without one),
    and what the SQL of preparations/ makes of them (see `compare`).
    """
    connection.execute("use candidat.main")
    try:
        connection.execute(
            "create or replace temp table contexte as select ? as region, 'REG-' || ? as territoire_region,"
            " coalesce(cast(? as date), current_date) as aujourd_hui",
            [region, region, today],
        )
        for csv in sorted(DATA.glob("*.csv")):
            columns = csv.open(encoding="utf-8").readline().strip().split(";")
            types = ", ".join(
                f"{_literal(c)}: '{'DOUBLE' if c in NUMBERS else 'DATE' if c in DATES else 'VARCHAR'}'"
                for c in columns
            )
            connection.execute(
                f"create or replace temp table {csv.stem} as select * from read_csv({_literal(csv)},"
                f" delim=';', header=true, columns={{{types}}})"
            )
        before = "from precedente.main.observations" if has_previous else "from observations where false"
        connection.execute(
            "create or replace temp view avant as select indicateur, territoire, periode, modalite, valeur,"
            f" confidentialite, methode, date_fin {before}"
        )
    except duckdb.Error as error:
        raise _fault(error) from error
    compare(connection)


def scripts() -> list[Path]:
    """The SQL of preparations/, in the order in which it runs."""
    return sorted((DATA / "preparations").glob("*.sql"))


def compare(connection: duckdb.DuckDBPyConnection, some: list[Path] | None = None) -> None:
    """Runs the SQL of preparations/, or some of it: what crosses figures and releases."""
    try:
        for script in scripts() if some is None else some:
            connection.execute(script.read_text(encoding="utf-8"))
    except duckdb.Error as error:
        raise _fault(error) from error


def _fault(error: duckdb.Error) -> ExpectationFault:
    reason = str(error).partition("\n")[0]
    return ExpectationFault(f"La préparation du jugement ne s'exécute pas : {reason}")


NUMBERS = {
    "valeur",
    "tolerance",
    "revision_admise",
    "nombre",
    "part_minimale",
    "ecart_absolu",
    "ecart_relatif",
    "usuelle",
    "refus",
    "plancher",
    "rapport_min",
    "rapport_max",
    "delai_jours",
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
        "select count(*) from information_schema.tables where table_catalog = 'candidat' and table_schema ="
        " 'main' and table_name = ?",
        [table],
    ).fetchone()
    return bool(found and found[0])
