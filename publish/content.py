"""The content hash of a release: what its tables say, whatever the hour, the machine or the order in which
deliveries came."""

from __future__ import annotations

import hashlib
from pathlib import Path

import duckdb

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

PRIME = 1000000007
COLUMNS = """
    select column_name from duckdb_columns()
    where database_name = current_database() and schema_name = 'main' and table_name = ? order by 1
"""
TABLES = """
    select table_name from duckdb_tables()
    where database_name = current_database() and schema_name = 'main' order by 1
"""


def table_hash(connection: duckdb.DuckDBPyConnection, table: str) -> str:
    """sha256 (hex) over the rows of a table, whatever their order; columns of times are left out."""
    names = [
        row[0]
        for row in connection.execute(
            COLUMNS,
            [table],
        ).fetchall()
        if row[0] not in TIMES.get(table, set())
    ]
    cells = ", ".join(
        f"coalesce(cast({EXPRESSIONS.get((table, n), _quoted(n))} as varchar), chr(30))" for n in names
    )
    where = f" where {ROWS[table]}" if table in ROWS else ""
    # The md5 of a row is a number of 128 bits, high * 2^64 + low (DuckDB names the halves the other way
    # round); its rest is taken by halves, ten times faster than on 128 bits.
    found = connection.execute(
        "select count(*), bit_xor(high), bit_xor(low),"
        f" sum(((high % {PRIME}) * {2**64 % PRIME} + low % {PRIME}) % {PRIME}) from"
        " (select md5_number_lower(t) as high, md5_number_upper(t) as low from"
        f" (select concat_ws(chr(31), {cells}) as t from {_quoted(table)}{where}))"
    ).fetchone()
    assert found is not None
    rows, high, low, total = found
    told = ["0", "None", "None"] if not rows else [str(rows), str((high << 64) | low), f"{total}.0"]
    return hashlib.sha256("|".join([*names, *told]).encode()).hexdigest()


def hashes(database: Path, known: dict[str, str] | None = None) -> dict[str, str]:
    """The hash of every table of the schema main, and of all of them under the empty name. `known`: tables
    that are not read again, for they are those of another release."""
    known = known or {}
    with duckdb.connect(str(database), read_only=True) as connection:
        tables = [row[0] for row in connection.execute(TABLES).fetchall() if row[0] not in TABLES_LEFT_OUT]
        found = {table: known.get(table) or table_hash(connection, table) for table in tables}
    whole = "\n".join(f"{table} {digest}" for table, digest in found.items())
    return {"": hashlib.sha256(whole.encode()).hexdigest()} | found


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
