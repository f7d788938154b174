"""dbt's own command line, in the process of its own that `publish.candidate` starts."""

from __future__ import annotations

import gc
import os
import sys
import threading

# dbt keeps some millions of objects and throws few away: looking for those that only refer to each other took
# a fifth of its time. The first number is how many objects are made between two looks.
LOOKS = (500_000, 50, 100)
ABANDONED = 137  # what a killed process answers


def _end_with_parent() -> None:
    """Ends the process when the other end of its standard input closes, as that of a killed run does: an
    orphan would write its accounts over those of the next run."""
    while os.read(0, 1):
        pass
    os._exit(ABANDONED)


def main() -> None:
    """Runs dbt with this process's arguments; ends with dbt's exit code."""
    gc.set_threshold(*LOOKS)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    # Seconds long, and already to be interrupted.
    from dbt.cli.main import cli

    sys.argv[0] = "dbt"
    cli()


if __name__ == "__main__":
    main()
