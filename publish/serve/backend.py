"""The parent's side of a worker: starts it, sends it messages, knows whether it lives, ends it."""

from __future__ import annotations

import asyncio
import json
import os
import re
import secrets
import socket
import sys
from dataclasses import dataclass, field
from time import monotonic

import aiohttp

from publish.errors import PublishFault
from publish.releases import Release
from publish.serve import protocol
from publish.serve.statements import Judge

SLOTS = 8  # Quack's HTTP server answers eight connections at a time; more would wait inside, out of our sight
START_TIMEOUT = 60.0


class BackendLost(Exception):
    """The worker died or does not answer as the protocol says."""


@dataclass(eq=False)
class Backend:
    """One worker. `retired_at`: when a newer release (or a query that overran) took its place, None while
    it is the current one.
    """

    release: Release
    process: asyncio.subprocess.Process
    url: str
    token: str
    judge: Judge
    http: aiohttp.ClientSession
    slots: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(SLOTS))
    retired_at: float | None = None
    condemned: bool = False
    closing: bool = False
    busy: int = 0

    @property
    def alive(self) -> bool:
        """Whether new statements may be sent to it."""
        return self.process.returncode is None and not self.condemned

    @classmethod
    async def start(cls, release: Release, memory_mib: int, threads: int) -> Backend:
        """Starts a worker on a release and waits until it answers. Raises PublishFault with what it said."""
        port, token = _free_port(), secrets.token_hex(24)
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "publish.serve.worker",
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        assert process.stdin and process.stdout and process.stderr
        asked = {
            "base": str(release.database),
            "jeton": token,
            "memoire_mio": memory_mib,
            "fils": threads,
            "port": port,
        }
        process.stdin.write(json.dumps(asked).encode() + b"\n")
        try:
            line = await asyncio.wait_for(process.stdout.readline(), START_TIMEOUT)
        except TimeoutError:
            line = b""
        if not line:
            if process.returncode is None:
                process.kill()
            said = (await process.stderr.read()).decode(errors="replace")[-2000:]
            raise PublishFault(
                f"Le service n'ouvre pas la release {release.nom} : {said or 'aucune réponse'}"
            )
        asyncio.get_running_loop().create_task(_drain(process.stderr))
        http = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=SLOTS, keepalive_timeout=5),
            timeout=aiohttp.ClientTimeout(total=None),
            auto_decompress=False,
        )
        judge = Judge(frozenset(json.loads(line)["macros"]))
        return cls(release, process, f"http://127.0.0.1:{port}/quack", token, judge, http)

    async def send(self, body: bytes, timeout: float) -> bytes:
        """One message and its answer. Raises TimeoutError past `timeout` seconds of work, BackendLost when
        the worker dies.
        """
        async with self.slots:
            if self.http.closed:
                raise BackendLost("processus arrêté")
            self.busy += 1
            try:
                async with asyncio.timeout(timeout), self.http.post(self.url, data=body) as response:
                    answer = await response.read()
                    if response.status != 200:
                        what = response.headers.get("EXCEPTION_WHAT", "")
                        raise BackendLost(f"réponse {response.status} {what[:300]}")
                    return answer
            except aiohttp.ClientError as error:
                raise BackendLost(str(error) or type(error).__name__) from error
            finally:
                self.busy -= 1

    async def connect(self, message: protocol.Message, timeout: float) -> tuple[str, bytes]:
        """Opens a session in the worker; returns its id and the worker's answer."""
        answer = await self.send(message.with_text(self.token), timeout)
        found = re.match(rb"\x01\x00\x02\x02\x00 ([0-9A-F]{32})", answer)
        if found is None:
            raise BackendLost(protocol.error_text(answer) or "réponse de connexion inconnue")
        return found.group(1).decode(), answer

    def deprioritize(self) -> None:
        """Lets the others work first: what overran goes on only until its neighbours have ended."""
        if self.process.returncode is None:
            os.setpriority(os.PRIO_PROCESS, self.process.pid, 19)

    def retire(self) -> None:
        """No new session comes here."""
        self.retired_at = self.retired_at or monotonic()

    async def stop(self) -> None:
        """Ends the worker at once."""
        await self.http.close()
        if self.process.returncode is None:
            self.process.kill()
        await self.process.wait()


async def _drain(stream: asyncio.StreamReader) -> None:
    while await stream.read(65536):
        pass


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
