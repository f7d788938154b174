"""What the disk spoils of the archive or of the release, and a run that meets another, while readers read."""

from __future__ import annotations

import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest
from monde import QUICK, Failure, nothing_corrupt, nothing_lost, readers, revise, run, whole

from bench import actualisation
from extract.archive import Archive
from publish import releases
from publish.releases import Release

# DuckDB's file: three headers, then blocks of 256 KiB, each after the sum that it is compared with when read
HEADERS, BLOCK, CHECKSUM = 3 << 12, 1 << 18, 8
NOBODY = "http://127.0.0.1:9"  # a port that nothing listens to


def flip(path: Path, place: int) -> None:
    content = bytearray(path.read_bytes())
    content[place] ^= 1
    path.chmod(0o644)
    path.write_bytes(content)


@pytest.mark.long
def test_object_of_the_archive_that_has_to_be_read_again_is_damaged(world: Path, producers: str) -> None:
    archive = Archive(world / "archive")
    (record,) = archive.accepted_of(actualisation.SOURCE, None)[-1:]
    place = archive.object_path(record["sha256"])
    flip(place, place.stat().st_size // 2)
    (world / "landing" / actualisation.SOURCE / f"{record['livraison']}.parquet").unlink()
    before = whole(world)
    with readers(world):
        code, said = run(world, NOBODY, command=["-m", "publish", "run"])
        assert code == 2 and record["sha256"] in said, said[-3000:]
        assert whole(world) == before and not archive.is_intact(record["sha256"])
        # nothing is due, and its producer is asked all the same
        code, said = run(world, producers, command=["-m", "publish", "run"])
        assert code == 0 and "Rien de nouveau" in said, said[-3000:]
        assert whole(world) == before
    nothing_corrupt(world)
    nothing_lost(world)


@pytest.mark.long
def test_landed_figure_that_the_disk_changed_is_published_nowhere(world: Path, producers: str) -> None:
    """Nothing sums the pages of a Parquet file: the bit may read as another figure of the same delivery."""
    landed = sorted((world / "landing").glob("*/[!_]*.parquet"))
    content = {path: path.read_bytes() for path in landed}
    for path in landed:
        flip(path, 40)
    before = whole(world)
    with readers(world):
        code, said = run(world, producers, command=["-m", "publish", "run"])
        assert code == 0 and "Rien de nouveau" in said, said[-3000:]
    assert whole(world) == before
    assert [path.name for path in landed if path.read_bytes() != content[path]] == []


@dataclass(frozen=True)
class Met:
    """A data folder in which a run met another one: the release before, and what each ended with."""

    world: Path
    before: str
    first: tuple[int, str]
    second: tuple[int, str]


@pytest.fixture(scope="module")
def met(data: Path, producers: str, tmp_path_factory: pytest.TempPathFactory) -> Met:
    world = tmp_path_factory.mktemp("deux") / "data"
    shutil.copytree(data, world, symlinks=True)
    before = whole(world)
    with readers(world), ThreadPoolExecutor(1) as beside:
        first = beside.submit(run, world, producers)
        while not (world / "build" / "candidat.duckdb").exists() and not first.done():
            time.sleep(0.1)
        second = run(world, producers)
        return Met(world, before, first.result(), second)


@pytest.mark.long
def test_second_run_ends_at_once_and_hinders_nobody(met: Met) -> None:
    code, said = met.second
    assert code == 3 and "en cours" in said, said[-2000:]
    code, said = met.first
    assert code == 0, said[-3000:]
    assert whole(met.world) > met.before


@pytest.mark.long
def test_current_release_is_damaged(met: Met, producers: str) -> None:
    world = met.world
    damaged = releases.require_current(world / "published")
    failed: list[Failure] = []
    with readers(world, failed):
        time.sleep(3)  # they have begun
        began = time.time()
        flip_a_figure(damaged)
        time.sleep(8)  # some open it
        revise(world, producers, 1)
        code, said = run(world, producers, command=QUICK)
        ended = time.time()
        assert code == 0 and f"La release {damaged.nom} est abîmée" in said, said[-3000:]
    # who read the figure was told so by DuckDB, until the run that put the release aside, and nobody read another one
    assert failed and all(one.by_duckdb for one in failed), failed[:3]
    assert all(began <= one.at <= ended for one in failed), (began, ended, failed[:3])
    assert whole(world) > damaged.nom
    (aside,) = (world / "published" / releases.DAMAGED).iterdir()
    assert aside.name.startswith(damaged.nom)


def flip_a_figure(release: Release) -> None:
    """Flips a bit of a value of `observations`: who reads it is told so by DuckDB, who counts rows is not hindered."""
    stored = (
        "select block_id, block_offset from pragma_storage_info('observations')"
        " where column_name = 'valeur' and segment_type = 'DOUBLE' and block_id >= 0 order by row_group_id"
    )
    with duckdb.connect(str(release.database), read_only=True) as base:
        block, offset = base.execute(stored).fetchall()[0]
    flip(release.database, HEADERS + block * BLOCK + CHECKSUM + offset)
    with duckdb.connect(str(release.database), read_only=True) as base:
        for table in release.manifest["lignes"]:
            base.execute(f"select count(*) from {table}")
        with pytest.raises(duckdb.Error, match="checksum"):
            base.execute("select sum(valeur) from observations")
