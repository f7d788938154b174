"""How often each service may be asked. Limits are the services' own (reference: Insee's portal, 30 a minute
for the BDM and for Melodi), kept with pyrate-limiter's sliding window: a burst up to the limit passes
without waiting."""

from __future__ import annotations

import threading

from pyrate_limiter import Duration, InMemoryBucket, Limiter, Rate

# (URL prefix without scheme, calls per minute); the first prefix that matches wins.
PER_MINUTE: tuple[tuple[str, int], ...] = (
    ("api.insee.fr/melodi", 30),
    ("api.insee.fr/series/BDM", 30),
    ("bdm.insee.fr", 30),
    ("api.insee.fr/metadonnees", 600),
)


class Quotas:
    """One limiter per service, shared by the threads of a run."""

    def __init__(self, per_minute: tuple[tuple[str, int], ...] = PER_MINUTE) -> None:
        self._per_minute = per_minute
        self._limiters: dict[str, Limiter] = {}
        self._lock = threading.Lock()

    def wait(self, url: str) -> None:
        """Block until one more call to the service of `url` is allowed; returns at once for unlimited
        services."""
        address = url.split("://", 1)[-1]
        for prefix, calls in self._per_minute:
            if address.startswith(prefix):
                with self._lock:
                    if prefix not in self._limiters:
                        self._limiters[prefix] = Limiter(InMemoryBucket([Rate(calls, Duration.MINUTE)]))
                    limiter = self._limiters[prefix]
                limiter.try_acquire(prefix)
                return
