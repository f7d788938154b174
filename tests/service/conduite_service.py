"""The shared service as an operator starts it, over small releases of our own, and readers as separate DuckDB connections."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import duckdb_extensions

from publish import releases

RACINE = Path(__file__).resolve().parents[2]
JETON = "alice-0123456789abcdef"
LIGNES = 20_000


for extension in ("httpfs", "quack"):
    duckdb_extensions.import_extension(extension)


def publier(data: Path, numero: int) -> str:
    """A release whose every figure is its number: an answer that mixes two of them is seen at once."""
    dossier = data / "published" / f"2026-01-01-{numero:06d}-abcdef01"
    dossier.mkdir(parents=True)
    with duckdb.connect(str(dossier / releases.DATABASE)) as base:
        base.execute(
            f"create table observations as select i as territoire, {numero} as valeur from range({LIGNES}) t(i)"
        )
        base.execute("create macro serie(t) as table select valeur from observations where territoire = t")
    (dossier / releases.MANIFEST).write_text(
        json.dumps({"release": dossier.name, "region": "28"}), encoding="utf-8"
    )
    releases.point(data / "published", dossier.name, datetime.now(UTC))
    return dossier.name


@contextlib.contextmanager
def service(data: Path, **env: str) -> Iterator[int]:
    """`python -m publish serve` on a free port; stopped as an operator stops it."""
    with socket.socket() as sonde:
        sonde.bind(("127.0.0.1", 0))
        port = sonde.getsockname()[1]
    propre = {k: v for k, v in os.environ.items() if not k.startswith("REFERENTIEL_")}
    env = {
        "REFERENTIEL_DATA": str(data),
        "REFERENTIEL_SERVICE_PORT": str(port),
        "REFERENTIEL_JETONS": f"alice={JETON}",
    } | env
    journal = (data / "sortie.txt").open("w", encoding="utf-8")
    processus = subprocess.Popen(
        [sys.executable, "-m", "publish", "serve"],
        cwd=RACINE,
        env=propre | env,
        stdout=journal,
        stderr=journal,
    )
    try:
        attendre(lambda: sante(port) is not None or processus.poll() is not None, 60)
        assert processus.poll() is None, (data / "sortie.txt").read_text(encoding="utf-8")
        yield port
        assert processus.poll() is None, (data / "sortie.txt").read_text(encoding="utf-8")
    finally:
        processus.send_signal(signal.SIGTERM)
        try:
            processus.wait(20)
        finally:
            processus.kill()
            journal.close()
    assert "Traceback" not in (data / "sortie.txt").read_text(encoding="utf-8")


def sante(port: int) -> dict[str, str] | None:
    """What /sante says, None while nobody listens."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/sante", timeout=10) as reponse:
            return json.loads(reponse.read())
    except OSError:
        return None


def attendre(vrai, secondes: float) -> None:
    """Waits until `vrai()`; fails after `secondes`."""
    fin = time.monotonic() + secondes
    while not vrai():
        assert time.monotonic() < fin, "l'attente a été trop longue"
        time.sleep(0.05)


def lecteur() -> duckdb.DuckDBPyConnection:
    """A reader's DuckDB, with the two extensions from their wheels."""
    base = duckdb.connect(config={"threads": 1, "autoinstall_known_extensions": "false"})
    base.execute("load httpfs; load quack")
    return base


def demander(base: duckdb.DuckDBPyConnection, port: int, sql: str, jeton: str = JETON) -> list[tuple]:
    """One query in a session of its own."""
    return base.execute(
        "from quack_query(?, ?, token := ?)", [f"quack:127.0.0.1:{port}", sql, jeton]
    ).fetchall()


def lignes_du_journal(data: Path) -> list[dict]:
    """Every line of the journal so far."""
    return [
        json.loads(ligne)
        for f in sorted((data / "service").glob("*.jsonl"))
        for ligne in f.read_text(encoding="utf-8").splitlines()
    ]
