"""Readers of a release, many in one process: `python lecteurs.py <data folder> <how many>`.

Each opens the base as docs/ouvrir.md says, straight through `current`, in a DuckDB of its own (two connections to one
file share their cache, and those to come would not read the disk), asks every table for its rows and `observations` for
sums of its values, keeps its session open a while, asks again, and leaves; one in five reads the same sums in the
parquet of the release. All that is told of a release must agree. One JSON line per failure on standard output, and a
last one with the number of answers and the sums of each release met when standard input is closed.
"""

from __future__ import annotations

import json
import os
import random
import sys
import threading
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

PAUSE = 9.0  # seconds, on average, between the two questions of a session and between two sessions: see SUMS
WITH_PARQUET = 5  # one reader of so many
# A session costs 50 ms of a core: 50 readers ask for less than a fifth of one.
SUMS = """
    select count(*), bit_xor(sum), sum(sum)
    from (select hash(indicateur, territoire, periode, modalite, valeur, confidentialite) as sum from {})
"""
Sums = tuple[int, ...]


@dataclass(frozen=True)
class Session:
    """A base opened by the pointer, the name that it gives to its release, and a path to the folder of that release
    which holds even when the folder is renamed."""

    base: duckdb.DuckDBPyConnection
    release: str
    folder: Path

    def rows(self, tables: list[str]) -> dict[str, int]:
        return dict(
            self.base.execute(
                " union all ".join(f"select '{table}', count(*) from {table}" for table in tables)
            ).fetchall()
        )

    def sums(self, values: str = "observations") -> Sums:
        found = self.base.execute(SUMS.format(values)).fetchone()
        assert found is not None
        return found


@contextmanager
def opened(world: Path) -> Iterator[Session | None]:
    """A session on the current release, or None when the pointer moved while it was opened."""
    pointer = world / "published/current"
    folder = os.open(pointer, os.O_RDONLY | os.O_DIRECTORY)
    try:
        lasting = Path(f"/proc/self/fd/{folder}")
        with duckdb.connect(config={"threads": 1}) as base:
            base.execute(f"attach '{pointer / 'referentiel.duckdb'}' as referentiel (read_only)")
            base.execute("use referentiel")
            # DuckDB follows the pointer once, and says where it came
            told = base.execute("select path from duckdb_databases() where database_name = 'referentiel'")
            ((path,),) = told.fetchall()
            place = Path(path).parent
            yield Session(base, place.name, lasting) if lasting.readlink() == place else None
    finally:
        os.close(folder)


@dataclass
class Reading:
    """What the readers of this process were told until `stop`."""

    world: Path
    stop: threading.Event = field(default_factory=threading.Event)
    answers: list[int] = field(default_factory=list)
    known: dict[str, Sums] = field(default_factory=dict)  # release → sums of its values

    def read(self, rank: int) -> None:
        """One reader."""
        while not self.stop.is_set():
            try:
                with opened(self.world) as session:
                    if session is None:
                        continue
                    self._ask(session, rank % WITH_PARQUET == 0)
            except Exception as error:
                told = {"echec": traceback.format_exc()[-1500:], "a": time.time()}
                told["par_duckdb"] = isinstance(error, duckdb.Error)
                print(json.dumps(told), flush=True)
            self._pause()

    def _ask(self, session: Session, with_parquet: bool) -> None:
        """A session that began on a release ends on it, whatever was published."""
        manifest = json.loads((session.folder / "manifeste.json").read_text(encoding="utf-8"))
        assert manifest["release"] == session.release
        for last in (False, True):
            assert session.rows(list(manifest["lignes"])) == manifest["lignes"]
            self._agree(session.release, session.sums())
            self.answers.append(1)
            if not last:
                self._pause()
        if with_parquet:
            parquet = session.folder / "parquet/observations.parquet"
            self._agree(session.release, session.sums(f"read_parquet('{parquet}')"))
            self.answers.append(1)

    def _agree(self, release: str, sums: Sums) -> None:
        known = self.known.setdefault(release, sums)
        assert sums == known, f"{release} : {sums} au lieu de {known}"

    def _pause(self) -> None:
        self.stop.wait(random.uniform(0, 2 * PAUSE))  # not all together


def main() -> None:
    """Reads until standard input is closed."""
    reading = Reading(Path(sys.argv[1]))
    threads = [threading.Thread(target=reading.read, args=(rank,)) for rank in range(int(sys.argv[2]))]
    for thread in threads:
        thread.start()
    sys.stdin.read()
    reading.stop.set()
    for thread in threads:
        thread.join()
    print(json.dumps({"reponses": len(reading.answers), "sommes": reading.known}), flush=True)


if __name__ == "__main__":
    main()
