"""The candidate that a spoilt landing would give, without paying dbt for what the fault does not reach.

dbt left the SQL that it ran for every model and test. What descends from the spoilt source is run again, in dbt's
order, in a database in memory; the rest is read from the clean candidate. For a source of figures the work is cut
further: the measures of sources that share no indicator with it are left out, and the clean figures of the other
indicators are put back beside the new ones. `test_saboteur` proves that a rebuild without fault gives dbt's tables.
"""

from __future__ import annotations

import csv
import json
import shutil
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import duckdb

from expectations.dbt_results import REFUSED, UNREADABLE, unreadable
from expectations.model import Controle, Verdict

ROOT = Path(__file__).resolve().parents[2]
SOURCE = "source.referentiel.landing."
# The published tables that hold one row per figure: the only ones that mix indicators.
FIGURES = ("observations", "observations_historique", "chiffres_cles")


@dataclass(frozen=True)
class Plan:
    """What dbt did: the candidate that it built, its target folder (manifest.json, run/), the landing it read."""

    clean: Path
    target: Path
    landing: Path

    @cached_property
    def nodes(self) -> dict[str, dict]:
        """Models, seeds and tests by id."""
        return json.loads((self.target / "manifest.json").read_text(encoding="utf-8"))["nodes"]

    @cached_property
    def children(self) -> dict[str, set[str]]:
        """Who reads what."""
        found: dict[str, set[str]] = defaultdict(set)
        for name, node in self.nodes.items():
            for parent in node.get("depends_on", {}).get("nodes", []):
                found[parent].add(name)
        return found

    @cached_property
    def rank(self) -> dict[str, int]:
        """A rank in which parents come before children."""
        order: dict[str, int] = {}

        def visit(name: str) -> None:
            if name in order or name not in self.nodes:
                return
            for parent in self.nodes[name].get("depends_on", {}).get("nodes", []):
                visit(parent)
            order[name] = len(order)

        for name in sorted(self.nodes):
            visit(name)
        return order

    def reached(self, source: str) -> list[str]:
        """Ids of the models and tests that descend from a source of the landing, parents first."""
        seen: set[str] = set()
        front = {f"{SOURCE}{source}"}
        while front:
            front = {child for one in front for child in self.children[one]} - seen
            seen |= front
        return sorted(seen, key=lambda name: self.rank[name])

    @cached_property
    def read_by(self) -> dict[str, set[str]]:
        """Per model name, the datasets of the landing that it is made from, near or far."""
        found: dict[str, set[str]] = {}
        for source in {name for name in self.children if name.startswith(SOURCE)}:
            for one in self.reached(source.removeprefix(SOURCE)):
                found.setdefault(self.nodes[one]["name"], set()).add(source.removeprefix(SOURCE))
        return found

    def sql(self, node: dict) -> str:
        """The statements that dbt ran to make a model, under its final name."""
        path = self.target / "run" / node["package_name"] / node["original_file_path"]
        return path.read_text(encoding="utf-8").replace("__dbt_tmp", "")

    @cached_property
    def sources_of(self) -> dict[str, set[str]]:
        """Per indicator, every source that its figures are made from, through its terms."""
        with (ROOT / "seeds/dictionnaire.csv").open(encoding="utf-8") as handle:
            rows = {row["indicateur"]: row for row in csv.DictReader(handle)}
        direct: dict[str, set[str]] = {
            name: {row["source"]} if row["source"] and row["calcul"] == "publie" else set()
            for name, row in rows.items()
        }
        with (ROOT / "seeds/mesures_complementaires.csv").open(encoding="utf-8") as handle:
            for row in csv.DictReader(handle):
                direct[row["indicateur"]].add(row["source"])
        # whatever the column, an indicator that names another depends on it
        terms = {
            name: {v for k, v in row.items() if k != "indicateur" and v in rows} for name, row in rows.items()
        }

        def whole(name: str, seen: frozenset[str]) -> set[str]:
            found = set(direct[name])
            for term in terms[name] - seen:
                found |= whole(term, seen | {name})
            return found

        return {name: whole(name, frozenset()) for name in rows}

    def slice(self, source: str) -> tuple[set[str], set[str]]:
        """The indicators that a source feeds, and the sources needed to compute them; both empty when the source
        feeds none (a geography)."""
        touched = {name for name, sources in self.sources_of.items() if source in sources}
        return touched, {s for name in touched for s in self.sources_of[name]}


