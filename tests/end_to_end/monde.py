"""A data folder that is hurt: its runs, its readers, and what must be true of it whatever happened."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

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


def nothing_lost(world: Path, new: bool = False) -> set[str]:
    """Every accepted delivery of the journal has its bytes in the archive; returns their names. `new`: there may be
    none yet."""
    journal = world / "archive/journal.jsonl"
    lines = [] if new and not journal.exists() else journal.read_bytes().splitlines()
    records = []
    for line in lines:
        try:
            records.append(json.loads(line))
        except ValueError:
            continue  # cut by a kill: nothing was promised
    archive = Archive(world / "archive")
    accepted = [one for one in records if one.get("type") == "livraison" and one.get("resultat") == "nouveau"]
    assert accepted or new
    assert all(archive.is_intact(one["sha256"]) for one in accepted)
    return {one["livraison"] for one in accepted}


def last_run(world: Path) -> dict[str, Any]:
    """The line of the last run in its journal."""
    line = (world / "executions.jsonl").read_text(encoding="utf-8").splitlines()[-1]
    told: dict[str, Any] = json.loads(line)
    return told


def nothing_corrupt(world: Path) -> None:
    """Every object of the archive has the bytes that its name promises."""
    archive = Archive(world / "archive")
    names = [path.name for path in (world / "archive/objets").glob("*/*")]
    assert names and [name for name in names if not archive.is_intact(name)] == []


@dataclass(frozen=True)
class Failure:
    """An answer that a reader did not get, or that was wrong: what was said, whether DuckDB itself said it, when (as
    time.time())."""

    said: str
    by_duckdb: bool
    at: float


@contextmanager
def readers(world: Path, failed: list[Failure] | None = None) -> Iterator[None]:
    """READERS sessions in a few processes, all along; raises when one of their answers failed or was not that of its
    release. With `failed`, what failed is put there for the caller to judge."""
    script = str(Path(__file__).with_name("lecteurs.py"))
    command = [sys.executable, script, str(world), str(READERS // PROCESSES)]
    running = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(PROCESSES)
    ]
    mine: list[Failure] = []
    try:
        yield
    finally:  # told too when the test is stopped before its end
        told = [json.loads(line) for one in running for line in one.communicate(timeout=120)[0].splitlines()]
        mine += [Failure(one["echec"], one["par_duckdb"], one["a"]) for one in told if "echec" in one]
        answers = sum(one.get("reponses", 0) for one in told)
        sums = {(name, *values) for one in told for name, values in one.get("sommes", {}).items()}
        said = f"lecteurs : {answers} réponses, {len(sums)} releases, {len(mine)} échecs"
        print(said, [one.said for one in mine[:3]], flush=True)
    assert answers >= READERS and not any(one.returncode for one in running)
    assert len({name for name, *_ in sums}) == len(sums), sums  # the same in every process
    if failed is None:
        assert mine == []
    else:
        failed += mine


def revision(world: Path, change: int) -> list[str]:
    """The command that deposits a SYNTHETIC revision of one figure, in revision.csv."""
    file = world / "revision.csv"
    file.write_bytes(actualisation.revised(Archive(world / "archive"), change))
    day = utc_text(datetime.now(UTC))
    return ["-m", "extract", "deposit", actualisation.SOURCE, str(file), "--published-on", day]


def revise(world: Path, producers: str, change: int) -> None:
    """Has such a revision deposited."""
    code, said = run(world, producers, command=revision(world, change))
    assert code == 0, said[-3000:]
