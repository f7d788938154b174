"""Start and stop the replica as a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Replica:
    """A running replica: `url` is what `REFERENTIEL_PRODUCTEURS` takes (no trailing slash)."""

    url: str
    pid: int

    def panne(self, **fault: Any) -> Any:
        """Ask for a fault (`hote`, `panne`, `fois`, …); without argument, clear them all."""
        return self._ask("/_panne", json.dumps(fault).encode())

    def journal(self, vider: bool = False) -> list[dict[str, Any]]:
        """Requests received since the start or since the last `vider=True`."""
        lines: list[dict[str, Any]] = self._ask("/_journal", b"{}" if vider else None)
        return lines

    def _ask(self, path: str, body: bytes | None) -> Any:
        with urllib.request.urlopen(self.url + path, data=body, timeout=10) as answer:
            return json.load(answer)


@contextmanager
def replica(*, delai: float = 30.0, **options: Any) -> Iterator[Replica]:
    """A replica for the length of the block, stopped by its process id at the end.

    `options`: those of `extract.replica.app.Options` (`limite_melodi=0`, …). `delai`: seconds to wait for it.
    Raises RuntimeError with the process's own words when it does not start.
    """
    with tempfile.TemporaryDirectory(prefix="replique-") as folder:
        port_file = Path(folder) / "port"
        errors = Path(folder) / "erreurs"
        command = [sys.executable, "-m", "extract.replica", "--port", "0", "--port-file", str(port_file)]
        command += ["--options", json.dumps(options), "--tant-que-stdin"]
        environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]),
        }
        with errors.open("wb") as stderr:
            process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=stderr, env=environment
            )
        try:
            yield _wait(process, port_file, errors, delai)
        finally:
            process.terminate()
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            if process.stdin:
                process.stdin.close()


def _wait(process: subprocess.Popen[bytes], port_file: Path, errors: Path, delay: float) -> Replica:
    deadline = time.monotonic() + delay
    while time.monotonic() < deadline:
        if process.poll() is not None:
            words = errors.read_text(errors="replace")
            raise RuntimeError(
                f"La réplique s'est arrêtée au démarrage (code {process.returncode}) :\n{words}"
            )
        if port_file.exists():
            found = Replica(url=f"http://127.0.0.1:{port_file.read_text()}", pid=process.pid)
            try:
                found._ask("/_sante", None)
                return found
            except urllib.error.URLError:
                pass  # listening but not yet answering: asked again until the deadline
        time.sleep(0.02)
    words = errors.read_text(errors="replace")
    raise RuntimeError(f"La réplique ne répond pas après {delay:.0f} s.\n{words}")
