"""The file that readers open: the marts of the candidate, ordered, commented, with the CONTRACT's macros."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from expectations.model import Controle
from publish import au
from publish.errors import PublishFault
from publish.inputs import code_hash

MACROS = Path(__file__).parent / "macros"
# Readers' clients are older than ours: this is what DuckDB 1.0 and its drivers can open.
STORAGE = "v1.0.0"

# The order of rows on disk: by key, so that a filter reads few blocks. Rows that a partial build made again
# lie behind the others, until a whole one.
# Models without a primary key in their contract (a key over four text columns costs thirty times its test)
# are named here.
KEYS: dict[str, tuple[str, ...]] = {
    "alias_communes": ("code_alias", "au", "nature"),
    "territoires": ("type_territoire", "code_territoire"),
    "appartenances": ("millesime_cog", "type_territoire", "code_commune", "code_territoire"),
    "indicateurs": ("ordre", "indicateur"),
    "observations": ("indicateur", "territoire", "periode", "modalite"),
    "observations_historique": (
        "indicateur",
        "territoire",
        "periode",
        "modalite",
        "source",
        "livraison",
        "version",
    ),
    "ruptures_de_serie": ("indicateur", "periode"),
    "revisions": ("indicateur", "type_territoire"),
    "passages": ("cog_source", "code_source", "cog_cible", "code_cible"),
    "passages_par_cle": ("cle", "cog_source", "code_source", "cog_cible", "code_cible"),
    "contours": ("territoire",),
    "seuils_diffusion": ("indicateur", "regle"),
    "chiffres_cles": ("territoire", "indicateur"),
    "sources": ("source",),
    "livraisons": ("recu_le", "source", "livraison"),
}

OF_INDICATORS = "list_contains(?::varchar[], indicateur)"
# Tables and views of a schema of the release's file.
RELATIONS = """
    select table_name, 'table' from duckdb_tables() where database_name = 'release' and schema_name = $1
    union all
    select view_name, 'view' from duckdb_views() where database_name = 'release' and schema_name = $1
