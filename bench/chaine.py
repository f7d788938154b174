"""The models of the history's chain, compiled by dbt once and run alone: deliveries in, versions out.

The tests of the history and its measure run the SQL of the house, without the house around it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
MODELS = ("int_versions_livraisons", "int_versions_recues", "int_observations_versions")
# What the chain reads: the journal, the figures of the deliveries read, what former builds know, corrections.
SCHEMA = """
    create table stg_extraction__livraisons (source varchar, partie varchar, livraison varchar,
        publie_le timestamp, recu_le timestamp, connu_le timestamp, resultat varchar);
    create table stg_memoire__versions (source varchar, partie varchar, livraison varchar,
        indicateur varchar, type_territoire varchar, code_territoire varchar, cog integer, periode varchar,
        modalite varchar, valeur double, statut varchar, confidentialite varchar, marque_producteur varchar,
        methode varchar, motif varchar, n_unites bigint, part_max double, priorite integer, ligne bigint,
        est_retrait boolean, livraison_suivante varchar, version integer);
    create table int_observations_recues as
        select * exclude (est_retrait, livraison_suivante, version), null::timestamp as publie_le,
            null::timestamp as recu_le, null::timestamp as connu_le
        from stg_memoire__versions;
    create table stg_memoire__livraisons (livraison varchar);
    create table int_corrections (indicateur varchar, territoire varchar, periode varchar, modalite varchar,
        action varchar, valeur double, attendu double, corrige_le timestamp, texte varchar);
"""


def compiled(folder: Path, models: tuple[str, ...] = MODELS) -> dict[str, str]:
    """The SQL of the models, with bare names for what they read."""
    env = os.environ | {
        "REFERENTIEL_BASE": str(folder / "x.duckdb"),
        "REFERENTIEL_VERSIONS": str(folder),
        "DBT_TARGET_PATH": str(folder / "cible"),
        "DBT_LOG_PATH": str(folder / "journal"),
    }
    dbt = str(Path(sys.executable).with_name("dbt"))
    command = [dbt, "compile", "--project-dir", ".", "--profiles-dir", ".", "--select", *models]
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout[-3000:]
    nodes = json.loads((folder / "cible/manifest.json").read_text(encoding="utf-8"))["nodes"]
    found = {}
    for node in nodes.values():
        if node["name"] in models:
            sql = node["compiled_code"]
            for parent in node["depends_on"]["nodes"]:
                sql = sql.replace(nodes[parent]["relation_name"], nodes[parent]["name"])
            found[node["name"]] = sql
    return found
