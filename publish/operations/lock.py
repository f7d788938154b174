"""The one lock of whatever makes, points to or removes a release: the run and `make rollback`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from extract.errors import RunLocked

NAME = "run.lock"


@contextmanager
def alone(data: Path) -> Iterator[None]:
    """Holds the lock of the data folder, which falls with the process, however it dies. Raises RunLocked at
    once when another one holds it."""
    lock = FileLock(data / NAME)
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        raise RunLocked(
            f"Une autre exécution est en cours sur {data} (verrou {NAME}) : rien n'a été changé. Attendez"
            " qu'elle finisse, ou arrêtez-la, rien ne s'y perd ; si elle est morte, son verrou est tombé avec"
            " elle et relancer suffit."
        ) from error
    try:
        yield
    finally:
        lock.release()