"""

CONTROLES_TABLE = "controles"
CONTROLES = {
    "": (
        "Chaque contrôle passé par cette release : ce qui devait être vrai, et ce qui a été constaté. Chaque"
        " ligne est un contrôle."
    ),
    "controle": "Identifiant du contrôle (celui de l'attente ou du test).",
    "famille": (
        "publication (attentes jugées avant de publier) ou integrite (contrats et tests de construction)."
    ),
    "severite": "bloquant : un échec interdit la publication ; avertissement : publié et dit dans NOTE.md.",
    "resultat": (
        "reussi, echoue, averti, ou sans_objet (autre région, ou pas de release précédente à comparer)."
    ),
    "objet": "Table ou colonne examinée.",
    "phrase": "Ce qui doit être vrai, en français.",
    "detail": "Ce qui a été constaté, et où ; NULL quand il n'y a rien à dire.",
}


@dataclass(frozen=True)
class Description:
    """What dbt's manifest says of a table: its comment, its columns' comments, its key."""

    comment: str
    columns: dict[str, str]
    key: tuple[str, ...]


@dataclass(frozen=True)
class Taken:
    """What the `file` of another release, made by this very code, holds as the candidate does.

    `tables`: row for row. `partly`: all rows but those of `indicateurs`. `travail`: working tables of au(),
    row for row."""

    file: Path
    tables: frozenset[str] = frozenset()
    partly: frozenset[str] = frozenset()
    indicateurs: tuple[str, ...] = ()
    travail: frozenset[str] = frozenset()


def descriptions(manifest: Path) -> dict[str, Description]:
    """Tables to publish (the models of models/marts), with their descriptions. Raises PublishFault without
    manifest."""
    try:
        nodes = json.loads(manifest.read_text(encoding="utf-8"))["nodes"]
    except (OSError, ValueError, KeyError) as error:
        raise PublishFault(f"Le manifeste de dbt manque ou ne se lit pas ({manifest} : {error}).") from error
    found = {}
    for node in nodes.values():
        if node.get("resource_type") == "model" and node.get("path", "").startswith("marts/"):
            name = node.get("alias") or node["name"]
            key = KEYS.get(name) or _primary_key(node)
            columns = {
                c["name"]: " ".join(c.get("description", "").split()) for c in node["columns"].values()
            }
            found[name] = Description(" ".join(node.get("description", "").split()), columns, tuple(key))
    if not found:
        raise PublishFault("Aucun modèle dans models/marts : il n'y a rien à publier.")
    return found


def _primary_key(node: dict[str, Any]) -> tuple[str, ...]:
    return next(
        (tuple(c["columns"]) for c in node.get("constraints", []) if c.get("type") == "primary_key"), ()
    )


def _chained(
    connection: duckdb.DuckDBPyConnection, script: str, manifest: Path, ready: frozenset[str]
) -> str:
    """The script with the models' own SQL in it; what they read beside the figures is copied under
    `interne`. `ready`: what is there already, row for row."""
    chain = au.chain(manifest)
    connection.execute(f"create schema if not exists release.{au.SCHEMA}")
    connection.execute(f"create table release.{au.SCHEMA}.fabrication as select ? as code", [code_hash()])
    connection.execute(
        f"comment on table release.{au.SCHEMA}.fabrication is 'Empreinte du code qui a fait la release.'"
    )
    for name, (schema, table) in chain.copied.items():
        if name in ready:
            continue
        target, origin = (
            f"release.{au.SCHEMA}.{_quoted(name)}",
            f"candidat.{_quoted(schema)}.{_quoted(table)}",
        )
        kind = "view" if name in au.PUBLISHED else "table"
        if name in au.PUBLISHED:
            connection.execute(f"create view {target} as {au.PUBLISHED[name]}")
            _same_rows(connection, target, origin)
        else:
            connection.execute(f"create table {target} as from {origin} order by all")
        connection.execute(f"comment on {kind} {target} is 'Table de travail de au(), hors contrat.'")
    return au.expand(script, chain)


def _same_rows(connection: duckdb.DuckDBPyConnection, view: str, table: str) -> None:
    """Raises PublishFault when what stands for a table in the release does not count its rows."""
    counts = [count(connection, name) for name in (view, table)]
    if counts[0] != counts[1]:
        raise PublishFault(
            f"{view} compte {counts[0]} lignes, {table} {counts[1]} : elle ne la remplace pas."
        )


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def write(
    candidate: Path,
    target: Path,
    manifest: Path,
    macros: Path | None = None,
    taken: Taken | None = None,
) -> dict[str, int]:
    """Writes the release's DuckDB file at `target` (must not exist), without the rows of the checks
    (`add_controles`), and returns rows per table.

    Only the marts leave the candidate; every table and column must have a description, else PublishFault: an
    analyst who meets a column without a word guesses. `macros`: folder of the *.sql to create (default
    publish/macros). `taken`: the release that the file begins as a copy of, and what is left of it.
    """
    described = descriptions(manifest)
    with _writing(), scratch(target) as connection:
        connection.execute(f"attach {_literal(str(candidate))} as candidat (read_only)")
        columns = _columns(connection, "candidat")
        _check(described, columns)
        left = _Left()
        if taken is None:
            version = f"storage_version {_literal(STORAGE)}"
            connection.execute(f"attach {_literal(str(target))} as release ({version})")
        else:
            shutil.copyfile(taken.file, target)
            connection.execute(f"attach {_literal(str(target))} as release")
            left = _strip(connection, taken, columns)
        rows = {}
        for table, description in sorted(described.items()):
            renewed = left.tables.get(table)
            rows[table] = _copy(connection, table, columns[table], description, renewed)
        body = ", ".join(f"{n} varchar{'' if n == 'detail' else ' not null'}" for n in CONTROLES if n)
        connection.execute(f"create table release.main.{CONTROLES_TABLE} ({body})")
        comment(connection, f"release.main.{CONTROLES_TABLE}", CONTROLES)
        connection.execute("use release.main")
        for script in sorted((macros or MACROS).glob("*.sql")):
            text = script.read_text(encoding="utf-8")
            if au.MARK in text:
                text = _chained(connection, text, manifest, left.travail)
            try:
                connection.execute(text)
            except duckdb.Error as error:
                raise PublishFault(
                    f"La macro {script.name} ne se crée pas dans la release : {error}"
                ) from error
        connection.execute("use memory.main")
        connection.execute("checkpoint release")
        connection.execute("detach release")
    _verify(target, rows)
    return rows


def scratch(target: Path) -> duckdb.DuckDBPyConnection:
    """A connection to attach databases to. What does not fit in memory is put beside `target`, where no other
    process of the run puts anything."""
    return duckdb.connect(config={"temp_directory": str(target.with_name("debordement"))})


@contextmanager
def _writing() -> Iterator[None]:
    """What DuckDB says of a release's file that it cannot write, as our own fault."""
    try:
        yield
    except duckdb.Error as error:
        raise PublishFault(f"La base de la release ne s'écrit pas : {error}") from error


