"""Runs killed at random instants: whatever the instant, the journal and the archive agree, and the next run
finishes."""

from __future__ import annotations

import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import IO, Any

import pyarrow.parquet as pq
import pytest
from extraction_helpers import Producer

from extract import landing
from extract.archive import Archive
from extract.settings import PROJECT_ROOT, Settings

SEED = 20261125
# Imports once, then runs in forked children: 400 runs would spend their time importing.
NURSERY = """
import io, os, sys
sys.path.insert(0, sys.argv[1])
from pathlib import Path
from rich.console import Console
from extraction_helpers import definition
from extract.run import run_sources
from extract.settings import Settings
from extract.transport import Policy
import extract.reading.csv_text, extract.landing, duckdb, pyarrow.parquet  # noqa

def run():
    url = {"lecture": {"format": "csv", "encodage": "utf-8", "separateur": ";"}}
    names = ("insee__a", "insee__b", "insee__c")
    sources = {n: definition(n, acces={"url": f"https://{n[-1]}.fr/essai.csv"}, **url) for n in names}
    settings = Settings(Path(sys.argv[2]), producteurs=sys.argv[3])
    summary = run_sources(settings, definitions=sources, console=Console(file=io.StringIO()),
                          policy=Policy(attempts=2, sleep=lambda _: None))
    assert not summary.fautes, summary.fautes
    assert [one.resultat for one in summary.results if one.resultat not in ("nouveau", "inchange")] == []

while sys.stdin.readline():
    child = os.fork()
    if not child:
        try:
            run()
        except BaseException:
            import traceback
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    print(child, flush=True)
    sys.stdin.readline()
    print(os.waitpid(child, 0)[1], flush=True)
"""


class Nursery:
    """A process that forks runs; `run(kill_after)` gives the seconds of a run, killed or not."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process

    def run(self, kill_after: float | None = None) -> float:
        """One run to its end, or killed without warning after so many seconds."""
        stdin, stdout = self.process.stdin, self.process.stdout
        assert stdin is not None and stdout is not None
        start = time.monotonic()
        stdin.write("\n")
        stdin.flush()
        child = int(stdout.readline())
        if kill_after is not None:
            time.sleep(kill_after)
            os.kill(child, signal.SIGKILL)  # waited for below only: the number is still its own
        stdin.write("\n")
        stdin.flush()
        status = int(stdout.readline())
        if kill_after is None:
            assert status == 0, "an undisturbed run must finish"
        return time.monotonic() - start


@contextmanager
def nursery(data: Path, url: str, errors: IO[str]) -> Iterator[Nursery]:
    """A nursery for the length of the block."""
    command = [sys.executable, "-c", NURSERY, str(Path(__file__).parent), str(data), url]
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True, cwd=PROJECT_ROOT
    )
    try:
        yield Nursery(process)
    finally:
        assert process.stdin is not None and process.stdout is not None
        process.stdin.close()
        process.wait(timeout=30)
        process.stdout.close()


class Truth:
    """Checks a data folder; hashes each object once, for objects never change."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.hashed: dict[Path, int] = {}

    def after_a_kill(self) -> None:
        """What must hold at any instant."""
        archive = Archive(self.settings.archive)
        for path in (self.settings.archive / "objets").glob("*/*"):
            moment = path.stat().st_mtime_ns
            if path not in self.hashed:
                assert hashlib.sha256(path.read_bytes()).hexdigest() == path.name
            assert self.hashed.setdefault(path, moment) == moment, "an object was written again"
        for record in archive.records():
            for exchange in record.get("echanges", [record] if record.get("sha256") else []):
                assert archive.object_path(exchange["sha256"]).is_file(), "journaled bytes are in the archive"
        for record in archive.accepted():
            file = landing.delivery_path(self.settings, record["source"], record["livraison"])
            assert pq.read_metadata(file).num_rows == record["lignes"], "what is accepted is landed, whole"

    def after_a_run(self) -> None:
        """And what must hold once a run has finished."""
        self.after_a_kill()
        archive = Archive(self.settings.archive)
        accepted = {
            landing.delivery_path(self.settings, one["source"], one["livraison"])
            for one in archive.accepted()
        }
        landed = {path for path in self.settings.landing.glob("*/*") if path.name != landing.SCHEMA}
        assert landed == accepted
        assert not list(self.settings.data.rglob(".tmp-*"))
        told = pq.read_table(self.settings.landing / landing.DELIVERIES)
        assert told.column("livraison").to_pylist() == [one["livraison"] for one in archive.deliveries()]


def _serve(producer: Producer, edition: list[int]) -> None:
    for name in "abc":

        def answer(handler: BaseHTTPRequestHandler, name: str = name) -> None:
            body = f"CODE;VALEUR\n{name};{edition[0]}\n".encode()
            handler.send_response(200)
            handler.send_header("Content-Length", str(len(body)))
            handler.end_headers()
            handler.wfile.write(body)

        producer.answers[f"/{name}.fr/essai.csv"] = answer


def _loop(kills: int, producer: Producer, settings: Settings, errors: Path) -> dict[str, Any]:
    """Kill, check, run, check; every run finds a new edition. Gives what was seen."""
    chance, edition = random.Random(SEED), [0]
    _serve(producer, edition)
    truth = Truth(settings)
    seen = {"lines": [], "deliveries": 0}
    with errors.open("w") as sink, nursery(settings.data, producer.url, sink) as runs:
        runs.run()  # the first one pays for what is loaded late
        whole = sorted(runs.run() for _ in range(3))[1]
        for _ in range(kills):
            edition[0] += 1
            before = len(Archive(settings.archive).deliveries())
            runs.run(kill_after=chance.uniform(0, whole))
            truth.after_a_kill()
            seen["lines"].append(len(Archive(settings.archive).deliveries()) - before)
            runs.run()
            truth.after_a_run()
            latest = {one["source"]: one for one in Archive(settings.archive).deliveries() if one["sha256"]}
            assert len(latest) == 3
            bodies = [
                Archive(settings.archive).object_path(one["sha256"]).read_text() for one in latest.values()
            ]
            assert all(f";{edition[0]}\n" in body for body in bodies), "the next run caught up"
    return seen


@pytest.mark.parametrize("kills", [8, pytest.param(200, marks=pytest.mark.long)])
def test_killed_at_random_instants(
    kills: int, producer: Producer, settings: Settings, tmp_path: Path
) -> None:
    errors = tmp_path / "erreurs"
    seen = _loop(kills, producer, settings, errors)
    assert not errors.read_text(), errors.read_text()[-2000:]
    if kills > 100:  # instants before, among and after the three deliveries, else nothing was tried
        assert {0, 3} <= set(seen["lines"]) and {1, 2} & set(seen["lines"]), json.dumps(seen)
