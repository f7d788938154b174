"""The workers that live now: the one of the current release, those that still finish for their sessions."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

from extract.errors import LayoutUnknown
from publish import releases
from publish.errors import PublishFault
from publish.releases import Release
from publish.serve.backend import Backend
from publish.serve.journal import Journal


@dataclass(frozen=True)
class Limits:
    """What bounds the service; times in seconds, memory in MiB per worker."""

    memory_mib: int = 1024
    threads: int = 2
    query_seconds: float = 25.0  # under the 30 s after which a reader's DuckDB gives up and asks again
    per_reader: int = 4  # statements of one reader worked on at once, of the eight of a worker
    sessions_per_reader: int = 100
    sessions: int = 1000
    connections: int = 600
    idle_connection: float = 30.0
    idle_session: float = 1800.0
    old_release: float = 900.0  # how long a session may go on with the release it was opened on
    old_workers: int = 2


class Pool:
    """Follows the pointer of the published folder. Starts a worker before it takes the former one's place."""

    def __init__(self, published: Path, limits: Limits, journal: Journal) -> None:
        self._published, self._limits, self._journal = published, limits, journal
        self._lock = asyncio.Lock()
        self._failed: str | None = None
        self.current: Backend | None = None
        self.old: list[Backend] = []

    async def open(self) -> Backend:
        """The first worker. Raises PublishFault when there is no release to serve."""
        return await self._replace(releases.require_current(self._published))

    async def follow(self) -> None:
        """Called often: takes up a new release (or the one rolled back to), a dead worker, ends those with
        nothing left to do.
        """
        async with self._lock:
            try:
                release = releases.current(self._published)
            except (PublishFault, LayoutUnknown) as error:
                release = None
                self._complain(str(error))
            now = self.current
            if release and now and (release.nom != now.release.nom or not now.alive):
                try:
                    await self._replace(release)
                    self._failed = None
                except PublishFault as error:
                    self._complain(str(error))

    def _complain(self, message: str) -> None:
        if message != self._failed:
            self._journal.event("release_illisible", message=message)
            self._failed = message

    async def _replace(self, release: Release) -> Backend:
        made = await Backend.start(release, self._limits.memory_mib, self._limits.threads)
        former, self.current = self.current, made
        self._journal.event(
            "release_servie", release=release.nom, remplace=former.release.nom if former else None
        )
        if former is not None:
            former.retire()
            self.old.append(former)
        return made

    async def usable(self) -> Backend:
        """The worker for a new session: the current one, replaced first when it died."""
        if self.current is None or not self.current.alive:
            await self.follow()
        if self.current is None or not self.current.alive:
            raise PublishFault(
                "Le service ne peut pas ouvrir la release pour le moment : réessayer dans un instant."
            )
        return self.current

    async def condemn(self, backend: Backend, why: str) -> None:
        """A query overran: no more work for this worker, which ends when its other queries have."""
        if backend.condemned:
            return
        backend.condemned = True
        backend.deprioritize()
        self._journal.event("processus_remplace", release=backend.release.nom, raison=why)
        if backend is self.current:
            await self.follow()

    def sibling(self, backend: Backend) -> Backend | None:
        """A living worker of the same release, or None: a session never changes release."""
        every = ([self.current] if self.current else []) + self.old
        return next(
            (b for b in every if b.release.nom == backend.release.nom and b.alive and not b.closing), None
        )

    async def reap(self, in_flight: dict[Backend, int], held: dict[Backend, int]) -> None:
        """Ends old workers. `in_flight`: queries being answered, `held`: sessions, per worker."""
        limits, now = self._limits, monotonic()
        waiting = [b for b in self.old if b.alive and not b.closing]
        for backend in waiting[: max(0, len(waiting) - limits.old_workers)]:
            backend.closing = True
        for backend in list(self.old):
            age = now - (backend.retired_at or now)
            if backend.condemned:
                done = not in_flight.get(backend) or age > limits.query_seconds
            elif backend.closing or age > limits.old_release:
                backend.closing = True
                done = not in_flight.get(backend)
            else:
                done = not held.get(backend) or backend.process.returncode is not None
            if done:
                self.old.remove(backend)
                await backend.stop()

    async def stop(self) -> None:
        """Ends every worker."""
        for backend in [*self.old, *([self.current] if self.current else [])]:
            await backend.stop()
        self.old, self.current = [], None
