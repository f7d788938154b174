"""Who may read: one token per reader, from the environment or a file, kept as fingerprints, revoked by
removing its line.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Mapping
from pathlib import Path

from publish.errors import PublishFault

VARIABLE, FILE_VARIABLE = "REFERENTIEL_JETONS", "REFERENTIEL_JETONS_FICHIER"
MIN_LENGTH = 16
FINGERPRINT = re.compile(r"sha256:([0-9a-f]{64})")


def fingerprint(token: str) -> str:
    """How a token is kept: its SHA-256 (tokens are long and random: no salt is needed)."""
    return hashlib.sha256(token.encode("utf-8")).hexdigest()


def new_token() -> str:
    """A token of 256 bits."""
    return secrets.token_urlsafe(32)


class Readers:
    """The readers known now; the file is read again when it changes: a revoked token stops at once."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        path = environ.get(FILE_VARIABLE, "").strip()
        self._path = Path(path).expanduser() if path else None
        self._fixed = _parse(environ.get(VARIABLE, "").replace(",", "\n").replace("=", " "), VARIABLE)
        self._stamp: tuple[int, int] | None = None
        self._file: dict[str, str] = {}
        self._reload()

    def __len__(self) -> int:
        return len(self._fixed | self._file)

    def add(self, name: str, token: str) -> None:
        """A reader of this process only."""
        self._fixed[fingerprint(token)] = name

    def find(self, token: str) -> tuple[str, str] | None:
        """The reader of a token and its fingerprint, or None. Compares with every one, in constant time."""
        self._reload()
        given, found = fingerprint(token), None
        for known, name in (self._file | self._fixed).items():
            if hmac.compare_digest(known, given):
                found = (name, known)
        return found

    def holds(self, known: str) -> bool:
        """Whether a fingerprint is still a reader's."""
        self._reload()
        return known in self._file or known in self._fixed

    def _reload(self) -> None:
        if self._path is None:
            return
        try:
            stat = self._path.stat()
            stamp = (stat.st_mtime_ns, stat.st_size)
            if stamp == self._stamp:
                return
            self._file = _parse(self._path.read_text(encoding="utf-8"), str(self._path))
            self._stamp = stamp
        except OSError as error:
            # Closed rather than open: a file that vanished revokes all of its readers.
            if self._stamp is None:
                raise PublishFault(
                    f"Le fichier des jetons ne se lit pas ({FILE_VARIABLE}={self._path} : {error})."
                ) from error
            self._file = {}


def _parse(text: str, where: str) -> dict[str, str]:
    """Lines `lecteur jeton` or `lecteur sha256:…`; # starts a comment. Raises PublishFault without printing
    a token.
    """
    found: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), 1):
        words = line.split("#", 1)[0].split()
        if not words:
            continue
        if len(words) != 2:
            raise PublishFault(
                f"{where}, ligne {number} : il faut « lecteur jeton », séparés par une espace."
            )
        name, token = words
        kept = FINGERPRINT.fullmatch(token)
        if kept is None and len(token) < MIN_LENGTH:
            raise PublishFault(
                f"{where}, ligne {number} : le jeton de {name} est trop court"
                f" ({MIN_LENGTH} caractères au moins)."
            )
        found[kept.group(1) if kept else fingerprint(token)] = name
    return found