@dataclass
class Rebuild:
    """A candidate in memory (catalog `candidat`) over the clean one (catalog `propre`, read-only)."""

    plan: Plan
    source: str
    connection: duckdb.DuckDBPyConnection
    indicators: set[str]
    needed: set[str]
    made: list[tuple[str, str]] = field(default_factory=list)

    @cached_property
    def order(self) -> list[str]:
        """What descends from the source, parents first."""
        return self.plan.reached(self.source)

    @cached_property
    def tables(self) -> set[str]:
        """Names of the relations that the fault reaches."""
        return {self.plan.nodes[n]["name"] for n in self.order if n.startswith("model.")}

    def prepare(self) -> None:
        """Gives every relation that the fault does not reach, from the clean candidate."""
        con = self.connection
        for (schema,) in con.execute(
            "select distinct schema_name from duckdb_schemas() where database_name = 'propre' and not internal"
        ).fetchall():
            con.execute(f'create schema if not exists candidat."{schema}"')
        con.execute("create schema candidat.sabotage")
        for schema, table in con.execute(
            "select schema_name, table_name from duckdb_tables() where database_name = 'propre'"
        ).fetchall():
            if table in self.tables:
                continue
            # seeds are copied: a model numbers their lines by rowid, which a view does not have
            kind = "table" if schema == "seeds" else "view"
            rest = " where false" if self._left_out(table) else ""
            con.execute(
                f'create {kind} candidat."{schema}"."{table}" as select * from propre."{schema}"."{table}"{rest}'
            )
        for node in sorted(
            (n for n in self.plan.nodes.values() if n["config"].get("materialized") == "view"),
            key=lambda n: self.plan.rank[n["unique_id"]],
        ):
            if node["name"] not in self.tables:
                con.execute(self.plan.sql(node))

    def _left_out(self, table: str) -> bool:
        if not self.indicators or not table.startswith("int_mesures__"):
            return False
        return not self.plan.read_by[table] & self.needed

    def run(self, query: str) -> Verdict:
        """Builds and tests with the rows of `query` in place of those of the source; tells what dbt would tell.

        Stops at the first failure: `dbt build` does not build what reads it either.
        """
        self.clean()
        verdict = Verdict()
        con = self.connection
        con.execute(f"create table candidat.sabotage.landing as {query}")
        self.made.append(("table", "candidat.sabotage.landing"))
        clean = f"read_parquet('{self.plan.landing}/{self.source}/*.parquet', union_by_name = true)"
        readers = [self.plan.sql(self.plan.nodes[n]) for n in self.plan.children[f"{SOURCE}{self.source}"]]
        if not all(clean in sql for sql in readers):
            raise LookupError(f"dbt n'a pas lu {self.source} sous la forme {clean}")
        for name in self.order:
            if verdict.code:
                break  # refused: dbt would go on with what does not depend on it, and refuse all the same
            node = self.plan.nodes[name]
            if name.startswith("model."):
                # before it is made: a contract that refuses its rows leaves an empty table behind
                self.made.append((node["config"]["materialized"], node["relation_name"]))
                try:
                    con.execute(self.plan.sql(node).replace(clean, "candidat.sabotage.landing"))
                except duckdb.ConstraintException as error:
                    verdict.controles.append(_refused(f"contrat_{node['name']}", node["name"], str(error)))
                except duckdb.Error as error:
                    if UNREADABLE in str(error):
                        verdict.controles.append(unreadable(node["name"], str(error)))
                    else:
                        verdict.fautes.append(f"{name} : {error}")
            elif name.startswith("test."):
                self._test(node, verdict)
        if verdict.code == 0 and self.indicators:
            self._put_back()
        return verdict

    def _test(self, node: dict, verdict: Verdict) -> None:
        try:
            found = self.connection.execute(f"select count(*) from (\n{node['compiled_code']}\n)").fetchone()
            failures = found[0] if found else 0
        except duckdb.Error as error:
            if REFUSED not in str(error):
                verdict.fautes.append(f"{node['name']} : {error}")
                return
            failures = 1
        if failures and node["config"]["severity"].lower() == "error":
            attached = self.plan.nodes.get(node.get("attached_node") or "", {}).get("name", "")
            verdict.controles.append(_refused(node["name"], attached, f"{failures} ligne(s) en défaut"))

    def _put_back(self) -> None:
        """The clean figures of the indicators that the source does not feed, beside the new ones."""
        listed = ", ".join(f"'{name}'" for name in sorted(self.indicators))
        for table in FIGURES:
            if table not in self.tables:
                continue
            self.connection.execute(f"alter table candidat.main.{table} rename to neuf_{table}")
            self.connection.execute(
                f"create view candidat.main.{table} as select * from candidat.main.neuf_{table} where indicateur in"
                f" ({listed}) union all by name select * from propre.main.{table} where indicateur not in ({listed})"
            )
            self.made.append(("table", f"candidat.main.neuf_{table}"))
            self.made.append(("view", f"candidat.main.{table}"))

    def clean(self) -> None:
        """Drops what the last run made."""
        views = [r for r in self.made if r[0] == "view"]
        kept = {relation.replace('"', "").split(".")[-1] for kind, relation in views}
        for kind, relation in reversed(self.made):
            name = relation.replace('"', "").split(".")[-1]
            if kind != "view" and name in kept:
                continue  # renamed when the clean figures were put back
            self.connection.execute(f"drop {'view' if kind == 'view' else 'table'} if exists {relation}")
        self.made.clear()


def _refused(name: str, table: str, found: str) -> Controle:
    return Controle(name, "integrite", "bloquant", "echoue", table, name.replace("_", " "), found)


@contextmanager
def opened(plan: Plan, source: str, threads: int = 1) -> Iterator[Rebuild]:
    """A rebuild ready to run for one source."""
    spill = tempfile.mkdtemp(prefix="saboteur-")  # else DuckDB spills into the folder it runs in
    connection = duckdb.connect(
        config={
            "threads": threads,
            "preserve_insertion_order": False,
            "memory_limit": "1500MB",
            "temp_directory": spill,
        }
    )
    try:
        connection.execute("attach ':memory:' as candidat")
        connection.execute(f"attach '{plan.clean}' as propre (read_only)")
        rebuild = Rebuild(plan, source, connection, *plan.slice(source))
        rebuild.prepare()
        yield rebuild
    finally:
        connection.close()
        shutil.rmtree(spill, ignore_errors=True)
