"""The whole run, hurt in every way that a machine has: readers keep a whole release, the exit code is explained,
the next run goes on.

REFERENTIEL_COUPS is how many times the campaign kills it (300 take hours), REFERENTIEL_GRAINE the draw."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
from conduite import RACINE

from bench import actualisation
from extract.archive import Archive, utc_text
from extract.replica.process import replica
from publish import releases
from publish.demo import DEMO_KEY
from publish.operations import allowance

RUN = ["-m", "publish", "run", "--tout", "--force", "--sans-comparaison"]
QUICK = ["-m", "publish", "run", "--sans-comparaison"]  # what is due and what changed, no more
WHOLE_RUNS = 0.2  # of the runs that are killed: a whole one lasts longer and is rarer in a life
ALONE = 0.3  # of the kills: as the kernel does when memory lacks, of the run and nothing of what it started
READERS, PROCESSES = 50, 2


def blind_to(check: str) -> list[str]:
    """RUN, in which that check of publish.operations sees nothing beforehand."""
    code = (
        f"import sys; from publish.operations import {check}; {check}.require = lambda *_: None;"
        "from publish.__main__ import main; sys.exit(main(sys.argv[1:]))"
    )
    return ["-c", code, *RUN[2:]]


@pytest.fixture(scope="module")
def producers() -> Iterator[str]:
    with replica() as running:
        yield running.url


@pytest.fixture
def world(data: Path, tmp_path: Path) -> Path:
    """A data folder of its own, as the demonstration left it."""
    shutil.copytree(data, tmp_path / "data", symlinks=True)
    return tmp_path / "data"


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


def interrupted(world: Path, producers: str, options: list[str], after: float, alone: bool) -> int | None:
    """The exit code of a run, or None when it was killed `after` seconds, with all that it had started or,
    `alone`, without (what it started must then end by itself)."""
    with (world / "sortie.log").open("w+", encoding="utf-8") as said:
        going = subprocess.Popen(
            [sys.executable, *QUICK, *options],
            cwd=RACINE,
            env=environment(world, producers),
            stdout=said,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            return going.wait(timeout=after)
        except subprocess.TimeoutExpired:
            if alone:
                going.kill()
            else:
                os.killpg(going.pid, signal.SIGKILL)
            going.wait(timeout=30)
            for _ in range(50):
                if not _lives(going.pid):
                    return None
                time.sleep(0.1)
            raise AssertionError(f"des processus de l'exécution {going.pid} lui survivent") from None


def _lives(group: int) -> bool:
    """Whether a process of that group is still there."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def attack(world: Path, producers: str, kills: int) -> None:
    """Kills `kills` runs, whole and partial, each at an instant drawn over how long such a run lasts; those that ended
    before their instant are looked at as well, and do not count."""
    seed = int(os.environ.get("REFERENTIEL_GRAINE", random.randrange(1 << 30)))
    chance = random.Random(seed)
    print(f"graine {seed}", flush=True)
    code, said = run(world, producers)
    assert code == 0, said[-3000:]
    lasts = {True: _last_seconds(world)}
    revise(world, producers, 1)
    code, said = run(world, producers, command=QUICK)
    assert code == 0, said[-3000:]
    lasts[False] = _last_seconds(world)
    assert _last_run(world)["reconstruites"] == [actualisation.SOURCE]
    received = nothing_lost(world)
    with readers(world):
        rank = hit = 0
        while hit < kills:
            before = whole(world)
            force = chance.random() < WHOLE_RUNS
            if not force and chance.random() < 0.5:  # else the run goes on from where the last one was killed
                revise(world, producers, rank + 2)
            instant = chance.uniform(0.1, lasts[force] * 1.05)
            alone = chance.random() < ALONE
            code = interrupted(world, producers, ["--force"] if force else [], instant, alone)
            said = (world / "sortie.log").read_text(encoding="utf-8")
            assert code in (None, 0), said[-3000:]
            assert code is None or "elease" in said, said
            # a run that had ended before its instant was not killed
            rank, hit = rank + 1, hit + (code is None)
            assert rank < 10 + 3 * kills, f"{hit} exécutions tuées sur {rank}"
            after = whole(world)
            assert after >= before
            now = nothing_lost(world)
            assert received <= now
            received = now
            kind = "entière" if force else "partielle"
            kind += ", lui seul" if alone else ""
            print(f"{hit}/{kills} ({rank}) {kind}, {instant:.1f} s : {code}, {after}", flush=True)
            _leave_the_last(world, 4)
        revise(world, producers, rank + 2)
        code, said = run(world, producers, command=QUICK)
        assert code == 0 and "publiée" in said, said[-3000:]
        code, said = run(world, producers, command=QUICK)
        assert code == 0 and "Rien de nouveau" in said, said[-3000:]
    assert not [*(world / "published").glob(".en-cours-*")]
    code, said = run(world, producers, command=["-m", "publish", "verify", "--nombre", "50"])
    assert code == 0, said[-3000:]


def _last_run(world: Path) -> dict[str, Any]:
    return json.loads((world / "executions.jsonl").read_text(encoding="utf-8").splitlines()[-1])


