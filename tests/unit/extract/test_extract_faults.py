"""The fault matrix: every client × every fault. Each ends in its declared outcome, the archive is intact, what
was landed stays, the other source is done."""

from __future__ import annotations

import gzip
import hashlib
import io
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import duckdb
import pytest
import requests
from extraction_helpers import Producer, definition
from faulty_world import ROWS, Content, Handler, World, always, bomb, dated, drip, loop, passing, reset, send
from rich.console import Console

from extract import landing
from extract.archive import Archive
from extract.definitions import Definition
from extract.run import RunSummary, run_sources
from extract.settings import Settings
from extract.transport import Policy, Transport

CLIENTS = ("bdm", "melodi", "opendatasoft", "datagouv", "fichier")
WITNESS = "/temoin.fr/temoin.csv"
MANY = [(f"{code:02}", "définitif", "1") for code in range(100)]
UNPACKED = 1 << 20  # bytes; the limit of unpacking for the length of these tests


@dataclass(frozen=True)
class Fault:
    """`outcomes`: those declared, for every client or by client; `said`: words that the reason must hold."""

    outcomes: str | dict[str, str]
    content: Content | None = None
    encode: Callable[[bytes], bytes] | None = None
    fault: Callable[[World], Handler] | None = None
    said: str = ""
    elsewhere: str = ""  # an address of this machine that stands for the victim's host
    not_for: tuple[str, ...] = ()  # protocols in which the fault cannot be

    def outcome(self, client: str) -> str:
        return self.outcomes if isinstance(self.outcomes, str) else self.outcomes.get(client, "refuse")


def _columns(**changes: str | None) -> Content:
    return Content(columns=tuple(changes.get(name, name) for name in ("CODE", "NATURE", "VALEUR")))


def _rows(change: Callable[[str, str, str], tuple[str, str, str]]) -> Content:
    return Content(rows=tuple(change(*row) for row in ROWS))


def _html(world: World) -> Handler:
    return lambda handler: send(handler, 200, b"<!DOCTYPE html><html><body>captcha</body></html>")


