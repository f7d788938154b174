"""`make sql`: the DuckDB shell on the current release, read-only; `QUERY="…"` prints one result."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import duckdb
from rich.console import Console
from rich.table import Table

from publish import releases, words
from publish.errors import FAULT, PublishFault
from publish.releases import Release

HELLO = """\
Release {nom} ({folder}), ouverte en lecture seule.
Tables : {tables}
Pour commencer :  select * from portrait('REG-{region}');   ·   .quit pour sortir
"""


def shell_binary() -> Path | None:
    """The shell of the duckdb-cli wheel, or None where the wheel has none."""
    spec = importlib.util.find_spec("duckdb_cli")
    if spec is None or spec.origin is None:
        return None
    binary = Path(spec.origin).with_name("duckdb.exe" if os.name == "nt" else "duckdb")
    return binary if binary.is_file() else None


def run(release: Release, query: str | None, console: Console) -> int:
    """One query, or the shell. Returns 0, or 2 when the query is wrong (its message is DuckDB's)."""
    binary = shell_binary()
    if query and query.strip():
        if binary is None:
            return _with_python(release, query, console)
        # /dev/null: a reader's own start file must not change what the documentation prints.
        command = [str(binary), "-readonly", "-init", os.devnull, "-box", "-c", query, str(release.database)]
        code = subprocess.run(command, check=False).returncode
        return 0 if code == 0 else FAULT
    if binary is None:
        raise PublishFault(
            "Le shell de DuckDB n'est pas installé (roue duckdb-cli). Donnez une requête : make sql"
            ' QUERY="select 1"'
        )
    if not sys.stdin.isatty():
        code = subprocess.run([str(binary), "-readonly", str(release.database)], check=False).returncode
        return 0 if code == 0 else FAULT
    with duckdb.connect(str(release.database), read_only=True) as connection:
        tables = [
            row[0]
            for row in connection.execute("select table_name from duckdb_tables() order by 1").fetchall()
        ]
    console.print(
        HELLO.format(
            nom=release.nom,
            folder=release.folder,
            tables=", ".join(tables),
            region=release.manifest["region"],
        ),
        markup=False,
    )
    os.execv(str(binary), [str(binary), "-readonly", str(release.database)])


def _with_python(release: Release, query: str, console: Console) -> int:
    try:
        with duckdb.connect(str(release.database), read_only=True) as connection:
            result = connection.execute(query)
            names = [column[0] for column in result.description or []]
            rows = result.fetchmany(1000)
    except duckdb.Error as error:
        console.print(f"La requête est refusée par DuckDB : {error}", markup=False)
        return FAULT
    table = Table(*names)
    for row in rows:
        table.add_row(*("NULL" if value is None else str(value) for value in row))
    console.print(table)
    if len(rows) == 1000:
        console.print(f"Seules les {words.number(1000)} premières lignes sont montrées.")
    return 0


def open_current(published: Path) -> Release:
    """The release that `make sql` opens."""
    return releases.require_current(published)
