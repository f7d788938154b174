"""The one place where HTTP happens: a requests session whose adapter is ours.

Whatever the caller asks (pynsee turns TLS verification off), the adapter verifies TLS, asks the replica
when there is one, keeps quotas, waits and retries on what deserves it, streams the body to the archive
and journals every attempt. Callers get a `requests.Response` that reads the archived bytes: what is
parsed is what is kept.
"""

from __future__ import annotations

import os
import random
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import requests
import urllib3
from requests.adapters import HTTPAdapter
from requests.utils import get_environ_proxies

from extract.archive import CLOCK_TOLERANCE, Archive, StoredObject, in_utc, now_iso
from extract.errors import ClockWrong
from extract.exchanges import Exchange, Recorder, archived_response, kept_headers, public_url
from extract.network import ProducerUnavailable, busy_words, error_words, retry_after, unreachable
from extract.quotas import Quotas
from extract.selection import PREFIX, SelectionAdapter
from extract.settings import Settings

USER_AGENT = "referentiel-regional/1 (python-requests)"
CHUNK = 1 << 18
MOST_REDIRECTS = 5
RETRIED_STATUSES = frozenset({429, 502, 503, 504})  # a 500 is an answer: Melodi's word for "unknown dataset"


@dataclass(frozen=True)
class Policy:
    """How patient the transport is (seconds). `body` bounds a whole response, however slowly it drips."""

    attempts: int = 4
    connect: float = 6.0
    read: float = 60.0
    body: float = 900.0
    backoff: float = 1.0
    backoff_429: float = 8.0
    longest_wait: float = 90.0
    largest_body: int = 4 << 30
    sleep: Callable[[float], None] = time.sleep


