"""The macro `au(date)`: the reference as it was known on a day, made again by the very SQL of the models.

The macro's body is the chain of compiled dbt models that goes from the producers' figures in force to
`observations`, put in one query whose first step reads `observations_historique` instead. So a figure that
the reference sums, divides or withholds is summed, divided and withheld for that day exactly as a release of
that day would have been; nothing of it is stored, and nothing that the history withholds can come back by
it. What the chain reads beside the figures (territories, passages, dictionary) is copied into the schema
`interne` of the release.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from publish.errors import PublishFault

START = "int_observations_en_vigueur"
END = "observations"
MARK = "observations as (select * from int_observations_en_vigueur)"
SCHEMA = "interne"
# What the release publishes already is not copied a second time.
PUBLISHED = {
    "int_passages": "from passages where cog_cible = (select max(millesime_cog) from territoires)",
    "int_passages_croises": "from passages where cog_cible <> (select max(millesime_cog) from territoires)",
}
# Figures before they were protected: they must never leave the candidate.
UNPROTECTED = ("int_observations_", "int_versions_", "int_mesures__", "int_secret_historique")


@dataclass(frozen=True)
class Chain:
    """The models of the chain in order (name, SQL over other names of the chain and over `interne`), and the
    relations to copy: name → where they are in the candidate, schema and table."""

    steps: list[tuple[str, str]]
    copied: dict[str, tuple[str, str]]


def chain(manifest: Path) -> Chain:
    """The chain of dbt's manifest. Raises PublishFault when the manifest does not hold it compiled."""
    content = json.loads(manifest.read_text(encoding="utf-8"))
    nodes: dict[str, dict[str, Any]] = content["nodes"]
    models = {n["name"]: key for key, n in nodes.items() if n["resource_type"] in ("model", "seed")}
    if START not in models or END not in models:
        raise PublishFault(f"La macro au() ne se fait pas : {START} ou {END} n'est pas un modèle du projet.")
    order: list[str] = []
    copied: dict[str, tuple[str, str]] = {}

    def depends(key: str, seen: dict[str, bool]) -> bool:
        """Whether a node comes from the figures in force; appends to `order` those that do, parents first."""
        if key not in seen:
            seen[key] = key == models[START]
            parents = nodes[key].get("depends_on", {}).get("nodes", []) if key in nodes else []
            found = [depends(parent, seen) for parent in parents]
            if key != models[START] and any(found):
                seen[key] = True
                order.append(key)
        return seen[key]

    seen: dict[str, bool] = {}
    depends(models[END], seen)
    steps = []
    for key in order:
        node = nodes[key]
        sql = node.get("compiled_code")
        if not sql:
            raise PublishFault(
                f"La macro au() ne se fait pas : {node['name']} n'est pas compilé dans {manifest}."
            )
        for parent in node["depends_on"]["nodes"]:
            known = nodes[parent]
            if not seen[parent]:
                if known["name"].startswith(UNPROTECTED):
                    raise PublishFault(
                        f"{node['name']} lit {known['name']}, qui contient des chiffres non protégés : la"
                        f" macro au() les publierait. Qu'il lise {START}."
                    )
                copied[known["name"]] = (known["schema"], known["alias"])
            target = known["name"] if seen[parent] else f"{SCHEMA}.{known['name']}"
            sql = sql.replace(known["relation_name"], target)
        steps.append((node["name"], sql.strip()))
    return Chain(steps, dict(sorted(copied.items())))


def expand(script: str, found: Chain) -> str:
    """The script of the macro with the chain in the place of its mark."""
    if MARK not in script:
        raise PublishFault(f"au.sql ne porte pas la marque {MARK}.")
    return script.replace(MARK, ",\n\n".join(f"{name} as (\n{sql}\n)" for name, sql in found.steps))
