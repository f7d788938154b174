"""What a refresh costs beside a full build: one source of all changed, nothing changed.

The revision is SYNTHETIC: the hours of one line of the last file of a small source, a little more, deposited
as anyone deposits a file.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime

from extract.archive import Archive, utc_text
from extract.run import run_deposit
from extract.settings import PROJECT_ROOT, Settings
from publish.errors import PUBLISHED
from publish.run import Outcome

SOURCE = "dares__activite_partielle"
COLUMN = "nombre_heures_demandees"
COMMAND = (sys.executable, "-m", "publish", "run")  # the timer's
NOTHING = "Rien de nouveau"  # how it says it
TIMES = 5  # a machine has slow moments: the median of so many is told
BUILT = ("construction", "contrôle", "publication")  # the steps of a full build, from the landing on


def revised(archive: Archive, change: float) -> bytes:
    """The last file received of SOURCE with `change` hours more in its first line."""
    last = archive.accepted_of(SOURCE, None)[-1]
    head, line, rest = archive.object_path(last["sha256"]).read_bytes().split(b"\n", 2)
    cells = line.split(b",")
    place = head.split(b",").index(COLUMN.encode())
    cells[place] = f"{float(cells[place]) + change:.2f}".encode()
    return b"\n".join([head, b",".join(cells), rest])


def revise(settings: Settings, change: float) -> None:
    """Deposits a revision of SOURCE, published now. Raises SystemExit when it is not accepted."""
    file = settings.data / "revision.csv"
    file.write_bytes(revised(Archive(settings.archive), change))
    done = run_deposit(settings, SOURCE, file, utc_text(datetime.now(UTC)))
    if done.resultat != "nouveau":
        raise SystemExit(f"bench: {done.resultat} {done.motif}")


def one_source(refresh: Callable[[], Outcome], settings: Settings, times: int = TIMES) -> Outcome:
    """The median refresh of some in which SOURCE changed: after the very first run, dbt reads its project
    once more, for it begins to be told where the memory is."""
    done = []
    for _ in range(times):
        revise(settings, 1)
        done.append(refresh())
    return sorted(done, key=lambda outcome: outcome.seconds)[times // 2]


def idle(times: int = TIMES) -> float:
    """Median seconds of COMMAND when nothing is due or new: its imports and the account of the run belong to
    what it costs. Raises SystemExit when it did anything else."""
    seconds = []
    for _ in range(times):
        start = time.perf_counter()
        done = subprocess.run(COMMAND, cwd=PROJECT_ROOT, capture_output=True, text=True, check=False)
        seconds.append(time.perf_counter() - start)
        if done.returncode != PUBLISHED or NOTHING not in done.stdout:
            raise SystemExit(f"bench: {done.stdout}{done.stderr}")
    return statistics.median(seconds)


def full(outcome: Outcome) -> float:
    """Seconds of a full build: models and their tests, judgement, release; no extraction."""
    return sum(outcome.steps[name] for name in BUILT)


def rows(first: Outcome, one: Outcome, none: Outcome, command: float) -> list[tuple[str, str, str, str]]:
    """The two rows of the README: runs in which one source changed and none did, beside the first build; of
    the latter the whole `command` too (seconds), Python's start and imports included."""
    if one.partielle != (SOURCE,):
        raise SystemExit(f"bench: {one.partielle} built again instead of {SOURCE} alone")
    built = full(first)
    beside = f"the full build of the first run, {built:.0f} s (bar: {{}})"
    spent = ", ".join(f"{name} {seconds:.0f}" for name, seconds in one.steps.items() if seconds >= 1)
    return [
        (
            f"a refresh in which one source changed ({spent})",
            f"{one.seconds:.0f} s",
            f"the first run, in which every source was new, {first.seconds:.0f} s (bar: 0.20)",
            f"{one.seconds / first.seconds:.2f}",
        ),
        (
            "a refresh in which nothing is due or new; the whole command, Python's start included",
            f"{none.seconds:.2f} s; {command:.2f} s",
            beside.format("0.01"),
            f"{none.seconds / built:.4f}; {command / built:.4f}",
        ),
    ]
