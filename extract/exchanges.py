"""An answer of a producer as the archive keeps it, and as it is given (again) to a caller."""

from __future__ import annotations

import gzip
import http.client
import io
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import requests
from requests.adapters import BaseAdapter
from requests.structures import CaseInsensitiveDict
from requests.utils import get_encoding_from_headers

from extract.archive import Archive, StoredObject

# Response headers worth keeping; cookies and trace identifiers are not.
KEPT_HEADERS = (
    "content-type",
    "content-length",
    "content-encoding",
    "content-disposition",
    "last-modified",
    "etag",
    "date",
    "age",
    "location",
    "retry-after",
    "x-ratelimit-limit",
    "x-ratelimit-remaining",
    "x-ratelimit-reset",
)
SECRET_PARAMETERS = frozenset({"apikey", "api_key", "key", "token", "client_id", "client_secret"})


LARGEST_DECODED = 1 << 30  # bytes; no message that is read whole is near it


class _Bounded(io.RawIOBase):
    """A compressed body as it is decoded, which stops before it fills the memory.

    Raises requests' ContentDecodingError past LARGEST_DECODED, and for a body that is not whole."""

    def __init__(self, decoder: gzip.GzipFile) -> None:
        self.decoder = decoder
        self.given = 0

    def read(self, size: int = -1) -> bytes:
        """At most `size` bytes; all that remains when negative."""
        try:
            chunk = self.decoder.read(size if size is not None and size >= 0 else LARGEST_DECODED + 1)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise requests.exceptions.ContentDecodingError(f"gzip abîmé ou coupé : {error}") from error
        self.given += len(chunk)
        if self.given > LARGEST_DECODED:
            raise requests.exceptions.ContentDecodingError("corps démesuré une fois décompressé")
        return chunk

    def close(self) -> None:
        """Close the archived object too."""
        self.decoder.close()
        super().close()


@dataclass
class Exchange:
    """One answer given to a caller: what a replay needs to give it again. `role`: donnees (bytes that carry
    figures), annonce (how many rows the service announces), marque (metadata, dates), renvoi (redirect)."""

    methode: str
    url: str
    statut: int
    sha256: str
    octets: int
    entetes: dict[str, str]
    recu_le: str
    role: str

    def as_record(self) -> dict[str, Any]:
        """For the journal."""
        return self.__dict__.copy()


@dataclass
class Recorder:
    """The answers given to one delivery, in order. `classify(url)` gives the role of an answer."""

    source: str = ""
    partition: str | None = None
    classify: Callable[[str], str] = lambda _url: "donnees"
    exchanges: list[Exchange] = field(default_factory=list)
    _redirected: str | None = None

    def note(self, exchange: Exchange) -> None:
        """Keep an answer, with its role; behind a redirect, that of the address which was asked first."""
        role = self._redirected or self.classify(exchange.url)
        redirects = 300 <= exchange.statut < 400 and exchange.statut != 304
        self._redirected = role if redirects else None
        exchange.role = "renvoi" if redirects else "marque" if exchange.statut == 304 else role
        self.exchanges.append(exchange)

    def of_role(self, role: str) -> list[Exchange]:
        """The answers of one role, in order."""
        return [exchange for exchange in self.exchanges if exchange.role == role]


def public_url(url: str) -> str:
    """The URL without what must never be written down (keys sent as parameters, user:password)."""
    parts = urlsplit(url)
    host = parts.netloc.rsplit("@", 1)[-1]
    query = parts.query
    if any(name.lower() in SECRET_PARAMETERS for name, _ in parse_qsl(query, keep_blank_values=True)):
        kept = [
            (n, v) for n, v in parse_qsl(query, keep_blank_values=True) if n.lower() not in SECRET_PARAMETERS
        ]
        query = urlencode(kept)
    return urlunsplit((parts.scheme, host, parts.path, query, ""))


def kept_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """The headers that matter, lower case."""
    return {name.lower(): value for name, value in headers.items() if name.lower() in KEPT_HEADERS}


def archived_response(
    request: requests.PreparedRequest, exchange: Exchange, stored: StoredObject
) -> requests.Response:
    """A Response that reads the archived bytes (decoded when the server compressed them all the same)."""
    response = requests.Response()
    response.status_code = exchange.statut
    response.headers = CaseInsensitiveDict(exchange.entetes)
    response.encoding = get_encoding_from_headers(response.headers)
    response.reason = http.client.responses.get(exchange.statut, "")
    response.url = request.url or exchange.url
    response.request = request
    encoded = exchange.entetes.get("content-encoding", "").lower() in ("gzip", "x-gzip")
    body = stored.path.open("rb")  # closed with the response
    response.raw = _Bounded(gzip.GzipFile(fileobj=body)) if encoded else body
    response.archived = stored  # type: ignore[attr-defined]
    return response


class ArchiveAdapter(BaseAdapter):
    """Answers from the exchanges of one archived delivery: the network is never touched.

    Raises requests.ConnectionError for a request that the delivery never made, ArchiveDamaged when the bytes
    are not those that were received."""

    def __init__(self, archive: Archive, exchanges: list[dict[str, Any]], recorder: Recorder) -> None:
        super().__init__()
        self.archive = archive
        self.recorder = recorder
        self._answers: dict[tuple[str, str], list[Exchange]] = {}
        for record in exchanges:
            exchange = Exchange(**record)
            self._answers.setdefault((exchange.methode, exchange.url), []).append(exchange)

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        """The archived answer; asked twice, the same request gets its answers in their order, the last one
        stays."""
        answers = self._answers.get((request.method or "GET", public_url(request.url or "")))
        if not answers:
            raise requests.exceptions.ConnectionError(f"absent de l'archive : {request.url}", request=request)
        exchange = answers.pop(0) if len(answers) > 1 else answers[0]
        stored = StoredObject(exchange.sha256, exchange.octets, self.archive.object_path(exchange.sha256))
        self.archive.require_intact(stored.sha256)
        self.recorder.note(exchange)
        return archived_response(request, exchange, stored)

    def close(self) -> None:
        """Nothing is held open."""
