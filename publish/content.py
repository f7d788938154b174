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

COLUMNS = """
    select column_name from duckdb_columns() where schema_name = 'main' and table_name = ? order by 1
"""
TABLES = "select table_name from duckdb_tables() where schema_name = 'main' order by 1"


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
    found = connection.execute(
        "select count(*), bit_xor(h), sum(h % 1000000007) from"
        f" (select md5_number(concat_ws(chr(31), {cells})) as h from {_quoted(table)}{where})"
    ).fetchone()
    return hashlib.sha256("|".join([*names, *map(str, found or ())]).encode()).hexdigest()


def hashes(database: Path) -> dict[str, str]:
    """The hash of every table of the schema main, and of all of them under the empty name."""
    with duckdb.connect(str(database), read_only=True) as connection:
        tables = [row[0] for row in connection.execute(TABLES).fetchall() if row[0] not in TABLES_LEFT_OUT]
        found = {table: table_hash(connection, table) for table in tables}
    whole = "\n".join(f"{table} {digest}" for table, digest in found.items())
    return {"": hashlib.sha256(whole.encode()).hexdigest()} | found


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
