"""A data folder that is hurt: its runs, its readers, and what must be true of it whatever happened."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import duckdb
from conduite import RACINE

from bench import actualisation
from extract.archive import Archive, utc_text
from publish.demo import DEMO_KEY

RUN = ["-m", "publish", "run", "--tout", "--force", "--sans-comparaison"]
QUICK = ["-m", "publish", "run", "--sans-comparaison"]  # what is due and what changed, no more
READERS, PROCESSES = 50, 2


def blind_to(check: str) -> list[str]:
    """RUN, in which that check of publish.operations sees nothing beforehand."""
    code = (
        f"import sys; from publish.operations import {check}; {check}.require = lambda *_: None;"
        "from publish.__main__ import main; sys.exit(main(sys.argv[1:]))"
    )
    return ["-c", code, *RUN[2:]]


def environment(world: Path, producers: str) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("REFERENTIEL_", "WEBSTAT_"))}
    mine = {"REFERENTIEL_DATA": str(world), "REFERENTIEL_PRODUCTEURS": producers, "WEBSTAT_API_KEY": DEMO_KEY}
    return kept | mine


def run(world: Path, producers: str, *before: str, command: list[str] | None = None) -> tuple[int, str]:
    done = subprocess.run(
        [*before, sys.executable, *(command or RUN)],
        cwd=RACINE,
        env=environment(world, producers),
        capture_output=True,
        text=True,
        timeout=600,
    )
    return done.returncode, done.stdout + done.stderr


def whole(world: Path) -> str:
    """The name of the release that readers have, every table of it counted in one connection."""
    folder = (world / "published/current").resolve()
    manifest = json.loads((folder / "manifeste.json").read_text(encoding="utf-8"))
    with duckdb.connect(str(folder / "referentiel.duckdb"), read_only=True) as base:
        for table, rows in manifest["lignes"].items():
            assert base.execute(f"select count(*) from {table}").fetchone() == (rows,), table
    for name, told in manifest["fichiers"].items():
        assert (folder / name).stat().st_size == told["octets"], name
    assert manifest["release"] == folder.name
    return str(manifest["release"])


def nothing_lost(world: Path) -> set[str]:
    """Every accepted delivery of the journal has its bytes in the archive; returns their names."""
    lines = (world / "archive/journal.jsonl").read_bytes().splitlines()
    records = []
    for line in lines:
        try:
            records.append(json.loads(line))
        except ValueError:
            continue  # cut by a kill: nothing was promised
    archive = Archive(world / "archive")
    accepted = [one for one in records if one.get("type") == "livraison" and one.get("resultat") == "nouveau"]
    assert accepted and all(archive.is_intact(one["sha256"]) for one in accepted)
    return {one["livraison"] for one in accepted}


def nothing_corrupt(world: Path) -> None:
    """Every object of the archive has the bytes that its name promises."""
    archive = Archive(world / "archive")
    names = [path.name for path in (world / "archive/objets").glob("*/*")]
    assert names and [name for name in names if not archive.is_intact(name)] == []


@contextmanager
def readers(world: Path) -> Iterator[None]:
    """READERS sessions in a few processes, all along; raises when one of their answers failed or was mixed."""
    script = str(Path(__file__).with_name("lecteurs.py"))
    command = [sys.executable, script, str(world), str(READERS // PROCESSES)]
    running = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(PROCESSES)
    ]
    try:
        yield
    finally:  # told too when the test is stopped before its end
        told = [json.loads(line) for one in running for line in one.communicate(timeout=120)[0].splitlines()]
        failed = [one["echec"] for one in told if "echec" in one]
        answers = sum(one.get("reponses", 0) for one in told)
        print(f"lecteurs : {answers} réponses, {len(failed)} échecs {failed[:3]}", flush=True)
    assert failed == [] and answers >= READERS


def revise(world: Path, producers: str, change: int) -> None:
    """A SYNTHETIC revision of one figure, deposited by the command."""
    file = world / "revision.csv"
    file.write_bytes(actualisation.revised(Archive(world / "archive"), change))
    day = utc_text(datetime.now(UTC))
    command = ["-m", "extract", "deposit", actualisation.SOURCE, str(file), "--published-on", day]
    code, said = run(world, producers, command=command)
    assert code == 0, said[-3000:]