Columns = dict[str, list[tuple[str, str, bool]]]


@dataclass(frozen=True)
class _Left:
    """What a copy of another release still holds: `tables`, each with the indicators whose rows it lacks, and
    the working tables `travail`."""

    tables: dict[str, tuple[str, ...]] = field(default_factory=dict)
    travail: frozenset[str] = frozenset()


def _strip(connection: duckdb.DuckDBPyConnection, taken: Taken, columns: Columns) -> _Left:
    """Removes from the copy of another release all that the candidate does not hold so."""
    tables: dict[str, tuple[str, ...]] = {}
    for table, found in _columns(connection, "release").items():
        name, same = f"release.main.{_quoted(table)}", found == columns.get(table)
        if same and table in taken.tables:
            tables[table] = ()
        elif same and table in taken.partly:
            tables[table] = taken.indicateurs
            connection.execute(f"delete from {name} where {OF_INDICATORS}", [list(taken.indicateurs)])
        else:
            connection.execute(f"drop table {name}")
    travail = set()
    for table, kind in connection.execute(RELATIONS, [au.SCHEMA]).fetchall():
        if kind == "table" and table in taken.travail:
            travail.add(table)
        else:
            connection.execute(f"drop {kind} release.{au.SCHEMA}.{_quoted(table)}")
    connection.execute("checkpoint release")  # what is written now goes where that was
    return _Left(tables, frozenset(travail))


def _columns(connection: duckdb.DuckDBPyConnection, catalog: str) -> Columns:
    found: Columns = {}
    for table, column, kind, nullable in connection.execute(
        "select table_name, column_name, data_type, is_nullable from duckdb_columns()"
        " where database_name = ? and schema_name = 'main' order by table_name, column_index",
        [catalog],
    ).fetchall():
        found.setdefault(table, []).append((column, kind, nullable))
    return found


def _check(described: dict[str, Description], columns: Columns) -> None:
    missing = [table for table in described if table not in columns]
    silent = [table for table, d in described.items() if not d.comment]
    silent += [
        f"{table}.{column}"
        for table, d in described.items()
        for column, _, _ in columns.get(table, [])
        if not d.columns.get(column)
    ]
    keyless = [
        f"{table}.{column}"
        for table, d in described.items()
        if table in columns
        for column in d.key
        if column not in {c for c, _, _ in columns[table]}
    ]
    problems = []
    if missing:
        problems.append(f"tables absentes de la candidate : {', '.join(sorted(missing))}")
    if silent:
        problems.append(f"sans description dans models/marts/*.yml : {', '.join(sorted(silent))}")
    if keyless:
        problems.append(f"colonnes de clé inconnues : {', '.join(sorted(keyless))}")
    if problems:
        raise PublishFault("La release ne peut pas être écrite : " + " ; ".join(problems) + ".")