class Transport:
    """The HTTP of one run: quotas, unreachable hosts and journal shared by all sources and threads."""

    def __init__(
        self, settings: Settings, archive: Archive, policy: Policy | None = None, quotas: Quotas | None = None
    ) -> None:
        self.settings = settings
        self.archive = archive
        self.policy = policy or Policy()
        self.quotas = quotas or Quotas(world=settings.producteurs or "")
        self.asked = 0
        self.answered = 0
        self.clock_fault: str | None = None
        self.clock_confirmed = False
        self.clock_doubted_by: set[str] = set()  # hosts
        self._unreachable: dict[str, str] = {}
        self._lock = threading.Lock()

    def session(self, recorder: Recorder) -> requests.Session:
        """A session whose every answer is archived, journaled and noted in `recorder`."""
        session = requests.Session()
        self.mount(session, recorder)
        return session

    def mount(self, session: requests.Session, recorder: Recorder) -> None:
        """Give our adapter to any requests session (pynsee's included)."""
        adapter = ProducerAdapter(self, recorder)
        for prefix in list(session.adapters):
            session.adapters.pop(prefix)
        session.mount("https://", adapter)
        session.mount("http://", adapter)
        session.max_redirects = MOST_REDIRECTS
        session.mount(PREFIX, SelectionAdapter(self, recorder))

    def wire_url(self, url: str) -> str:
        """Where a producer's address is really asked: there, or at the replica if there is one."""
        base = self.settings.producteurs
        return url if not base or url.startswith(base + "/") else base + "/" + url.split("://", 1)[1]

    def proxies(self, url: str) -> dict[str, str]:
        """The proxies for an address, by scheme."""
        return _proxies(url, self.settings)

    @staticmethod
    def ca_bundle() -> str | bool:
        """The CA bundle of the environment, or True for the usual one."""
        return _ca_bundle()

    # ---- one request
    def exchange(
        self, request: requests.PreparedRequest, recorder: Recorder, send: Callable[..., requests.Response]
    ) -> requests.Response:
        """Ask until answered or until the policy gives up; raises ProducerUnavailable in French."""
        url = request.url or ""
        host = urlsplit(url).hostname or ""
        wire = self._on_the_wire(request)
        with self._lock:
            self.asked += 1
        for attempt in range(1, self.policy.attempts + 1):
            if host in self._unreachable:
                raise ProducerUnavailable(self._unreachable[host], request=request)
            self.quotas.wait(url)
            outcome = self._attempt(request, wire, recorder, send, attempt)
            if isinstance(outcome, tuple):
                exchange, stored = outcome
                wait = self._wait_after_status(exchange, attempt)
                if wait is None:
                    if exchange.statut in RETRIED_STATUSES:
                        raise ProducerUnavailable(
                            busy_words(host, exchange.statut, exchange.entetes), request=request
                        )
                    self._check_clock(host, exchange)
                    recorder.note(exchange)
                    return archived_response(request, exchange, stored)
            else:
                wait = self._wait_after_error(host, outcome, attempt)
                if wait is None:
                    raise ProducerUnavailable(error_words(host, outcome), request=request) from outcome
            self.policy.sleep(wait)
        raise AssertionError("the last attempt returns or raises")

    def _attempt(
        self,
        request: requests.PreparedRequest,
        wire: requests.PreparedRequest,
        recorder: Recorder,
        send: Callable[..., requests.Response],
        attempt: int,
    ) -> tuple[Exchange, StoredObject] | Exception:
        """One attempt on the wire, journaled whatever happens; the error is returned, not raised. Raises
        WriteRefused when the archive cannot be written."""
        started, received = time.monotonic(), now_iso()
        record: dict[str, Any] = {
            "type": "echange",
            "source": recorder.source,
            "partition": recorder.partition,
            "methode": request.method,
            "url": public_url(request.url or ""),
            "essai": attempt,
            "recu_le": received,
        }
        failure: Exception | None = None
        result: tuple[Exchange, StoredObject] | None = None
        try:
            response = send(
                wire,
                stream=True,
                timeout=(self.policy.connect, self.policy.read),
                verify=_ca_bundle(),
                proxies=_proxies(wire.url or "", self.settings),
            )
            stored, failure = self.archive.store_partial(self._chunks(response, started))
            headers = kept_headers(response.headers)
            record |= {"statut": response.status_code, "entetes": headers, "octets": stored.octets}
            record |= {"sha256": stored.sha256, "tronque": failure is not None}
            response.close()
            with self._lock:
                self.answered += 1
            if failure is None:
                exchange = Exchange(
                    request.method or "GET",
                    public_url(request.url or ""),
                    response.status_code,
                    stored.sha256,
                    stored.octets,
                    headers,
                    received,
                    "",
                )
                result = exchange, stored
        except (requests.exceptions.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            failure = error
        if failure is not None:
            record["erreur"] = error_words(urlsplit(request.url or "").hostname or "", failure)
        record["duree_s"] = round(time.monotonic() - started, 3)
        self.archive.append(record)
        return result if result is not None else failure or OSError("réponse vide")

    def _chunks(self, response: requests.Response, started: float) -> Iterator[bytes]:
        """The body as sent (not decoded), bounded in time and in size."""
        received = 0
        # read1 gives what has come: waiting for whole chunks, a drip would never be found too slow
        while chunk := response.raw.read1(CHUNK, decode_content=False):
            received += len(chunk)
            if time.monotonic() - started > self.policy.body:
                raise TimeoutError(f"réponse toujours en cours après {self.policy.body:.0f} s")
            if received > self.policy.largest_body:
                raise OSError(f"réponse de plus de {self.policy.largest_body} octets")
            yield chunk

    def _on_the_wire(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """The request as really sent: uncompressed body asked, our name, and the replica's address if there
        is one."""
        wire = request.copy()
        wire.headers["Accept-Encoding"] = "identity"
        wire.headers["User-Agent"] = USER_AGENT
        url = wire.url or ""
        if (asked := self.wire_url(url)) != url:
            wire.url = asked
            wire.headers.pop("Host", None)
        return wire

    def _check_clock(self, host: str, exchange: Exchange) -> None:
        """Raise ClockWrong, and remember for the run that this host said so, when the answer's own date is
        further from ours than CLOCK_TOLERANCE; remember too that one agreed. What a cache says, with its age,
        proves nothing."""
        headers = exchange.entetes
        if "date" not in headers or "age" in headers:
            return
        try:
            theirs = parsedate_to_datetime(headers["date"])
        except ValueError:
            return
        if theirs.tzinfo is None:
            return
        ours = in_utc(exchange.recu_le)
        if abs(theirs - ours) <= CLOCK_TOLERANCE:
            self.clock_confirmed = True
            return
        with self._lock:
            self.clock_doubted_by.add(urlsplit(self.wire_url(exchange.url)).netloc)
        self.clock_fault = (
            f"L'horloge de cette machine dit {ours:%d/%m/%Y %H:%M} UTC, celle de {host}"
            f" {theirs:%d/%m/%Y %H:%M} UTC : une livraison datée ainsi prendrait une mauvaise place dans"
            " l'historique. Rien n'en est accepté. Si c'est la nôtre qui est fausse, remettez-la à l'heure"
            " (timedatectl) et relancez."
        )
        raise ClockWrong(self.clock_fault)

    # ---- patience
    def _wait_after_status(self, exchange: Exchange, attempt: int) -> float | None:
        """Seconds to wait before asking again, or None to stop (answered, or no patience left)."""
        if exchange.statut not in RETRIED_STATUSES or attempt >= self.policy.attempts:
            return None
        asked = retry_after(exchange.entetes)
        if asked is not None:
            return asked if asked <= self.policy.longest_wait else None
        if "x-ratelimit-reset" in exchange.entetes:  # Opendatasoft's quota is for the day: waiting is useless
            return None
        return self._backoff(
            self.policy.backoff_429 if exchange.statut == 429 else self.policy.backoff, attempt
        )

    def _wait_after_error(self, host: str, error: Exception, attempt: int) -> float | None:
        if unreachable(error):
            if attempt >= 2 or isinstance(
                error, requests.exceptions.SSLError | requests.exceptions.ConnectTimeout
            ):
                with self._lock:  # nobody else of this run waits for that host again
                    self._unreachable.setdefault(host, error_words(host, error))
                return None
            return min(self.policy.backoff, 0.3)
        return None if attempt >= self.policy.attempts else self._backoff(self.policy.backoff, attempt)

    def _backoff(self, base: float, attempt: int) -> float:
        """Doubling, with jitter so that parallel runs do not come back together."""
        return float(min(base * 2 ** (attempt - 1) * random.uniform(0.75, 1.25), self.policy.longest_wait))


class ProducerAdapter(HTTPAdapter):
    """requests' own adapter (no retry of its own), through the Transport."""

    def __init__(self, transport: Transport, recorder: Recorder) -> None:
        super().__init__(max_retries=0)
        self.transport = transport
        self.recorder = recorder

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        """Send, ignoring what the caller says of TLS, proxies and timeouts: ours hold."""
        return self.transport.exchange(request, self.recorder, super().send)


def _ca_bundle() -> str | bool:
    for variable in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"):
        if os.environ.get(variable):
            return os.environ[variable]
    return True


def _proxies(url: str, settings: Settings) -> dict[str, str]:
    """Proxies of the environment; none for a replica on this machine."""
    if settings.producteurs and urlsplit(settings.producteurs).hostname in ("127.0.0.1", "localhost", "::1"):
        return {}
    return dict(get_environ_proxies(url))
