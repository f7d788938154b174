"""A producer made of scripted answers, a small valid source, a disk that fills up."""

from __future__ import annotations

import resource
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from extract.definitions import Definition


@dataclass
class Producer:
    """A server that answers from a script: one callable per path, which writes the answer."""

    url: str
    answers: dict[str, Callable[[BaseHTTPRequestHandler], None]]
    requests: list[dict[str, Any]] = field(default_factory=list)

    def serve(self, path: str, body: bytes, status: int = 200, **headers: str) -> None:
        """Answer a path (host included) with these bytes."""

        def answer(handler: BaseHTTPRequestHandler) -> None:
            if "Date" in headers:  # else the server would say its own beside it
                handler.send_response_only(status)
            else:
                handler.send_response(status)
            for name, value in headers.items():
                handler.send_header(name.replace("_", "-"), value)
            handler.send_header("Content-Length", str(len(body)))
            handler.end_headers()
            if handler.command != "HEAD":
                handler.wfile.write(body)

        self.answers[path] = answer

    def serve_in_turn(self, path: str, *answers: Callable[[BaseHTTPRequestHandler], None]) -> None:
        """Answer a path with each of these, the last one for ever."""
        waiting = list(answers)

        def answer(handler: BaseHTTPRequestHandler) -> None:
            (waiting.pop(0) if len(waiting) > 1 else waiting[0])(handler)

        self.answers[path] = answer


def say(status: int, body: bytes = b"", **headers: str) -> Callable[[BaseHTTPRequestHandler], None]:
    """An answer for `serve_in_turn`."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return answer


def definition(name: str = "insee__essai", **changes: Any) -> Definition:
    """A small valid source: a csv of two columns."""
    raw: dict[str, Any] = {
        "titre": "Un jeu d'essai",
        "description": "Deux colonnes, deux lignes, pour les essais de l'extraction seulement.",
        "producteur": "Insee",
        "page": "https://www.insee.fr/essai",
        "licence": "Licence Ouverte 2.0",
        "attribution": "Source : essai",
        "frequence": "annuelle",
        "protocole": "fichier",
        "acces": {"url": "https://www.insee.fr/essai.csv"},
        "lecture": {"format": "csv", "encodage": "utf-8", "separateur": ";"},
        "attendu": {"colonnes": ["CODE", "VALEUR"], "cle": ["CODE"], "lignes_min": 1},
    }
    return Definition(name, raw | changes)


@contextmanager
def full_disk(room: int) -> Iterator[None]:
    """No file of this process grows beyond `room` bytes: the write that would passes half, as on a full disk."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


@contextmanager
def full_folder(folder: Path) -> Iterator[None]:
    """`folder` is a disk of its own, on which there is no room for one more file."""
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=4k,nr_inodes=1", "tmpfs", str(folder)]
    mounted = subprocess.run(mount, capture_output=True, text=True)
    if mounted.returncode:
        pytest.skip(
            f"un disque d'essai ne peut pas être monté (il faut être root) : {mounted.stderr.strip()}"
        )
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)
