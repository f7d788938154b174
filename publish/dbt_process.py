"""dbt's own command line, in the process of its own that `publish.candidate` starts.

What it is to do comes as the first line of its standard input, for dbt takes seconds to load and what to
build is found out meanwhile: `{"arguments": [...], "environment": {...}, "results": ...}`. Where `results` is
the path of a file, dbt writes its account of the nodes there and nothing else."""

from __future__ import annotations

import atexit
import gc
import json
import os
import sys
import threading
from collections.abc import Callable
from queue import Queue
from typing import Any

# dbt keeps some millions of objects and throws few away, and so does what judges and writes: looking for
# those that only refer to each other took a fifth of its time. The first number is how many objects are made
# between two looks.
LOOKS = (500_000, 50, 100)
ABANDONED = 137  # what a killed process answers
FAILED, FAULT = 1, 2  # dbt's own: a node failed, dbt did not run


def _listen(told: Queue[dict[str, Any]]) -> None:
    """Passes on what is to do; ends the process when the other end of its standard input closes, as that of a
    killed run does: an orphan would write its accounts over those of the next run."""
    try:
        with os.fdopen(0, "rb") as ours:
            line = ours.readline()
            if line.endswith(b"\n"):  # else cut by a kill
                told.put(json.loads(line))
                ours.read()
    finally:
        os._exit(ABANDONED)


def main() -> None:
    """Runs dbt as it is told; ends with dbt's exit code, or ABANDONED with whoever started it."""
    gc.set_threshold(*LOOKS)
    told: Queue[dict[str, Any]] = Queue()
    threading.Thread(target=_listen, args=(told,), daemon=True).start()
    # Seconds long, and already to be interrupted.
    from dbt.cli.main import cli

    wanted = told.get()
    os.environ.update(wanted["environment"])
    if wanted["results"]:
        code = _account(wanted["arguments"], wanted["results"])
    else:
        code = _command(cli, wanted["arguments"])
    # As at any end: the base is closed, locks are given back. But what dbt loaded takes most of a second to
    # be taken apart.
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _command(cli: Callable[[], None], arguments: list[str]) -> int:
    """dbt's exit code."""
    sys.argv = ["dbt", *arguments]
    try:
        cli()
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    return 0


def _account(arguments: list[str], results: str) -> int:
    """dbt's exit code, its account of the nodes written to `results`. It would write its description of the
    project twice and draw its graph, a second and a half of a build of ten."""
    from dbt.cli.main import dbtRunner

    done = dbtRunner().invoke([*arguments, "--no-write-json"])
    if done.exception is not None:
        print(done.exception, flush=True)
        return FAULT
    done.result.write(results)  # type: ignore[union-attr]  # a build has one
    return 0 if done.success else FAILED


if __name__ == "__main__":
    main()
