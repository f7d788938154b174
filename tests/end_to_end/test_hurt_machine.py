"""The whole run on a machine that lacks something (a folder to write, the right hour, memory, room), while readers
read: an explained exit code, and the next run goes on."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from monde import blind_to, nothing_corrupt, nothing_lost, readers, run, whole

from publish.operations import allowance


@pytest.mark.long
def test_folder_that_cannot_be_written(producers: str) -> None:
    code, said = run(Path("/proc/referentiel"), producers)
    assert code == 2 and "Écriture impossible" in said, said


@pytest.mark.long
def test_folder_that_can_only_be_read(world: Path, producers: str) -> None:
    for options in ([], ["-o", "remount,ro"]):  # what is bound is first as it was
        mounted = subprocess.run(
            ["mount", "--bind", *options, str(world), str(world)], capture_output=True, text=True
        )
        if mounted.returncode:
            pytest.skip(f"un dossier ne se monte pas (il faut être root) : {mounted.stderr.strip()}")
    try:
        before = whole(world)
        with readers(world):
            code, said = run(world, producers)
            assert code == 2 and "Écriture impossible" in said, said[-2000:]
        assert whole(world) == before
    finally:
        subprocess.run(["umount", "-l", str(world)], check=True)
    code, said = run(world, producers, command=["-m", "publish", "run", "--tout"])
    assert code == 0 and "Rien de nouveau" in said, said[-2000:]


@pytest.mark.long
def test_clock_that_jumps(world: Path, producers: str) -> None:
    if shutil.which("faketime") is None:
        pytest.skip("faketime manque : apt-get install faketime")
    before = whole(world)
    with readers(world):
        for jump in ("+800d", "-800d"):
            code, said = run(world, producers, "faketime", "-f", jump)
            assert code == 2 and "horloge" in said, said[-2000:]
            assert whole(world) == before
        code, said = run(world, producers, command=["-m", "publish", "run", "--tout"])
        assert code == 0 and "Rien de nouveau" in said, said[-2000:]


@pytest.mark.long
def test_addresses_of_one_gibibyte(world: Path, producers: str) -> None:
    before = whole(world)
    with readers(world):
        code, said = run(world, producers, "prlimit", f"--as={1 << 30}")
        assert code == 2 and "Mémoire limitée à 1,1 Go d'adresses" in said, said[-3000:]
    assert whole(world) == before


@pytest.mark.long
def test_memory_of_one_gibibyte(world: Path, producers: str) -> None:
    before = whole(world)
    with readers(world):
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
        with readers(world):
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