NO_COUNT = ("bdm", "datagouv", "fichier")  # nothing is announced there: their minimum of rows stands guard
FAULTS: dict[str, Fault] = {
    "connexion refusée": Fault("echec", elsewhere="http://127.0.0.1:9", said="connexion refusée"),
    "coupée au milieu": Fault("echec", fault=reset, said="coupée"),
    "goutte à goutte": Fault("echec", fault=drip, said="toujours en cours"),
    "gzip tronqué": Fault("refuse", encode=lambda body: gzip.compress(body)[:-12]),
    "corps tronqué": Fault("refuse", encode=lambda body: body[: len(body) * 2 // 3]),
    "html avec 200": Fault("refuse", fault=_html, said="page web"),
    "vide avec 200": Fault("refuse", encode=lambda _: b""),
    "429 sans retry-after": Fault("echec", fault=always(429), said="429"),
    "429 avec retry-after trop long": Fault("echec", fault=always(429, Retry_After="7200"), said="7200"),
    "429 avec retry-after": Fault("inchange", fault=passing(2, 429, Retry_After="1")),
    "500": Fault("echec", fault=always(500), said="500"),
    "502": Fault("echec", fault=always(502), said="502"),
    "503": Fault("echec", fault=always(503), said="503"),
    "504": Fault("echec", fault=always(504), said="504"),
    "503 passager": Fault("inchange", fault=passing(1, 503)),
    "fenêtre de 10 000 lignes": Fault("refuse", Content(rows=MANY, announced=10_001), said="10001", not_for=NO_COUNT),
    "erreur dans un 200": Fault(
        "refuse", encode=lambda body: body[:-20] + b"Streaming interrupted due to the following error: x"
    ),
    "page qui pointe sur elle-même": Fault(
        {client: "echec" for client in CLIENTS if client != "melodi"}, fault=loop
    ),
    "moins de lignes qu'annoncé": Fault("refuse", Content(rows=ROWS[:2], announced=3)),
    "colonne renommée": Fault("refuse", _columns(CODE="ZONE"), said="ZONE"),
    "colonne disparue": Fault("refuse", _columns(NATURE=None)),
    "colonne nouvelle": Fault("refuse", Content(more="AUTRE"), said="AUTRE"),
    "modalité nouvelle": Fault("refuse", _rows(lambda code, _, value: (code, "révisé", value)), said="révisé"),
    "BOM": Fault("inchange", encode=lambda body: b"\xef\xbb\xbf" + body),
    "latin-1": Fault("refuse", encode=lambda body: body.decode().encode("latin-1")),
    # the service that writes JSON may use any Unicode encoding: it is understood, and the same
    "UTF-16": Fault({"melodi": "inchange"}, encode=lambda body: body.decode().encode("utf-16")),
    "virgule décimale": Fault(
        "refuse", _rows(lambda code, nature, value: (code, nature, value.replace(".", ","))), said="1,5"
    ),
    "zéros de tête perdus": Fault("refuse", _rows(lambda code, nature, value: (code[1:], nature, value))),
    "page en double": Fault("refuse", Content(rows=ROWS * 2)),
    "histoire révisée": Fault("nouveau", _rows(lambda code, nature, value: (code, nature, value + "1" if "." in value else value))),
    "bombe": Fault("refuse", fault=bomb(64 * UNPACKED)),
    "302 vers une adresse datée": Fault("inchange", fault=dated),
    "certificat expiré": Fault("echec", elsewhere="certificat", said="certificat TLS refusé"),
}  # fmt: skip
PAIRS = [
    pytest.param(client, fault, id=f"{client}-{name}")
    for name, fault in FAULTS.items()
    for client in CLIENTS
    if client not in fault.not_for
]


@pytest.fixture(scope="module")
def good_states(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Data folders in which each client has one good delivery; filled by the first test of each."""
    return {client: tmp_path_factory.mktemp(client) / "data" for client in CLIENTS}


def _run(settings: Settings, world: World, waits: list[float] | None = None) -> RunSummary:
    witness = definition("temoin__essai", acces={"url": "https://temoin.fr/temoin.csv"})
    victim = world.source()
    return run_sources(
        settings,
        definitions={one.source: one for one in (victim, witness)},
        console=Console(file=io.StringIO()),
        policy=Policy(attempts=3, connect=2.0, read=5.0, body=0.4, sleep=_noting(waits)),
    )


def _noting(waits: list[float] | None) -> Callable[[float], None]:
    return (lambda _: None) if waits is None else waits.append


def _landed(settings: Settings) -> list[tuple[Any, ...]]:
    files = sorted((settings.landing / "victime__essai").glob("v*.parquet"))
    assert files, "the good delivery is always there"
    return [row for path in files for row in duckdb.sql(f"select * from '{path}' order by _ligne").fetchall()]


@pytest.mark.parametrize(("client", "fault"), PAIRS)
def test_fault(
    client: str, fault: Fault, producer: Producer, settings: Settings, good_states: dict[str, Path],
    expired_site: str, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr("extract.reading.containers.LARGEST_UNPACKED", UNPACKED)
    monkeypatch.setattr("extract.exchanges.LARGEST_DECODED", UNPACKED)
    world = World(client, producer)
    producer.serve(WITNESS, b"CODE;VALEUR\n01;1\n")
    if not good_states[client].exists():
        first = _run(replace(settings, data=good_states[client]), world)
        assert [one.resultat for one in first.results] == ["nouveau", "nouveau"], first.results
    shutil.copytree(good_states[client], settings.data)
    before = _landed(settings)
    # the fault comes with a new edition, so that nothing is told unchanged before it is asked
    world.day = 2
    producer.serve(WITNESS, b"CODE;VALEUR\n01;2\n")
    world.content = fault.content or world.content
    world.encode = fault.encode or world.encode
    world.fault = fault.fault(world) if fault.fault else None
    if client == "melodi" and fault.fault is loop:
        following = "https://api.insee.fr/melodi/data/DS_ESSAI?GEO=COM&page=1"
        world.fault, world.content = None, Content(rows=ROWS, announced=6, following=following)
    if fault.elsewhere:
        _stand_for(fault.elsewhere if fault.elsewhere != "certificat" else expired_site, monkeypatch)
    waits: list[float] = []
    summary = _run(settings, world, waits)
    victim, witness = sorted(summary.results, key=lambda one: one.source, reverse=True)

    assert not summary.fautes, victim.motif
    assert victim.resultat == fault.outcome(client), victim.motif
    assert fault.said in victim.motif and "Traceback" not in victim.motif
    assert victim.motif or victim.resultat == "nouveau"
    assert witness.resultat == "nouveau"
    after = _landed(settings)
    assert set(before) <= set(after), "what was landed stays"
    assert (len(after) > len(before)) == (victim.resultat == "nouveau")
    archive = Archive(settings.archive)
    for path in (settings.archive / "objets").glob("*/*"):
        assert hashlib.sha256(path.read_bytes()).hexdigest() == path.name
    (record,) = [one for one in archive.deliveries() if one["livraison"] == victim.livraison]
    assert all(archive.object_path(one["sha256"]).is_file() for one in record["echanges"])
    if fault is FAULTS["429 avec retry-after"]:
        assert waits[:2] == [1.0, 1.0], "the wait that the service asked for"


def test_every_client_meets_every_fault_that_can_be() -> None:
    assert len(PAIRS) == len(FAULTS) * len(CLIENTS) - len(NO_COUNT)


def test_unchanged_world_costs_one_question_per_source(producer: Producer, settings: Settings) -> None:
    worlds = [World(client, producer) for client in CLIENTS]
    sources = {}
    for world in worlds:
        source = world.source()
        sources[f"victime__{world.protocol}"] = Definition(f"victime__{world.protocol}", source.raw)

    def run() -> list[str]:
        policy = Policy(attempts=2, sleep=lambda _: None)
        quiet = Console(file=io.StringIO())
        results = run_sources(settings, definitions=sources, console=quiet, policy=policy).results
        return [one.resultat for one in results]

    assert run() == ["nouveau"] * len(CLIENTS)
    before = {path: path.stat().st_mtime_ns for path in settings.landing.glob("victime__*/v*.parquet")}
    digest = landing.fingerprint(settings)
    producer.requests.clear()
    assert run() == ["inchange"] * len(CLIENTS)
    hosts = sorted(one["chemin"].split("/")[1] for one in producer.requests)
    assert hosts == ["api.insee.fr", "api.insee.fr", "data.victime.fr", "victime.fr", "www.data.gouv.fr"]
    assert {path: path.stat().st_mtime_ns for path in before} == before
    assert landing.fingerprint(settings) == digest


def _stand_for(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Send what is asked of the victim's hosts to another address of this machine."""
    wire = Transport._on_the_wire

    def elsewhere(self: Transport, request: requests.PreparedRequest) -> requests.PreparedRequest:
        sent = wire(self, request)
        if urlsplit(request.url or "").hostname != "temoin.fr":
            sent.url = address + str(urlsplit(str(sent.url)).path)
        return sent

    monkeypatch.setattr(Transport, "_on_the_wire", elsewhere)


@pytest.fixture(scope="module")
def expired_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An https server of this machine whose certificate expired."""
    from expired import expired_server

    with expired_server(tmp_path_factory.mktemp("tls")) as url:
        yield url
