"""The candidate that a spoilt landing would give, without paying dbt for what the fault does not reach.

dbt left the SQL that it ran for every model and test. What descends from the spoilt source is run again, in dbt's
order, in a database in memory; the rest is read from the clean candidate. For a source of figures the work is cut
further: the measures of sources that share no indicator with it are left out, and the clean figures of the other
indicators are put back beside the new ones. `test_saboteur` proves that a rebuild without fault gives dbt's tables.
"""

from __future__ import annotations

import csv
import json
import re
import shutil
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import duckdb

from expectations.dbt_results import REFUSED, UNREADABLE, broken, failed, suspects, unreadable
from expectations.model import Verdict

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
        """Ids of the models and tests that descend from a source of the landing, parents first; a test comes as soon as what
        it reads is made, as in `dbt build`, where what fails stops what reads it."""
        seen: set[str] = set()
        unchanged = self.unchanged(source)
        front = {f"{SOURCE}{source}"}
        while front:
            front = {child for one in front for child in self.children[one]} - seen - unchanged
            seen |= front

        def moment(name: str) -> tuple[int, bool, int]:
            if not name.startswith("test."):
                return self.rank[name], False, 0
            return max(self.rank.get(p, 0) for p in self.parents(name)), True, self.rank[name]

        return sorted(seen, key=moment)

    def unchanged(self, source: str) -> set[str]:
        """The models that read every figure and use those of other sources only: the keys of the split communes."""
        with (ROOT / "seeds/poids.csv").open(encoding="utf-8") as handle:
            keys = {row["poids"] for row in csv.DictReader(handle) if row["usage"] == "repartition"}
        fed, _ = self.slice(source)
        if not fed or any(source in self.sources_of[key] for key in keys):
            return set()
        return {name for name, node in self.nodes.items() if node["name"] == "int_passages_par_cle"}

    def parents(self, name: str) -> list[str]:
        """What a model or test reads."""
        return self.nodes[name].get("depends_on", {}).get("nodes", [])

    def needed_for(self, tables: set[str], among: list[str]) -> list[str]:
        """The models that some tables are made from, those tables too, and the tests that read nothing else; in the order of
        `among`."""
        known = set(among)
        wanted = {n for n in among if n.startswith("model.") and self.nodes[n]["name"] in tables}
        front = set(wanted)
        while front:
            front = {p for one in front for p in self.parents(one) if p in known} - wanted
            wanted |= front
        return [
            n
            for n in among
            if n in wanted or (n.startswith("test.") and known.intersection(self.parents(n)) <= wanted)
        ]

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
        needed = {s for name in touched for s in self.sources_of[name]}
        return touched, needed | (self.compared.get(source, set()) if touched else set())

    @cached_property
    def compared(self) -> dict[str, set[str]]:
        """Per source, those that a test compares with it by their names (one figure, two channels)."""
        found: dict[str, set[str]] = defaultdict(set)
        for name, node in self.nodes.items():
            if name.startswith("test."):
                cited = set(re.findall(r"'([a-z]+__[a-z0-9_]+)'", node.get("compiled_code") or ""))
                for source in cited:
                    found[source] |= cited
        return found


