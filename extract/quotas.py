"""How often each service may be asked. Limits are the services' own (reference: Insee's portal, 30 a minute
for the BDM and for Melodi). They count a caller's address, not a process: the calls of the last minute are
kept in a file that every run of this user on this machine shares. A burst up to the limit passes without
waiting."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

from filelock import FileLock

# (URL prefix without scheme, calls per minute); the first prefix that matches wins.
PER_MINUTE: tuple[tuple[str, int], ...] = (
    ("api.insee.fr/melodi", 30),
    ("api.insee.fr/series/BDM", 30),
    ("bdm.insee.fr", 30),
    ("api.insee.fr/metadonnees", 600),
)
WINDOW = 60.0  # seconds


def shared_folder() -> Path:
    """Where the runs of this user count their calls: not in the data, which may be several."""
    folder = Path(tempfile.gettempdir()) / f"referentiel-quotas-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.stat().st_uid != os.getuid():  # someone else's folder under our name: count for ourselves only
        return Path(tempfile.mkdtemp(prefix="referentiel-quotas-"))
    return folder


class Quotas:
    """One sliding window per service, shared by threads and by processes.

    `world`: what is asked (the producers, or one replica, whose limits are its own)."""

    def __init__(
        self,
        per_minute: tuple[tuple[str, int], ...] = PER_MINUTE,
        *,
        folder: Path | None = None,
        world: str = "",
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._per_minute = per_minute
        self._folder = folder
        self._world = world
        self._sleep = sleep
        self._lock = threading.Lock()
        self._own: dict[str, list[float]] = {}

    def wait(self, url: str) -> None:
        """Block until one more call to the service of `url` is allowed; returns at once for unlimited
        services."""
        address = url.split("://", 1)[-1]
        for prefix, calls in self._per_minute:
            if address.startswith(prefix):
                while (seconds := self._take(prefix, calls)) > 0:
                    self._sleep(seconds)
                return

    def _take(self, prefix: str, calls: int) -> float:
        """Count one call and give 0, or give the seconds until there is room for it."""
        with self._lock:
            try:
                return self._take_of_all(prefix, calls)
            except OSError:  # a full disk, which is no reason to ask nothing: count for ourselves only
                self._own[prefix], seconds = _counted(self._own.get(prefix, []), calls)
                return seconds

    def _take_of_all(self, prefix: str, calls: int) -> float:
        """`_take` among the calls of every run. Raises OSError where they cannot be noted."""
        if self._folder is None:
            self._folder = shared_folder()
        name = hashlib.sha256(f"{self._world} {prefix}".encode()).hexdigest()[:16]
        counted = self._folder / f"{name}.json"
        with FileLock(counted.with_suffix(".lock")):
            recent, seconds = _counted(_moments(counted), calls)
            if not seconds:
                temporary = counted.with_suffix(f".{os.getpid()}")
                temporary.write_text(json.dumps(recent))
                temporary.replace(counted)
            return seconds


def _counted(moments: list[float], calls: int) -> tuple[list[float], float]:
    """The calls of the last minute with one more and 0, or without it and the seconds until there is room."""
    now = time.time()
    # a clock set back must not make anyone wait for a moment that is still to come
    recent = [moment for moment in moments if now - WINDOW < moment <= now]
    return (recent, recent[-calls] + WINDOW - now) if len(recent) >= calls else ([*recent, now], 0.0)


def _moments(path: Path) -> list[float]:
    """The calls counted so far; a file that is not ours counts for nothing, the service's 429 remains."""
    try:
        return sorted(float(moment) for moment in json.loads(path.read_text()))
    except (OSError, ValueError, TypeError):
        return []
