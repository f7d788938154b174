"""Which event is told, once, and to whom: real loopback servers of a webhook and of mail."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Message as Keep

import extract.run
from extract.run import RunSummary, SourceResult
from publish import rollback, status
from publish.operations import feed, notify, refresh, runlog
from publish.releases import Release
from publish.run import Outcome
from tests.unit.publish.conftest import QUIET, World, ended


@contextmanager
def webhook(status: int = 200) -> Iterator[tuple[str, list[dict[str, object]]]]:
    got: list[dict[str, object]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            got.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/crochet?jeton=tres-secret", got
    finally:
        server.shutdown()
        thread.join(5)


@contextmanager
def mailbox() -> Iterator[tuple[str, list[str]]]:
    got: list[str] = []

    class Box(Keep):
        def handle_message(self, message: object) -> None:
            got.append(f"{message['Subject']}\n{message.get_payload(decode=True).decode()}")  # type: ignore[index, attr-defined]

    with socket.socket() as probe:  # the library asks the port it was given, so it must be a known one
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    controller = Controller(Box(), hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield f"127.0.0.1:{port}", got
    finally:
        controller.stop()


MESSAGE = notify.Message(
    "refusee", "Référentiel : refus", "Le chômage de l'Orne a été multiplié par dix.", 1, None
)
FROM_TO = {
    "REFERENTIEL_COURRIEL_DE": "referentiel@exemple.fr",
    "REFERENTIEL_COURRIEL_A": "a@exemple.fr, b@exemple.fr",
}


def test_message_reaches_webhook_and_mailbox() -> None:
    with webhook() as (address, posted), mailbox() as (smtp, mails):
        env = {"REFERENTIEL_WEBHOOK": address, "REFERENTIEL_SMTP": smtp} | FROM_TO
        assert notify.send(MESSAGE, env) == []
    assert posted[0]["evenement"] == "refusee" and "Orne" in str(posted[0]["text"]) and posted[0]["code"] == 1
    assert mails and "Orne" in mails[0]


def test_failed_message_is_told_without_its_address() -> None:
    with webhook(500) as (address, posted):
        said = notify.send(
            MESSAGE, {"REFERENTIEL_WEBHOOK": address, "REFERENTIEL_SMTP": "127.0.0.1:1"} | FROM_TO
        )
    assert posted and len(said) == 2 and "jeton" not in " ".join(said)


def test_nothing_asked_nothing_sent() -> None:
    assert notify.send(MESSAGE, {}) == []


def result(outcome: str) -> SourceResult:
    return SourceResult("essai__jeu", None, outcome, "HTML au lieu de données")


def told(outcome: Outcome, failing: list[str], before: dict[str, object]) -> notify.Message | None:
    return refresh.told(outcome, {"en_echec": failing}, before)


def test_what_deserves_a_message(world: World) -> None:
    made = world.publish()
    new = told(Outcome(0, "publiée", made, True), [], {})
    assert new is not None and new.evenement == "publiee" and new.texte == feed.note(made)
    assert told(Outcome(0, "Rien de nouveau", made), [], {"en_echec": []}) is None
    refused = Outcome(1, "Release refusée\nRapport : x", made)
    first = told(refused, [], {})
    assert first is not None and first.code == 1
    assert told(refused, [], {"code": 1, "message": "Toujours…\nRelease refusée\nRapport : x"}) is None
    assert told(Outcome(3, "verrou"), [], {}) is None
    down = told(Outcome(0, "Rien de nouveau", made), ["essai__jeu"], {"en_echec": []})
    assert down is not None and "essai__jeu" in down.texte
    assert told(Outcome(0, "Rien de nouveau", made), ["essai__jeu"], {"en_echec": ["essai__jeu"]}) is None
    back = told(Outcome(0, "Rien de nouveau", made), [], {"en_echec": ["essai__jeu"]})
    assert back is not None and "répond de nouveau" in back.texte


def test_delays_are_told_when_they_begin_and_when_they_end(world: World) -> None:
    quiet = Outcome(0, "Rien de nouveau", world.publish())

    def late(now: list[str], then: dict[str, object]) -> notify.Message | None:
        return refresh.told(quiet, {"en_echec": [], "en_retard": now}, {"en_echec": []} | then)

    begins = late(["essai__jeu"], {"en_retard": []})
    assert begins is not None and "essai__jeu : en retard" in begins.texte
    assert late(["essai__jeu"], {"en_retard": ["essai__jeu"]}) is None
    ends = late([], {"en_retard": ["essai__jeu"]})
    assert ends is not None and "essai__jeu : n'est plus en retard" in ends.texte
    assert late(["essai__jeu"], {}) is None, "a journal that never looked for delays begins without alarm"


def test_failing_source_is_told_with_its_reason(world: World) -> None:
    bad = Outcome(0, "Rien de nouveau", world.publish(), summary=RunSummary([result("refuse")]))
    message = refresh.told(bad, {"en_echec": ["essai__jeu"]}, {"en_echec": []})
    assert message is not None and "livraison refusée (HTML au lieu de données)" in message.texte
    parts = [replace(result(outcome), partition=outcome) for outcome in ("echec", "nouveau", "refuse")]
    bad.summary = RunSummary(parts)
    message = refresh.told(bad, {"en_echec": ["essai__jeu"]}, {"en_echec": []})
    both = "echec : HTML au lieu de données ; refuse : HTML au lieu de données"
    assert message is not None and f"livraison refusée ({both})" in message.texte


def test_release_whose_run_was_killed_before_it_said_so_is_told_by_the_next(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = world.publish("a" * 64)
    with webhook() as (address, posted):
        monkeypatch.setenv("REFERENTIEL_WEBHOOK", address)
        ended(monkeypatch, world, Outcome(0, "publiée", first, True))
        second = world.publish("b" * 64)
        runlog.append(world.settings, {"code": None, "message": runlog.KILLED, "en_echec": []})
        for _ in range(2):
            ended(monkeypatch, world, Outcome(0, "Rien de nouveau", second))
        runlog.append(world.settings, {"code": None, "message": runlog.KILLED, "en_echec": []})
        ended(monkeypatch, world, Outcome(0, "Rien de nouveau", second))
        third = world.publish("c" * 64)
        runlog.append(world.settings, {"code": None, "message": runlog.KILLED, "en_echec": []})
        ended(monkeypatch, world, Outcome(1, "Release refusée\nRapport : x", third))
    assert [(one["evenement"], one["release"]) for one in posted] == [
        ("publiee", first.nom),
        ("publiee", second.nom),
        ("refusee", third.nom),
    ]
    assert feed.note(third) in str(posted[2]["text"])


def test_source_that_fails_while_a_refusal_lasts_is_told(world: World) -> None:
    made = world.publish()
    refused = Outcome(1, "Release refusée\nRapport : x", made, summary=RunSummary([result("echec")]))
    first = told(refused, ["essai__jeu"], {"en_echec": []})
    assert first is not None and "Release refusée" in first.texte and "essai__jeu : échec" in first.texte
    repeated = {"code": 1, "message": refused.message, "en_echec": []}
    again = told(refused, ["essai__jeu"], repeated)
    assert again is not None and again.evenement == "sources" and "essai__jeu : échec" in again.texte
    assert told(refused, ["essai__jeu"], repeated | {"en_echec": ["essai__jeu"]}) is None
    silent = Outcome(4, "Aucun producteur", made, summary=RunSummary([result("echec")]))
    alone = told(silent, ["essai__jeu"], {"en_echec": []})
    assert alone is not None and "essai__jeu" not in alone.texte, "who is silent with all others is not told"


@pytest.mark.parametrize("code", [0, 1, 2])
def test_source_that_becomes_late_is_told_however_runs_end(
    world: World, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    made = world.publish()
    runlog.append(world.settings, {"code": code, "message": "Refusée\nRapport : x", "en_retard": []})
    monkeypatch.setattr(status, "late", lambda *_: ["essai__jeu"])
    with webhook() as (address, posted):
        monkeypatch.setenv("REFERENTIEL_WEBHOOK", address)
        for _ in range(2):
            ended(monkeypatch, world, Outcome(code, "Refusée\nRapport : x", made))
    (once,) = posted
    assert "essai__jeu : en retard" in str(once["text"])


def test_runs_that_are_all_killed_are_told(
    world: World, nothing_new: Release, monkeypatch: pytest.MonkeyPatch
) -> None:
    with webhook() as (address, posted):
        monkeypatch.setenv("REFERENTIEL_WEBHOOK", address)
        told = []
        for _ in range(5):  # each leaves its mark
            with pytest.raises(KeyboardInterrupt):
                monkeypatch.setattr(extract.run, "run_sources", killed)
                refresh.refresh(world.settings, QUIET)
            told.append(len(posted))
    assert told == [0, 0, 1, 1, 2]
    assert posted[0]["objet"] == "Référentiel : 2 exécutions de suite ont été tuées"
    assert posted[0]["evenement"] == "faute"


def killed(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


def test_key_that_goes_is_told_and_is_no_answer(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    made = world.publish()
    ignored = SourceResult("essai__jeu", None, "ignore", "la clé CLE manque")
    with webhook() as (address, posted):
        monkeypatch.setenv("REFERENTIEL_WEBHOOK", address)
        for one in ("echec", "ignore", "ignore", "inchange"):
            summary = RunSummary([ignored if one == "ignore" else result(one)])
            ended(monkeypatch, world, Outcome(0, "Rien de nouveau", made, summary=summary))
    texts = [str(one["text"]) for one in posted]
    assert len(texts) == 3
    assert "échec" in texts[0]
    assert "essai__jeu : n'est plus demandée (la clé CLE manque)" in texts[1] and "répond" not in texts[1]
    assert "essai__jeu : répond de nouveau." in texts[2]


def test_rollback_is_told(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = world.publish("a" * 64), world.publish("b" * 64)
    with webhook() as (address, posted):
        monkeypatch.setenv("REFERENTIEL_WEBHOOK", address)
        rollback.back_to(world.settings.published, first.nom, QUIET)
    (once,) = posted
    assert once["evenement"] == "retour" and once["release"] == first.nom
    assert f"Mises de côté : {second.nom}" in str(once["text"])


def test_source_not_asked_stays_failing() -> None:
    outcome = Outcome(0, "", summary=RunSummary([result("inchange")]))
    assert refresh._failing(outcome, {"en_echec": ["autre__jeu", "essai__jeu"]}) == ["autre__jeu"]
    assert refresh._failing(Outcome(0, "", summary=RunSummary([result("echec")])), {}) == ["essai__jeu"]


def test_unexpected_fault_is_journaled_and_told_then_raised(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("division imprévue")

    monkeypatch.setattr(extract.run, "run_sources", broken)
    with webhook() as (address, posted):
        monkeypatch.setenv("REFERENTIEL_WEBHOOK", address)
        for _ in range(2):
            with pytest.raises(ZeroDivisionError):
                refresh.refresh(world.settings, QUIET)
    lines = [*runlog.records(world.settings)]
    assert [line["code"] for line in lines] == [2, 2] and "division imprévue" in lines[0]["message"]
    (once,) = posted
    assert once["evenement"] == "faute" and "ZeroDivisionError" in str(once["text"])


def test_message_that_was_not_sent_is_sent_by_the_next_run_and_to_that_place_only(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    down = RunSummary([result("echec")])
    fault = Outcome(2, "Disque presque plein : 380 Mo libres")
    with webhook() as (address, posted), mailbox() as (smtp, mails):
        for name, value in ({"REFERENTIEL_WEBHOOK": address} | FROM_TO).items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("REFERENTIEL_SMTP", "127.0.0.1:1")
        ended(monkeypatch, world, fault)
        ended(monkeypatch, world, Outcome(3, "verrou"))
        runlog.append(world.settings, {"code": None, "message": runlog.KILLED, "en_echec": []})
        ended(monkeypatch, world, fault)
        assert len(posted) == 1, "who was told is not told again"
        monkeypatch.setenv("REFERENTIEL_SMTP", smtp)
        for _ in range(2):
            ended(monkeypatch, world, fault)
        assert len(mails) == 1 and len(posted) == 1

        monkeypatch.setenv("REFERENTIEL_SMTP", "127.0.0.1:1")
        made = world.publish()
        ended(monkeypatch, world, Outcome(0, "publiée", made, True))
        ended(monkeypatch, world, Outcome(0, "Rien de nouveau", made, summary=down))
        monkeypatch.setenv("REFERENTIEL_SMTP", smtp)
        for _ in range(2):
            ended(monkeypatch, world, Outcome(0, "Rien de nouveau", made))
        assert len(mails) == 2 and "essai__jeu" in mails[1], "and what came since"
        assert feed.note(made).splitlines()[0] in mails[1]
    assert [post["evenement"] for post in posted] == ["faute", "publiee", "sources"]


@pytest.mark.parametrize(
    ("code", "first", "second", "again"),
    [
        (2, "Disque presque plein : 380 Mo libres sous /d.", "Disque presque plein : 1,2 Go libres sous /d.", False),
        (2, "L'horloge (23/11/2026 08:30 UTC) est en retard.", "L'horloge (23/11/2026 10:30 UTC) est en retard.", False),
        (2, "Disque presque plein : 380 Mo libres sous /d.", "L'horloge (23/11/2026) est en retard.", True),
        (4, "Aucun producteur. La release a1 reste.", "Aucun producteur. La release b2 reste.", False),
        (1, "Release refusée\nRapport : /_refused/a1", "Toujours\nRelease refusée\nRapport : /_refused/a1", False),
        (1, "Release refusée\nRapport : /_refused/a1", "Release refusée\nRapport : /_refused/b2", True),
        (2, "Jugée : faute\n  - x\nRapport : /_refused/a1", "Jugée : faute\n  - x\nRapport : /_refused/b2", False),
        (2, "Jugée : faute\n  - x\nRapport : /_refused/a1", "Jugée : faute\n  - y\nRapport : /_refused/b2", True),
    ],
)  # fmt: skip
def test_same_event_with_other_numbers_is_not_told_again(
    code: int, first: str, second: str, again: bool
) -> None:
    message = told(Outcome(code, second), [], {"code": code, "message": first})
    assert (message is not None) is again
