"""The one place of HTTP: what is asked, what is kept, what is tried again, and what is never written down."""

from __future__ import annotations

import datetime as dt
import gzip
import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
import requests
from expired import expired_server
from extraction_helpers import Producer, full_folder, say

from extract.archive import Archive
from extract.exchanges import ArchiveAdapter, Recorder, public_url
from extract.network import ProducerUnavailable, retry_after
from extract.quotas import Quotas
from extract.settings import PROJECT_ROOT, Settings
from extract.transport import Policy, Transport

URL = "https://www.insee.fr/f/essai.csv"
PATH = "/www.insee.fr/f/essai.csv"


@pytest.fixture
def recorder() -> Recorder:
    return Recorder("insee__essai", None)


@pytest.fixture
def transport(settings: Settings, archive: Archive, hurried: Policy) -> Transport:
    return Transport(settings, archive, hurried)


def _journal(archive: Archive) -> list[dict[str, Any]]:
    return [json.loads(line) for line in archive.journal_path.read_text().splitlines()]


def test_answer_is_archived_journaled_and_readable(
    producer: Producer, transport: Transport, archive: Archive, recorder: Recorder
) -> None:
    producer.serve(PATH, b"CODE\n01\n", Last_Modified="Thu, 18 Dec 2025 12:00:16 GMT", Set_Cookie="INSEE=x")
    response = transport.session(recorder).get(URL, params={"a": "1+2"}, verify=False)
    assert response.content == b"CODE\n01\n" and response.url == URL + "?a=1%2B2"
    asked = producer.requests[0]
    assert asked["chemin"] == PATH + "?a=1%2B2"
    assert asked["entetes"]["Accept-Encoding"] == "identity"
    (line,) = _journal(archive)
    assert archive.object_path(line["sha256"]).read_bytes() == response.content
    assert (line["type"], line["url"], line["statut"], line["octets"]) == ("echange", response.url, 200, 8)
    assert line["entetes"]["last-modified"] and "set-cookie" not in line["entetes"]
    assert [(one.role, one.sha256) for one in recorder.exchanges] == [("donnees", line["sha256"])]


def test_keys_are_never_written(
    producer: Producer, transport: Transport, archive: Archive, recorder: Recorder
) -> None:
    producer.serve(PATH, b"x")
    session = transport.session(recorder)
    session.headers["Authorization"] = "Apikey s3cr3t"
    session.get(URL, params={"apikey": "s3cr3t", "q": "1"})
    assert producer.requests[0]["entetes"]["Authorization"] == "Apikey s3cr3t"
    assert "s3cr3t" not in archive.journal_path.read_text()
    assert public_url("https://u:s3cr3t@h/p?token=s3cr3t&q=1") == "https://h/p?q=1"


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_busy_service_is_asked_again(
    status: int, producer: Producer, transport: Transport, archive: Archive, recorder: Recorder
) -> None:
    producer.serve_in_turn(PATH, say(status), say(200, b"ok"))
    assert transport.session(recorder).get(URL).content == b"ok"
    assert [line["statut"] for line in _journal(archive)] == [status, 200]
    assert [one.statut for one in recorder.exchanges] == [200]


def test_service_that_stays_busy_is_given_up(
    producer: Producer, transport: Transport, recorder: Recorder
) -> None:
    producer.serve(PATH, b"", status=503)
    with pytest.raises(
        ProducerUnavailable, match=r"www\.insee\.fr : HTTP 503, " r"service momentanément indisponible"
    ):
        transport.session(recorder).get(URL)
    assert len(producer.requests) == 3


@pytest.mark.parametrize("status", [400, 404, 500])
def test_an_answer_is_not_asked_again(
    status: int, producer: Producer, transport: Transport, recorder: Recorder
) -> None:
    producer.serve(PATH, b"Le serveur a rencontr\xc3\xa9", status=status)
    assert transport.session(recorder).get(URL).status_code == status
    assert len(producer.requests) == 1