def _last_seconds(world: Path) -> float:
    return sum(_last_run(world)["secondes"].values())


def _leave_the_last(world: Path, count: int) -> None:
    """Removes the oldest releases, as an operator who lacks room does (the rule keeps a whole month)."""
    for release in releases.every(world / "published")[:-count]:
        shutil.rmtree(release.folder)


@pytest.mark.long
def test_killed_at_some_instants(world: Path, producers: str) -> None:
    attack(world, producers, 3)


@pytest.mark.campaign
def test_killed_at_random_instants(world: Path, producers: str) -> None:
    attack(world, producers, int(os.environ.get("REFERENTIEL_COUPS", "300")))


@pytest.mark.long
def test_folder_that_cannot_be_written(producers: str) -> None:
    code, said = run(Path("/proc/referentiel"), producers)
    assert code == 2 and "Écriture impossible" in said, said


@pytest.mark.long
def test_clock_that_jumps(world: Path, producers: str) -> None:
    if shutil.which("faketime") is None:
        pytest.skip("faketime manque : apt-get install faketime")
    before = whole(world)
    for jump in ("+800d", "-800d"):
        code, said = run(world, producers, "faketime", "-f", jump)
        assert code == 2 and "horloge" in said, said[-2000:]
        assert whole(world) == before
    code, said = run(world, producers, command=["-m", "publish", "run", "--tout"])
    assert code == 0 and "Rien de nouveau" in said, said[-2000:]


@pytest.mark.long
def test_addresses_of_one_gibibyte(world: Path, producers: str) -> None:
    before = whole(world)
    code, said = run(world, producers, "prlimit", f"--as={1 << 30}")
    assert code == 2 and "Mémoire limitée à 1,1 Go d'adresses" in said, said[-3000:]
    assert whole(world) == before


@pytest.mark.long
def test_memory_of_one_gibibyte(world: Path, producers: str) -> None:
    before = whole(world)
    with memory_group(1 << 30) as enter:
        code, said = run(world, producers, *enter)
        assert code == 2 and "Mémoire limitée à 1,1 Go (conteneur" in said, said[-3000:]
        # a limit that nobody could see: the system kills the largest process
        code, said = run(world, producers, *enter, command=blind_to("allowance"))
        assert code == 2 and "Mémoire insuffisante" in said, said[-3000:]
    assert whole(world) == before
    nothing_lost(world)
    code, said = run(world, producers)
    assert code == 0 and whole(world) > before, said[-3000:]


@contextmanager
def memory_group(limit: int) -> Iterator[list[str]]:
    """What to put before a command so that it holds `limit` bytes at most, with all that it starts."""
    first = (allowance.GROUPS / "memory").is_dir()
    folder = allowance.GROUPS / ("memory" if first else "") / f"referentiel-essai-{os.getpid()}"
    try:
        folder.mkdir()
        (folder / ("memory.limit_in_bytes" if first else "memory.max")).write_text(str(limit))
    except OSError as error:
        if folder.is_dir():
            folder.rmdir()
        pytest.skip(f"un groupe de mémoire ne peut pas être fait (il faut être root) : {error}")
    try:
        yield ["sh", "-c", f'echo $$ > {folder}/cgroup.procs && exec "$@"', "sh"]
    finally:
        for _ in range(50):
            try:
                folder.rmdir()
                break
            except OSError:  # what is killed is still leaving
                time.sleep(0.2)


FULL = [
    pytest.param(room, marks=pytest.mark.long if room in (2, 150) else pytest.mark.campaign)
    for room in (2, 20, 60, 100, 150, 180)
]


@pytest.mark.parametrize("room", FULL)
def test_disk_that_fills_up(data: Path, producers: str, tmp_path: Path, room: int) -> None:
    """`room` MiB left: full while receiving, at several instants of the build, while publishing."""
    disk = tmp_path / "disque"
    disk.mkdir()
    used = sum(p.stat().st_size for p in data.rglob("*") if p.is_file() and not p.is_symlink()) >> 20
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={used + used // 8 + 16 + room}m", "tmpfs", str(disk)],
        capture_output=True,
        text=True,
    )
    if mounted.returncode:
        pytest.skip(
            f"un disque d'essai ne peut pas être monté (il faut être root) : {mounted.stderr.strip()}"
        )
    try:
        world = disk / "data"
        shutil.copytree(data, world, symlinks=True)
        (world / "plein").write_bytes(bytes(max(0, shutil.disk_usage(disk).free - (room << 20))))
        before = whole(world)
        code, said = run(world, producers, command=blind_to("space"))
        assert code == 2, said[-3000:]
        assert "Écriture impossible" in said or "No space left" in said or "espace" in said, said[-3000:]
        assert whole(world) == before
        nothing_lost(world)
        nothing_corrupt(world)
        code, said = run(world, producers)
        assert code == 2 and "Disque presque plein" in said, said[-2000:]
        (world / "plein").unlink()
        subprocess.run(["mount", "-o", "remount,size=3g", str(disk)], check=True)
        code, said = run(world, producers)
        assert code == 0, said[-3000:]
        assert whole(world) > before
        nothing_corrupt(world)
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=True)
