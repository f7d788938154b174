"""Fifty readers at once on the shared service while the release changes under them, beside the same query
on the file.
"""

from __future__ import annotations

import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import duckdb_extensions

from publish import releases
from publish.releases import Release

READERS = 50
QUERIES = 12  # of each reader
CHANGES = 3  # of the release, meanwhile
TOKEN = "bench-0123456789abcdef"
QUERY = "select libelle, periode, valeur from portrait('REG-{region}') order by all"

Row = tuple[str, str, str, str]


def rows(release: Release) -> list[Row]:
    """The rows of the README: p95 of both, and how much the change of release costs. Raises SystemExit on a
    wrong answer.
    """
    query = QUERY.format(region=release.manifest["region"])
    with duckdb.connect(str(release.database), read_only=True) as connection:
        expected = connection.execute(query).fetchall()
    on_file = quantile(everybody(lambda: _file_reader(release.database, query), expected))
    with tempfile.TemporaryDirectory() as folder:
        published = Path(folder) / "published"
        names = [f"{release.nom}-{n}" for n in range(CHANGES + 1)]
        for name in names:
            (published / name).mkdir(parents=True)
            for kept in (releases.DATABASE, releases.MANIFEST):
                shutil.copyfile(release.folder / kept, published / name / kept)
        releases.point(published, names[0], datetime.now(UTC))
        with Serving(Path(folder)) as serving:
            still = quantile(everybody(lambda: _service_reader(serving.port, query), expected))
            done = threading.Event()
            changing = threading.Thread(target=_change, args=(published, names[1:], done))
            changing.start()
            moving = quantile(everybody(lambda: _service_reader(serving.port, query), expected))
            done.set()
            changing.join()
    beside = "the same query on the file, 50 connections"
    return [
        (
            "50 readers at once on the service, p95",
            f"{still * 1000:.0f} ms",
            beside,
            f"{still / on_file:.2f}",
        ),
        (
            "the same while the release changes, p95",
            f"{moving * 1000:.0f} ms",
            beside,
            f"{moving / on_file:.2f}",
        ),
    ]


def everybody(
    reader: Callable[[], Callable[[], list[tuple[object, ...]]]], expected: list[tuple[object, ...]]
) -> list[float]:
    """Seconds of each query of READERS threads. Raises SystemExit when an answer is not the expected one,
    whole.
    """
    times: list[float] = []
    wrong: list[str] = []
    ask = [reader() for _ in range(READERS)]
    for one in ask:
        one()  # what is loaded at the first question is not measured, on either side

    def read(one: Callable[[], list[tuple[object, ...]]]) -> None:
        for _ in range(QUERIES):
            start = time.perf_counter()
            try:
                if one() != expected:
                    wrong.append("une réponse n'est pas celle de la release")
            except duckdb.Error as error:
                wrong.append(str(error))
            times.append(time.perf_counter() - start)

    threads = [threading.Thread(target=read, args=(one,)) for one in ask]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if wrong:
        raise SystemExit(f"bench: {len(wrong)} réponses fausses, dont : {wrong[0]}")
    return times


def quantile(times: list[float]) -> float:
    """The 95th percentile."""
    return statistics.quantiles(times, n=20)[-1]


def _file_reader(database: Path, query: str) -> Callable[[], list[tuple[object, ...]]]:
    connection = duckdb.connect(str(database), read_only=True)
    return lambda: connection.execute(query).fetchall()


def _service_reader(port: int, query: str) -> Callable[[], list[tuple[object, ...]]]:
    connection = duckdb.connect(config={"threads": 1})
    connection.execute("load httpfs; load quack")
    values = [f"quack:127.0.0.1:{port}", query, TOKEN]
    return lambda: connection.execute("from quack_query(?, ?, token := ?)", values).fetchall()


def _change(published: Path, names: list[str], done: threading.Event) -> None:
    for name in names:
        if done.wait(1.5):
            return
        releases.point(published, name, datetime.now(UTC))


class Serving:
    """`make serve` on a free port of the loopback."""

    def __init__(self, data: Path) -> None:
        for extension in ("httpfs", "quack"):
            duckdb_extensions.import_extension(extension)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        environment = os.environ | {
            "REFERENTIEL_DATA": str(data),
            "REFERENTIEL_SERVICE_PORT": str(self.port),
            # One token for fifty readers here: its share must be the whole worker.
            "REFERENTIEL_SERVICE_PAR_LECTEUR": "8",
            "REFERENTIEL_JETONS": f"bench={TOKEN}",
        }
        command = [sys.executable, "-m", "publish", "serve"]
        self._process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)

    def __enter__(self) -> Serving:
        for _ in range(600):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{self.port}/sante", timeout=5).close()
                return self
            except OSError:
                time.sleep(0.1)
        raise SystemExit("bench: le service ne répond pas")

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait(20)