def test_retry_after_is_obeyed_up_to_a_limit(
    producer: Producer, settings: Settings, archive: Archive, recorder: Recorder
) -> None:
    waited: list[float] = []
    transport = Transport(settings, archive, Policy(longest_wait=60, sleep=waited.append))
    producer.serve_in_turn(PATH, say(429, Retry_After="7"), say(200, b"ok"))
    transport.session(recorder).get(URL)
    assert waited == [7.0]
    producer.serve(PATH, b"", status=429, Retry_After="86400")
    with pytest.raises(ProducerUnavailable, match="attendre : 86400"):
        transport.session(recorder).get(URL)
    assert waited == [7.0]


def test_retry_after_forms() -> None:
    now = dt.datetime(2026, 1, 1, 12, 0, 0, tzinfo=dt.UTC)
    assert retry_after({"retry-after": "12"}) == 12
    assert retry_after({"retry-after": "Thu, 01 Jan 2026 12:00:30 GMT"}, now) == 30
    assert retry_after({"retry-after": "soon"}) is None and retry_after({}) is None


def _cut(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(b"half")
    handler.close_connection = True


def test_truncated_body_is_kept_as_such_then_asked_again(
    producer: Producer, transport: Transport, archive: Archive, recorder: Recorder
) -> None:
    producer.serve_in_turn(PATH, _cut, say(200, b"whole"))
    assert transport.session(recorder).get(URL).content == b"whole"
    first, second = _journal(archive)
    assert first["tronque"] and "coupée" in first["erreur"]
    assert archive.object_path(first["sha256"]).read_bytes() == b"half"
    assert not second["tronque"]


def test_slow_drip_is_bounded(
    producer: Producer, settings: Settings, archive: Archive, recorder: Recorder
) -> None:
    def drip(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "1000000")
        handler.end_headers()
        for _ in range(40):
            handler.wfile.write(b"x" * 20000)
            time.sleep(0.1)

    producer.answers[PATH] = drip
    transport = Transport(settings, archive, Policy(attempts=1, body=0.5, sleep=lambda _: None))
    started = time.monotonic()
    with pytest.raises(ProducerUnavailable):
        transport.session(recorder).get(URL)
    assert time.monotonic() - started < 3.5


def test_body_compressed_all_the_same_is_kept_as_received(
    producer: Producer, transport: Transport, archive: Archive, recorder: Recorder
) -> None:
    body = gzip.compress(b"CODE\n01\n")
    producer.serve(PATH, body, Content_Encoding="gzip")
    assert transport.session(recorder).get(URL).content == b"CODE\n01\n"
    assert archive.object_path(recorder.exchanges[0].sha256).read_bytes() == body


def test_redirect_is_followed_through_the_replica(
    producer: Producer, transport: Transport, recorder: Recorder
) -> None:
    producer.serve(PATH, b"", status=302, Location="https://static.data.gouv.fr/dated/file.csv")
    producer.serve("/static.data.gouv.fr/dated/file.csv", b"data")
    assert transport.session(recorder).get(URL).content == b"data"
    assert [one.role for one in recorder.exchanges] == ["renvoi", "donnees"]


def test_refused_connection_is_told_at_once_and_once(
    settings: Settings, archive: Archive, recorder: Recorder
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        dead = replace(settings, producteurs=f"http://127.0.0.1:{taken.getsockname()[1]}")
        transport = Transport(dead, archive)
        started = time.monotonic()
        for _ in range(5):
            with pytest.raises(ProducerUnavailable, match=r"www\.insee\.fr : connexion refusée"):
                transport.session(recorder).get(URL)
        assert time.monotonic() - started < 2
    assert len(_journal(archive)) == 2, "the host is known as unreachable after two attempts"
    assert (transport.asked, transport.answered) == (5, 0)


def test_unknown_name_is_told(
    settings: Settings, archive: Archive, recorder: Recorder, monkeypatch: Any
) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    transport = Transport(replace(settings, producteurs=None), archive)
    with pytest.raises(ProducerUnavailable, match=r"invalid : (nom introuvable|connexion)"):
        transport.session(recorder).get("https://nom.invalid/x")


def test_dead_proxy_is_told(
    settings: Settings, archive: Archive, recorder: Recorder, monkeypatch: Any
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    transport = Transport(replace(settings, producteurs=None), archive)
    with pytest.raises(ProducerUnavailable, match="mandataire"):
        transport.session(recorder).get("https://www.insee.fr/x")


@pytest.fixture
def expired_site(tmp_path: Path) -> Iterator[str]:
    """An https server on loopback whose certificate is self-signed and expired."""
    with expired_server(tmp_path) as url:
        yield url + "/"


def test_tls_is_verified_even_when_the_caller_says_not(
    expired_site: str, settings: Settings, archive: Archive, recorder: Recorder
) -> None:
    transport = Transport(replace(settings, producteurs=None), archive)
    with pytest.raises(ProducerUnavailable, match="certificat TLS refusé"):
        transport.session(recorder).get(expired_site, verify=False)


def test_quota_lets_a_burst_pass_then_makes_wait(tmp_path: Path) -> None:
    quotas = Quotas((("api.insee.fr/melodi", 3),), folder=tmp_path)
    done = threading.Event()

    def ask() -> None:
        for _ in range(4):
            quotas.wait("https://api.insee.fr/melodi/data/X")
        done.set()

    started = time.monotonic()
    for _ in range(50):
        quotas.wait("https://www.insee.fr/fichier")
    assert time.monotonic() - started < 1
    threading.Thread(target=ask, daemon=True).start()
    assert not done.wait(0.7), "the fourth call of the minute must wait"


def test_quota_is_shared_by_processes(tmp_path: Path) -> None:
    """Three processes ask a service that takes five a minute: five calls pass in all, in whatever order."""
    program = (
        "import sys; from pathlib import Path; from extract.quotas import Quotas\n"
        "class Full(Exception): pass\n"
        "def full(seconds): raise Full\n"
        "quotas = Quotas((('bdm.insee.fr', 5),), folder=Path(sys.argv[1]), sleep=full)\n"
        "passed = 0\n"
        "try:\n"
        "    for _ in range(4):\n"
        "        quotas.wait('https://bdm.insee.fr/x'); passed += 1\n"
        "except Full: pass\n"
        "print(passed)\n"
    )
    command = [sys.executable, "-c", program, str(tmp_path)]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, cwd=PROJECT_ROOT) for _ in range(3)]
    passed = [int(process.communicate(timeout=60)[0]) for process in running]
    assert sum(passed) == 5
    elsewhere = Quotas((("bdm.insee.fr", 1),), folder=tmp_path, world="http://127.0.0.1:1", sleep=_never)
    elsewhere.wait("https://bdm.insee.fr/x")


@pytest.mark.parametrize("spoilt", ["", "{", '["x"]', "[99999999999]", "12"])
def test_spoilt_count_holds_nobody_up(tmp_path: Path, spoilt: str) -> None:
    limits = (("bdm.insee.fr", 1),)
    Quotas(limits, folder=tmp_path).wait("https://bdm.insee.fr/x")
    (counted,) = tmp_path.glob("*.json")
    counted.write_text(spoilt)
    Quotas(limits, folder=tmp_path, sleep=_never).wait("https://bdm.insee.fr/x")


def test_count_that_cannot_be_written_is_kept_by_this_process(tmp_path: Path) -> None:
    class Full(Exception):
        pass

    def full(seconds: float) -> None:
        raise Full

    with full_folder(tmp_path / "plein"):
        quotas = Quotas((("bdm.insee.fr", 2),), folder=tmp_path / "plein", sleep=full)
        quotas.wait("https://bdm.insee.fr/x")
        quotas.wait("https://bdm.insee.fr/x")
        with pytest.raises(Full):
            quotas.wait("https://bdm.insee.fr/x")


def _never(seconds: float) -> None:
    raise AssertionError(f"made to wait {seconds} s")


def test_archive_answers_the_same_again_and_only_that(
    producer: Producer, transport: Transport, archive: Archive, recorder: Recorder
) -> None:
    producer.serve_in_turn(PATH, say(200, b"one"), say(200, b"two", Last_Modified="x"))
    live = transport.session(recorder)
    first = [live.get(URL).content, live.get(URL).content]
    producer.answers.clear()
    session = requests.Session()
    session.mount(
        "https://", ArchiveAdapter(archive, [one.as_record() for one in recorder.exchanges], Recorder())
    )
    answers = [session.get(URL) for _ in range(3)]
    assert [one.content for one in answers] == [*first, b"two"]
    assert answers[1].headers["Last-Modified"] == "x"
    with pytest.raises(requests.exceptions.ConnectionError, match="absent de l'archive"):
        session.get(URL + "?autre=1")
