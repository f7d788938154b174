"""The content hash of a release of one archive: what its tables say, whatever the hour, the machine or the
order in which deliveries came. Two archives name their deliveries by the bytes that each received, in which
some producers write the hour: of the same figures, their releases differ by those names."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Container
from dataclasses import astuple, dataclass
from pathlib import Path

import duckdb

from extract.durable import write_text

# What says when and how we received, not what is known; and what compares with another release.
TIMES: dict[str, set[str]] = {
    "livraisons": {"recu_le", "http_statut", "url"},
    "sources": {"derniere_livraison", "dernier_resultat", "dernier_motif"},
}
TABLES_LEFT_OUT = {"controles", "changements"}
# A figure that its producer does not date is known from the hour of its reception.
EXPRESSIONS: dict[tuple[str, str], str] = {
    ("observations_historique", "connu_du"): "case when publie_le is not null then connu_du end",
    ("observations_historique", "connu_jusqua"): "connu_jusqua is null",
}
# An attempt that brought nothing new is a matter of hours.
ROWS: dict[str, str] = {"livraisons": "resultat = 'nouveau'"}

SUMS = "sommes.json"  # in the build folder: those of the last draft
PRIME = 1000000007
COLUMNS = """
    select column_name from duckdb_columns()
    where database_name = current_database() and schema_name = 'main' and table_name = ? order by 1
"""
TABLES = """
    select table_name from duckdb_tables()
    where database_name = current_database() and schema_name = 'main' order by 1
"""


@dataclass(frozen=True)
class Sums:
    """What the hash of a table is made of, whatever the order of its rows: how many, and the exclusive or of
    each half of their md5, and the sum of their rests by PRIME."""

    rows: int = 0
    high: int = 0
    low: int = 0
    total: int = 0

    def __add__(self, other: Sums) -> Sums:
        """The sums of the rows of both."""
        return Sums(
            self.rows + other.rows, self.high ^ other.high, self.low ^ other.low, self.total + other.total
        )

    def __sub__(self, other: Sums) -> Sums:
        """The sums of the rows without those of `other`, which are among them."""
        return Sums(
            self.rows - other.rows, self.high ^ other.high, self.low ^ other.low, self.total - other.total
        )

    def digest(self, names: list[str]) -> str:
        """sha256 (hex) over them and the names of the columns that were read."""
        told = ["0", "None", "None"]
        if self.rows:
            told = [str(self.rows), str((self.high << 64) | self.low), f"{self.total}.0"]
        return hashlib.sha256("|".join([*names, *told]).encode()).hexdigest()


@dataclass(frozen=True)
class Renewed:
    """Of which indicators the rows are not those of the release at `before`, in the tables whose `sums` were
    taken then."""

    before: Path
    indicators: tuple[str, ...]
    sums: dict[str, Sums]


def columns(connection: duckdb.DuckDBPyConnection, table: str) -> list[str]:
    """The columns of a table that are read for its hash, by name; those of times are left out."""
    found = connection.execute(COLUMNS, [table]).fetchall()
    return [name for (name,) in found if name not in TIMES.get(table, set())]


def sums(connection: duckdb.DuckDBPyConnection, table: str, indicators: tuple[str, ...] = ()) -> Sums:
    """The sums of a table, or of its rows of some indicators."""
    names = columns(connection, table)
    cells = ", ".join(
        f"coalesce(cast({EXPRESSIONS.get((table, n), _quoted(n))} as varchar), chr(30))" for n in names
    )
    conditions = [ROWS[table]] if table in ROWS else []
    conditions += ["list_contains($indicators::varchar[], indicateur)"] if indicators else []
    where = f" where {' and '.join(conditions)}" if conditions else ""
    # The md5 of a row is a number of 128 bits, high * 2^64 + low (DuckDB names the halves the other way
    # round); its rest is taken by halves, ten times faster than on 128 bits.
    found = connection.execute(
        "select count(*), coalesce(bit_xor(high), 0), coalesce(bit_xor(low), 0),"
        f" coalesce(sum(((high % {PRIME}) * {2**64 % PRIME} + low % {PRIME}) % {PRIME}), 0)::hugeint from"
        " (select md5_number_lower(t) as high, md5_number_upper(t) as low from"
        f" (select concat_ws(chr(31), {cells}) as t from {_quoted(table)}{where}))",
        {"indicators": list(indicators)} if indicators else None,
    ).fetchone()
    assert found is not None
    return Sums(*found)


def hashes(database: Path) -> dict[str, str]:
    """The hash of every table of the schema main, and of all of them under the empty name."""
    return digests(database, all_sums(database))


def all_sums(database: Path, known: Container[str] = (), renewed: Renewed | None = None) -> dict[str, Sums]:
    """The sums of every table of the schema main that is not `known`. Of `renewed`, only the rows that are
    not those of the release before are read, here and there."""
    with duckdb.connect(str(database), read_only=True) as connection:
        tables = [table for table in _tables(connection) if table not in known]
        partly = [table for table in tables if renewed is not None and table in renewed.sums]
        found = {table: sums(connection, table) for table in tables if table not in partly}
        if renewed is not None:
            with duckdb.connect(str(renewed.before), read_only=True) as before:
                for table in partly:
                    gone = sums(before, table, renewed.indicators)
                    found[table] = renewed.sums[table] - gone + sums(connection, table, renewed.indicators)
    return found


def remember(file: Path, found: dict[str, Sums]) -> None:
    """Keeps sums for `recalled`."""
    write_text(file, json.dumps({table: astuple(one) for table, one in found.items()}) + "\n")


def recalled(file: Path, database: Path, hashes: dict[str, str]) -> dict[str, Sums]:
    """The sums that were kept of the tables of a release, as far as they give the hashes that its manifest
    says; none is a saving lost."""
    try:
        kept = {table: Sums(*numbers) for table, numbers in json.loads(file.read_text("utf-8")).items()}
        with duckdb.connect(str(database), read_only=True) as connection:
            told = {table: one.digest(columns(connection, table)) for table, one in kept.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}
    return {table: one for table, one in kept.items() if told[table] == hashes.get(table)}


def digests(database: Path, found: dict[str, Sums], known: dict[str, str] | None = None) -> dict[str, str]:
    """The hash of every table of the schema main from its sums or as it is `known`, and of all of them under
    the empty name."""
    known = known or {}
    with duckdb.connect(str(database), read_only=True) as connection:
        each = {
            table: known.get(table) or found[table].digest(columns(connection, table))
            for table in _tables(connection)
        }
    whole = "\n".join(f"{table} {digest}" for table, digest in each.items())
    return {"": hashlib.sha256(whole.encode()).hexdigest()} | each


def _tables(connection: duckdb.DuckDBPyConnection) -> list[str]:
    return [table for (table,) in connection.execute(TABLES).fetchall() if table not in TABLES_LEFT_OUT]


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
