"""dbt's run_results.json as rows of `controles` (family `integrite`) and as a verdict."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from expectations.model import Controle, Verdict

# A contract that the rows break (NOT NULL, PRIMARY KEY, CHECK) is an error of the model in dbt's words,
# but it is bad data in ours.
CONSTRAINT = "Constraint Error"
# A cell that is no number (macro `nombre`) stops the model that reads it: the delivery is wrong, not our SQL.
UNREADABLE = "Conversion Error: Could not convert string"
# A test that refuses what people typed says why in its error: the line, the reason, what would mend it.
REFUSED = "Saisie refusée"


def read(run_results: Path, manifest: Path) -> Verdict:
    """The verdict of the build: one check per dbt test, a refusal per broken contract, a fault per error.

    A test that failed is bad data; a model, seed or test that could not run is our fault; what was skipped
    because of them is not repeated.
    """
    verdict = Verdict()
    if not run_results.exists():
        verdict.fautes.append(f"dbt n'a pas laissé de compte rendu ({run_results}).")
        return verdict
    described = json.loads(manifest.read_text(encoding="utf-8")) if manifest.exists() else {"nodes": {}}
    nodes = described["nodes"] | described.get("unit_tests", {})
    for result in json.loads(run_results.read_text(encoding="utf-8"))["results"]:
        node = nodes.get(result["unique_id"], {})
        status, message = result["status"], (result.get("message") or "").strip()
        kind = result["unique_id"].split(".")[0]
        if kind in ("test", "unit_test"):
            _test(verdict, result, node, nodes, status, message)
        elif status == "error" and CONSTRAINT in message:
            name = result["unique_id"].split(".")[-1]
            verdict.controles.append(
                Controle(
                    f"contrat_{name}",
                    "integrite",
                    "bloquant",
                    "echoue",
                    name,
                    f"La table {name} respecte son contrat.",
                    message,
                )
            )
        elif status in ("error", "runtime error") and UNREADABLE in message:
            verdict.controles.append(unreadable(result["unique_id"].split(".")[-1], message))
        elif status in ("error", "runtime error"):
            verdict.fautes.append(f"{result['unique_id']} : {message}")
    return verdict


def unreadable(model: str, message: str) -> Controle:
    """The refusal of a model that met a text where its source has numbers or dates."""
    phrase = f"Les cellules que lit {model} sont des nombres et des dates."
    return Controle(f"lecture_{model}", "integrite", "bloquant", "echoue", model, phrase, message)


def _test(
    verdict: Verdict,
    result: dict[str, Any],
    node: dict[str, Any],
    nodes: dict[str, Any],
    status: str,
    message: str,
) -> None:
    # test.project.name.hash, but unit_test.project.model.name
    parts = result["unique_id"].split(".")
    name = parts[3] if parts[0] == "unit_test" else parts[2]
    attached = node.get("model") or nodes.get(node.get("attached_node") or "", {}).get("name", "")
    column = node.get("column_name")
    target = f"{attached}.{column}" if attached and column else attached
    severity = (
        "avertissement"
        if str(node.get("config", {}).get("severity", "error")).lower() == "warn"
        else "bloquant"
    )
    phrase = " ".join((node.get("description") or name.replace("_", " ")).split())
    failures = result.get("failures") or 0
    if status in ("pass", "success"):
        verdict.controles.append(Controle(name, "integrite", severity, "reussi", target, phrase))
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
    elif status in ("error", "runtime error"):
        verdict.fautes.append(f"{result['unique_id']} : {message}")
