"""Which statements a reader may run: one SELECT (or EXPLAIN, or a transaction's bounds), calling nothing
that acts.

The workers refuse writing, files and settings by themselves; this is the second lock, on the parsed
statement and not on its text, for what a SELECT can still do: stop the service, open another port, call
another server, read the journal.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import duckdb

MAX_LENGTH = 256 * 1024  # characters; judging is done between two answers and must stay short
TABLE_FUNCTIONS = frozenset(
    {"range", "generate_series", "unnest", "repeat", "repeat_row", "generate_subscripts"}
    | {"json_each", "json_tree", "pragma_table_info", "pragma_version", "show_tables", "pg_timezone_names"}
    | {f"duckdb_{what}" for what in ("tables", "columns", "views", "schemas", "databases", "functions")}
    | {f"duckdb_{what}" for what in ("types", "constraints", "indexes", "keywords")}
)
FORBIDDEN = re.compile(
    r"quack_|whoami|getenv|write_log|duckdb_log|duckdb_secret|which_secret|read_|glob$|sniff_|parquet_|query$"
    r"|query_table$|.*_logs?$|checkpoint|force_checkpoint|nextval|currval|.*scan$|.*_scan_|load_|st_read"
    r"|st_drivers|sleep|pg_sleep|add_parquet_key|pragma_.*profil",
    re.IGNORECASE,
)
EXPLAIN = re.compile(r"\s*explain\s+(analyze\s+)?", re.IGNORECASE)
BOUNDS = re.compile(
    r"\s*(begin|start|commit|rollback|abort|end)(\s+(transaction|work))?(\s+read\s+only)?\s*;?\s*",
    re.IGNORECASE,
)


class Refused(Exception):
    """The statement may not run; the message is French, for the reader."""


class Judge:
    """Judges statements with DuckDB's own parser. `macros`: the table macros of the release, which only
    read it.
    """

    def __init__(self, macros: frozenset[str]) -> None:
        self._allowed = TABLE_FUNCTIONS | macros
        self._parser = duckdb.connect(
            config={"threads": 1, "memory_limit": "256MB", "enable_external_access": "false"}
        )

    def check(self, sql: str) -> None:
        """Raises Refused when `sql` is not one harmless reading statement; what does not parse is left to
        the worker's message.
        """
        if len(sql) > MAX_LENGTH:
            raise Refused(f"Requête trop longue : {MAX_LENGTH // 1024} Kio au plus.")
        if BOUNDS.fullmatch(sql):
            return
        inner = EXPLAIN.match(sql)
        tree = self._tree(sql[inner.end() :] if inner else sql)
        if len(tree["statements"]) != 1:
            raise Refused("Une seule instruction à la fois.")
        for name, is_table in _functions(tree):
            if FORBIDDEN.match(name) or (is_table and name.lower() not in self._allowed):
                raise Refused(f"La fonction {name} n'est pas permise sur le service partagé.")

    def _tree(self, sql: str) -> dict[str, Any]:
        row = self._parser.execute("select json_serialize_sql(?)", [sql]).fetchone()
        tree: dict[str, Any] = json.loads(row[0]) if row else {"error": True}
        if not tree.get("error"):
            return tree
        if tree.get("error_type") == "parser":
            raise Refused(f"Requête mal écrite : {tree.get('error_message', '')}")
        raise Refused(
            "Le service partagé se lit seulement : select, from, with, describe, summarize, show ou explain."
        )


def _functions(tree: Any) -> Iterator[tuple[str, bool]]:
    """Every function that the statement calls, and whether it stands as a table."""
    todo: list[tuple[Any, bool]] = [(tree, False)]
    while todo:
        node, is_table = todo.pop()
        if isinstance(node, list):
            todo.extend((child, False) for child in node)
        elif isinstance(node, dict):
            if isinstance(node.get("function_name"), str):
                yield node["function_name"], is_table
            for key, child in node.items():
                todo.append((child, key == "function" and node.get("type") == "TABLE_FUNCTION"))
