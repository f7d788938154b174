"""What the tests of extraction share: settings in a temporary folder, a tiny HTTP server."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from extraction_helpers import Producer

from extract.archive import Archive
from extract.settings import Settings
from extract.transport import Policy


@pytest.fixture
def producer() -> Iterator[Producer]:
    """A producer on a free port of this machine."""
    state: Producer

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            path = self.path.partition("?")[0]
            state.requests.append(
                {"methode": self.command, "chemin": self.path, "entetes": dict(self.headers)}
            )
            answer = state.answers.get(path)
            if answer is None:
                self.send_response(404)
                self.send_header("Content-Length", "0")
                self.end_headers()
            else:
                answer(self)

        do_HEAD = do_GET

        def log_message(self, *_: Any) -> None:
            """Silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    state = Producer(f"http://127.0.0.1:{server.server_address[1]}", {})
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield state
    server.shutdown()
    server.server_close()
    thread.join(5)


@pytest.fixture
def settings(tmp_path: Path, producer: Producer) -> Settings:
    """Settings of a run in a temporary folder that asks `producer`."""
    seed = tmp_path / "departements.csv"
    seed.write_text(
        "code_departement,code_region,libelle\n14,28,Calvados\n50,28,Manche\n35,53,Ille-et-Vilaine\n"
    )
    return Settings(data=tmp_path / "data", producteurs=producer.url, departements_seed=seed)


@pytest.fixture
def archive(settings: Settings) -> Archive:
    """The archive of `settings`."""
    return Archive(settings.archive)


@pytest.fixture
def hurried() -> Policy:
    """A policy that never really waits."""
    return Policy(attempts=3, connect=2.0, read=2.0, body=5.0, sleep=lambda _: None)
