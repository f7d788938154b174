"""dbt's run_results.json as rows of `controles` (family `integrite`) and as a verdict."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import duckdb

from expectations.columns import lines, listed
from expectations.model import Controle, Verdict

# A contract that the rows break (NOT NULL, PRIMARY KEY, CHECK) is an error of the model in dbt's words,
# but it is bad data in ours.
CONSTRAINT = "Constraint Error"
# A cell that is no number, or none that can be counted (NaN, infinite), stops the model that reads it (macro
# `nombre`): the delivery is wrong, not our SQL.
UNREADABLE = re.compile(
    r"Conversion Error: (Could not convert string"
    r"|(Type \w+ with value|Could not cast value) [+-]?(nan|inf)\b)"
)
# A test that refuses what people typed says why in its error: the line, the reason, what would mend it.
REFUSED = "Saisie refusée"


LANDING = "source.referentiel.landing."
KEPT = 200  # rows of a failed test that the page and the workbook may show
MOST = 4  # beyond so many datasets, to name what a model is made from says nothing

Nodes = dict[str, dict[str, Any]]


def read(run_results: Path, manifest: Path, candidate: Path | None = None) -> Verdict:
    """The verdict of the build: one check per dbt test, a refusal per broken contract, a fault per error.

    A test that failed is bad data; a model, seed or test that could not run is our fault; what was skipped
    because of them is not repeated. With the file of the `candidate`, a failed test names its rows.
    """
    verdict = Verdict()
    if not run_results.exists():
        verdict.fautes.append(f"dbt n'a pas laissé de compte rendu ({run_results}).")
        return verdict
    described = json.loads(manifest.read_text(encoding="utf-8")) if manifest.exists() else {"nodes": {}}
    nodes = described["nodes"] | described.get("unit_tests", {})
    for result in json.loads(run_results.read_text(encoding="utf-8"))["results"]:
        name, status, message = result["unique_id"], result["status"], (result.get("message") or "").strip()
        if name.split(".")[0] in ("test", "unit_test"):
            _test(verdict, result, nodes, status, message, candidate)
        elif status == "error" and CONSTRAINT in message:
            verdict.controles.append(broken(name, nodes, message))
        elif status in ("error", "runtime error") and UNREADABLE.search(message):
            verdict.controles.append(unreadable(name, nodes, message))
        elif status in ("error", "runtime error"):
            verdict.fautes.append(f"{name} : {message}")
    return verdict


def unreadable(unique_id: str, nodes: Nodes, message: str) -> Controle:
    """The refusal of a model, or of a view's test, that met a text where its source has numbers or dates."""
    attached = nodes.get(nodes.get(unique_id, {}).get("attached_node") or "", {}).get("name")
    model = attached or unique_id.split(".")[2]
    phrase = f"Les cellules que lit {model} sont des nombres finis et des dates."
    detail = message + _made_from(unique_id, nodes)
    return Controle(f"lecture_{model}", "integrite", "bloquant", "echoue", model, phrase, detail)


def broken(unique_id: str, nodes: Nodes, message: str) -> Controle:
    """The refusal of a table whose rows break its contract."""
    model = unique_id.split(".")[-1]
    phrase = f"La table {model} respecte son contrat."
    detail = message + _made_from(unique_id, nodes)
    return Controle(f"contrat_{model}", "integrite", "bloquant", "echoue", model, phrase, detail)


def failed(unique_id: str, nodes: Nodes, failures: int, rows: list[dict[str, Any]]) -> Controle:
    """The refusal of a test: how many rows fail, the first of them, and the datasets behind the model."""
    name, target, phrase = _described(unique_id, nodes)
    found = f"{lines(failures)} en défaut" + (f" : {listed(rows, failures)}" if rows else "")
    found += _made_from(unique_id, nodes)
    return Controle(name, "integrite", "bloquant", "echoue", target, phrase, found, tuple(rows))


def suspects(connection: duckdb.DuckDBPyConnection, node: dict[str, Any]) -> list[dict[str, Any]]:
    """The rows that a test finds at fault, in the candidate of `connection`; none when its SQL cannot run
    again."""
    query = node.get("compiled_code")
    if not query:
        return []
    try:
        found = connection.execute(f"from (\n{query}\n) limit {KEPT}")
        columns = [column[0] for column in found.description]
        rows = [dict(zip(columns, row, strict=True)) for row in found.fetchall()]
    except duckdb.Error:
        return []
    return sorted(rows, key=lambda row: [str(value) for value in row.values()])


def _made_from(unique_id: str, nodes: Nodes) -> str:
    """The datasets of the landing that a node is made from, in words; nothing when they are many."""
    found: set[str] = set()
    seen: set[str] = set()
    front = {unique_id}
    while front:
        seen |= front
        parents = {p for one in front for p in nodes.get(one, {}).get("depends_on", {}).get("nodes", [])}
        found |= {p.removeprefix(LANDING) for p in parents if p.startswith(LANDING)}
        front = parents - seen
    datasets = sorted(name for name in found if not name.startswith("_"))
    return f" (données de {', '.join(datasets)})" if 0 < len(datasets) <= MOST else ""


def _described(unique_id: str, nodes: Nodes) -> tuple[str, str, str]:
    """Name, object and sentence of a test: test.project.name.hash, but unit_test.project.model.name."""
    node = nodes.get(unique_id, {})
    parts = unique_id.split(".")
    name = parts[3] if parts[0] == "unit_test" else parts[2]
    attached = node.get("model") or nodes.get(node.get("attached_node") or "", {}).get("name", "")
    column = node.get("column_name")
    target = f"{attached}.{column}" if attached and column else attached
    return name, target, " ".join((node.get("description") or name.replace("_", " ")).split())


def _rows(candidate: Path | None, node: dict[str, Any]) -> list[dict[str, Any]]:
    if candidate is None or not candidate.exists():
        return []
    with duckdb.connect(candidate, read_only=True) as connection:
        return suspects(connection, node)


def _test(
    verdict: Verdict,
    result: dict[str, Any],
    nodes: Nodes,
    status: str,
    message: str,
    candidate: Path | None,
) -> None:
    node = nodes.get(result["unique_id"], {})
    name, target, phrase = _described(result["unique_id"], nodes)
    severity = (
        "avertissement"
        if str(node.get("config", {}).get("severity", "error")).lower() == "warn"
        else "bloquant"
    )
    failures = result.get("failures") or 0
    if status in ("pass", "success"):
        verdict.controles.append(Controle(name, "integrite", severity, "reussi", target, phrase))
    elif status == "fail" and result["unique_id"].startswith("test."):
        verdict.controles.append(failed(result["unique_id"], nodes, failures, _rows(candidate, node)))
    elif status == "fail":
        found = f"{failures} ligne(s) en défaut. {message}"
        verdict.controles.append(Controle(name, "integrite", "bloquant", "echoue", target, phrase, found))
    elif status == "warn":
        found = f"{failures} ligne(s) en défaut. {message}"
        verdict.controles.append(
            Controle(name, "integrite", "avertissement", "averti", target, phrase, found)
        )
    elif status in ("error", "runtime error") and REFUSED in message:
        found = " ".join(message[message.index(REFUSED) :].split("> in test")[0].split())
        verdict.controles.append(Controle(name, "integrite", "bloquant", "echoue", target, phrase, found))
    elif status in ("error", "runtime error") and UNREADABLE.search(message):
        # staging models are views: the test is the first to read the cell
        verdict.controles.append(unreadable(result["unique_id"], nodes, message))
    elif status in ("error", "runtime error"):
        verdict.fautes.append(f"{result['unique_id']} : {message}")