def _copy(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    columns: list[tuple[str, str, bool]],
    description: Description,
    renewed: tuple[str, ...] | None,
) -> int:
    """Writes a table, or only its rows of the indicators `renewed` where the others are there; returns how
    many it has."""
    name, origin = f"release.main.{_quoted(table)}", f"candidat.main.{_quoted(table)}"
    # A unique key decides the order entirely; without one every column takes part, so that threads do not
    # decide.
    order = ", ".join(_quoted(c) for c in description.key) or "all"
    if renewed is None:
        body = ", ".join(
            f"{_quoted(c)} {kind}{'' if nullable else ' not null'}" for c, kind, nullable in columns
        )
        connection.execute(f"create table {name} ({body})")
        connection.execute(f"insert into {name} from {origin} order by {order}")
        said = {"": description.comment} | {c: description.columns[c] for c, _, _ in columns}
        comment(connection, name, said)
    elif renewed:
        some = f"from {origin} where {OF_INDICATORS} order by {order}"
        connection.execute(f"insert into {name} {some}", [list(renewed)])
        _same_rows(connection, name, origin)
    return count(connection, name)


def count(connection: duckdb.DuckDBPyConnection, table: str) -> int:
    """How many rows a table or view has, named as SQL names it: DuckDB's own estimate counts those that were
    removed too."""
    found = connection.execute(f"select count(*) from {table}").fetchone()
    assert found is not None
    return int(found[0])


def comment(connection: duckdb.DuckDBPyConnection, table: str, texts: dict[str, str]) -> None:
    """Says what a table and its columns are: `texts` by column, that of the table under the empty name;
    `table` as SQL names it."""
    for column, text in texts.items():
        what = f"column {table}.{_quoted(column)}" if column else f"table {table}"
        connection.execute(f"comment on {what} is {_literal(text)}")


def add_controles(target: Path, controles: Iterable[Controle]) -> int:
    """Adds the checks to the release's file, which has none; returns how many they are."""
    rows = sorted(((*c.row()[:-1], c.detail or None) for c in controles), key=lambda row: row[:6])
    values = ", ".join("unnest(?::varchar[])" for name in CONTROLES if name)
    with _writing(), duckdb.connect() as connection:
        connection.execute(f"attach {_literal(str(target))} as release")
        if rows:
            connection.execute(
                f"insert into release.main.{CONTROLES_TABLE} select {values}",
                [list(column) for column in zip(*rows, strict=True)],
            )
        connection.execute("checkpoint release")
        connection.execute("detach release")
    _verify(target, {CONTROLES_TABLE: len(rows)})
    return len(rows)


def _verify(target: Path, rows: dict[str, int]) -> None:
    """Opens what was written as a reader would, and counts."""
    with duckdb.connect(str(target), read_only=True) as connection:
        for table, expected in rows.items():
            found = count(connection, _quoted(table))
            if found != expected:
                raise PublishFault(
                    f"La release relue ne contient pas {expected} lignes dans {table} : {found}."
                )


def write_parquet(database: Path, folder: Path, taken: dict[str, Path] | None = None) -> None:
    """One parquet file per table of the release but that of the checks, in the same order. `taken`: the file
    of the tables that another release wrote already."""
    folder.mkdir(parents=True)
    with duckdb.connect(str(database), read_only=True) as connection:
        tables = connection.execute(
            "select table_name from duckdb_tables() where schema_name = 'main' and table_name <> ?"
            " order by 1",
            [CONTROLES_TABLE],
        ).fetchall()
        for (table,) in tables:
            if taken and table in taken:
                shutil.copyfile(taken[table], folder / f"{table}.parquet")
                continue
            _parquet(connection, folder, table)


def write_parquet_table(database: Path, folder: Path, table: str) -> None:
    """The Parquet file of one more table of the release."""
    with duckdb.connect(str(database), read_only=True) as connection:
        _parquet(connection, folder, table)


def _parquet(connection: duckdb.DuckDBPyConnection, folder: Path, table: str) -> None:
    path = _literal(str(folder / f"{table}.parquet"))
    connection.execute(f"copy (from {_quoted(table)}) to {path} (format parquet, compression zstd)")