@dataclass
class Rebuild:
    """A candidate in memory (catalog `candidat`) over the clean one (catalog `propre`, read-only)."""

    plan: Plan
    source: str
    connection: duckdb.DuckDBPyConnection
    indicators: set[str]
    needed: set[str]
    made: list[tuple[str, str]] = field(default_factory=list)
    early: list[str] = field(default_factory=list)

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

    def first(self, query: str, tables: set[str]) -> Verdict:
        """Makes and tests some published tables, and what they are made from, with the rows of `query` in place of those of
        the source; tells what dbt would tell. `rest` makes what remains.

        Stops at the first failure: `dbt build` does not build what reads it either.
        """
        self.clean()
        self.early = self.plan.needed_for(tables, self.order)
        self.connection.execute(f"create table candidat.sabotage.landing as {query}")
        self.made.append(("table", "candidat.sabotage.landing"))
        readers = [self.plan.sql(self.plan.nodes[n]) for n in self.plan.children[f"{SOURCE}{self.source}"]]
        if not all(self._landing in sql for sql in readers):
            raise LookupError(f"dbt n'a pas lu {self.source} sous la forme {self._landing}")
        return self._made(self.early)

    def rest(self) -> Verdict:
        """Makes and tests what `first` left."""
        self._take_away()
        done = set(self.early)
        return self._made([name for name in self.order if name not in done])

    def _made(self, names: list[str]) -> Verdict:
        verdict = Verdict()
        self._make(names, verdict)
        if verdict.code == 0:
            self._put_back()
        return verdict

    @property
    def _landing(self) -> str:
        return f"read_parquet('{self.plan.landing}/{self.source}/*.parquet', union_by_name = true)"

    def _make(self, names: list[str], verdict: Verdict) -> None:
        for name in names:
            if verdict.code:
                break  # refused: dbt would go on with what does not depend on it, and refuse all the same
            node = self.plan.nodes[name]
            if name.startswith("model."):
                # before it is made: a contract that refuses its rows leaves an empty table behind
                self.made.append((node["config"]["materialized"], node["relation_name"]))
                try:
                    self.connection.execute(
                        self.plan.sql(node).replace(self._landing, "candidat.sabotage.landing")
                    )
                except duckdb.ConstraintException as error:
                    verdict.controles.append(broken(name, self.plan.nodes, str(error)))
                except duckdb.Error as error:
                    if UNREADABLE.search(str(error)):
                        verdict.controles.append(unreadable(name, self.plan.nodes, str(error)))
                    else:
                        verdict.fautes.append(f"{name} : {error}")
            elif name.startswith("test."):
                self._test(node, verdict)

    def _test(self, node: dict, verdict: Verdict) -> None:
        try:
            found = self.connection.execute(f"select count(*) from (\n{node['compiled_code']}\n)").fetchone()
            failures = found[0] if found else 0
        except duckdb.Error as error:
            if UNREADABLE.search(str(error)):
                verdict.controles.append(unreadable(node["unique_id"], self.plan.nodes, str(error)))
                return
            if REFUSED not in str(error):
                verdict.fautes.append(f"{node['name']} : {error}")
                return
            failures = 1
        if failures and node["config"]["severity"].lower() == "error":
            rows = suspects(self.connection, node)
            verdict.controles.append(failed(node["unique_id"], self.plan.nodes, failures, rows))

    def _put_back(self) -> None:
        """The clean figures of the indicators that the source does not feed, beside the new ones."""
        if not self.indicators:
            return
        listed = ", ".join(f"'{name}'" for name in sorted(self.indicators))
        for table in FIGURES:
            if table not in self.tables or not self._is_made(table):
                continue
            self.connection.execute(f"alter table candidat.main.{table} rename to neuf_{table}")
            self.connection.execute(
                f"create view candidat.main.{table} as select * from candidat.main.neuf_{table} where indicateur in"
                f" ({listed}) union all by name select * from propre.main.{table} where indicateur not in ({listed})"
            )
            self.made.append(("table", f"candidat.main.neuf_{table}"))
            self.made.append(("view", f"candidat.main.{table}"))

    def _take_away(self) -> None:
        """The contrary: what dbt makes next reads the rows that were made, and no others."""
        for table in FIGURES:
            if ("view", f"candidat.main.{table}") not in self.made:
                continue
            self.connection.execute(f"drop view candidat.main.{table}")
            self.connection.execute(f"alter table candidat.main.neuf_{table} rename to {table}")
            self.made.remove(("table", f"candidat.main.neuf_{table}"))
            self.made.remove(("view", f"candidat.main.{table}"))

    def _is_made(self, table: str) -> bool:
        return any(relation.replace('"', "") == f"candidat.main.{table}" for _, relation in self.made)

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
