"""The whole run, hurt in every way that a machine has: readers keep a whole release, the exit code is explained,
the next run goes on.

REFERENTIEL_COUPS is how many times it is killed (default 5: `REFERENTIEL_COUPS=300` takes hours)."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pytest
from conduite import RACINE

from extract.replica.process import replica
from publish.demo import DEMO_KEY

RUN = ["-m", "publish", "run", "--tout", "--force", "--sans-comparaison"]
# The same run on a disk whose lack of room was not seen beforehand.
BLIND = (
    "import sys; from publish.operations import space; space.require = lambda _: None;"
    "from publish.__main__ import main; sys.exit(main(sys.argv[1:]))"
)


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


def nothing_lost(world: Path) -> None:
    """Every accepted delivery of the journal has its bytes in the archive."""
    lines = (world / "archive/journal.jsonl").read_bytes().splitlines()
    records = []
    for line in lines:
        try:
            records.append(json.loads(line))
        except ValueError:
            continue  # cut by a kill: nothing was promised
    objects = {path.name for path in (world / "archive/objets").rglob("*") if path.is_file()}
    accepted = [one for one in records if one.get("type") == "livraison" and one.get("resultat") == "nouveau"]
    assert accepted and all(one["sha256"] in objects for one in accepted)


@contextmanager
def readers(world: Path, count: int) -> Iterator[list[BaseException]]:
    """Readers that open, count and close without a pause; yields what failed them."""
    failed: list[BaseException] = []
    stop = threading.Event()

    def read() -> None:
        while not stop.is_set():
            try:
                whole(world)
            except BaseException as error:
                failed.append(error)
                return
            time.sleep(1.5)

    threads = [threading.Thread(target=read, daemon=True) for _ in range(count)]
    for thread in threads:
        thread.start()
    try:
        yield failed
    finally:
        stop.set()
        for thread in threads:
            thread.join(60)


@pytest.mark.campaign
def test_killed_at_random_instants(world: Path, producers: str) -> None:
    kills = int(os.environ.get("REFERENTIEL_COUPS", "5"))
    seed = random.randrange(1 << 30)
    print(f"graine {seed}")
    chance = random.Random(seed)
    started = time.monotonic()
    code, said = run(world, producers)
    lasts = time.monotonic() - started
    assert code == 0, said[-3000:]
    with readers(world, 3) as failed:
        for _ in range(kills):
            before = whole(world)
            going = subprocess.Popen(
                [sys.executable, *RUN],
                cwd=RACINE,
                env=environment(world, producers),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
            try:
                going.wait(timeout=chance.uniform(0.1, lasts))
            except subprocess.TimeoutExpired:
                os.killpg(going.pid, signal.SIGKILL)
                going.wait(timeout=30)
            assert whole(world) >= before
            nothing_lost(world)
        code, said = run(world, producers)
        assert code == 0, said[-3000:]
    assert failed == []
    assert not [*(world / "published").glob(".en-cours-*")]


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
def test_memory_of_one_gibibyte(world: Path, producers: str) -> None:
    before = whole(world)
    code, said = run(world, producers, "prlimit", f"--as={1 << 30}")
    assert code in (0, 2), said[-3000:]
    if code == 2:
        assert whole(world) == before and ("mémoire" in said.lower() or "memory" in said.lower()), said[
            -3000:
        ]
    whole(world)


@pytest.mark.long
@pytest.mark.parametrize("room", [2, 150])
def test_disk_that_fills_up(data: Path, producers: str, tmp_path: Path, room: int) -> None:
    """`room` MiB left: full while receiving or building, full while publishing."""
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
        code, said = run(world, producers, command=["-c", BLIND, *RUN[2:]])
        assert code == 2, said[-3000:]
        assert "Écriture impossible" in said or "No space left" in said or "espace" in said, said[-3000:]
        assert whole(world) == before
        nothing_lost(world)
        code, said = run(world, producers)
        assert code == 2 and "Disque presque plein" in said, said[-2000:]
        (world / "plein").unlink()
        subprocess.run(["mount", "-o", "remount,size=3g", str(disk)], check=True)
        code, said = run(world, producers)
        assert code == 0, said[-3000:]
        assert whole(world) > before
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=True)
