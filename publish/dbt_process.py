"""dbt's own command line, in the process of its own that `publish.candidate` starts.

What it is to do comes as the first line of its standard input, for dbt takes seconds to load and what to
build is found out meanwhile: `{"arguments": [...], "environment": {...}}`."""

from __future__ import annotations

import gc
import json
import os
import sys
import threading
from queue import Queue
from typing import Any

# dbt keeps some millions of objects and throws few away: looking for those that only refer to each other took
# a fifth of its time. The first number is how many objects are made between two looks.
LOOKS = (500_000, 50, 100)
ABANDONED = 137  # what a killed process answers


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
    """Runs dbt as it is told; ends with dbt's exit code, or ABANDONED by whoever started it."""
    gc.set_threshold(*LOOKS)
    told: Queue[dict[str, Any]] = Queue()
    threading.Thread(target=_listen, args=(told,), daemon=True).start()
    # Seconds long, and already to be interrupted.
    from dbt.cli.main import cli

    wanted = told.get()
    os.environ.update(wanted["environment"])
    sys.argv = ["dbt", *wanted["arguments"]]
    cli()


if __name__ == "__main__":
    main()
