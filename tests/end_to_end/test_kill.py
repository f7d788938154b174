"""A run killed at any moment leaves readers with a whole release, or none; the next run finishes the work."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import duckdb
import pytest
from conduite import RACINE, publier

pytestmark = pytest.mark.long

# Seconds after the start: extraction, landing, build, judgement or publication, whatever the machine is at then.
INSTANTS = (4, 14, 26, 40)


def etat(data: Path) -> str | None:
    """The name of the current release after checking that it opens and is whole, or None without one."""
    courant = data / "published/current"
    if not courant.exists():
        return None
    manifeste = json.loads((courant / "manifeste.json").read_text(encoding="utf-8"))
    with duckdb.connect(str(courant / "referentiel.duckdb"), read_only=True) as base:
        for table, lignes in manifeste["lignes"].items():
            assert base.execute(f"select count(*) from {table}").fetchone() == (lignes,), table
    for nom in manifeste["fichiers"]:
        assert (courant / nom).is_file(), nom
    return manifeste["release"]


def test_kill_at_any_moment(tmp_path: Path) -> None:
    env = {k: v for k, v in os.environ.items() if not k.startswith(("REFERENTIEL_", "WEBSTAT_"))}
    for instant in INSTANTS:
        course = subprocess.Popen(
            [sys.executable, "-m", "publish", "demo"],
            cwd=RACINE,
            env=env | {"REFERENTIEL_DATA": str(tmp_path)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            course.wait(timeout=instant)
        except subprocess.TimeoutExpired:
            os.killpg(course.pid, signal.SIGKILL)
            course.wait(timeout=30)
        avant = etat(tmp_path)
        time.sleep(0.2)
        assert etat(tmp_path) == avant
    sortie = publier(tmp_path, "demo")
    assert sortie.returncode == 0, sortie.stdout[-3000:] + sortie.stderr[-3000:]
    assert etat(tmp_path) is not None
    recus = [
        json.loads(x)
        for x in (tmp_path / "archive/journal.jsonl").read_text(encoding="utf-8").splitlines()
        if x
    ]
    objets = {p.name for p in (tmp_path / "archive/objets").rglob("*") if p.is_file()}
    acceptees = [x for x in recus if x.get("type") == "livraison" and x.get("resultat") == "nouveau"]
    assert acceptees and all(x["sha256"] in objets for x in acceptees)
