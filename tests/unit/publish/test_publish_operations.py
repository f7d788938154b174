"""Calendar, clock, room, retirement, feed, journal of runs and words sent out: real files, real loopback servers."""

from __future__ import annotations

import io
import json
import re
import shutil
import socket
import threading
import time
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Message as Keep
from rich.console import Console

import extract.run
from extract import landing
from extract.archive import Archive, in_utc
from extract.definitions import Definition, Part, load, load_all
from extract.durable import TEMP_PREFIX
from extract.run import RunSummary, SourceResult
from publish import __main__ as command
from publish import inputs, partial, pointer_file, releases, rollback, status
from publish.errors import PublishFault
from publish.operations import allowance, calendar, clock, feed, notify, refresh, retirement, runlog, space
from publish.releases import Release
from publish.run import Outcome, run
from tests.unit.publish import synthetic
from tests.unit.publish.conftest import MOMENT, World

QUIET = Console(quiet=True)
ROOT = Path(__file__).resolve().parents[3]


# ---- calendar
def definition(rhythm: str, **calendrier: object) -> Definition:
    raw: dict[str, object] = {"frequence": rhythm}
    return Definition("essai__jeu", raw | ({"calendrier": calendrier} if calendrier else {}))


def part() -> Part:
    return Part("essai__jeu", None, {"url": "https://exemple.fr/a.csv"}, {}, {})


def attempt(
    ago: timedelta, outcome: str = "inchange", acces: dict[str, str] | None = None, **more: object
) -> dict[str, object]:
    asked = MOMENT - ago
    return {
        "source": "essai__jeu", "partition": None, "recu_le": f"{asked:%Y-%m-%dT%H:%M:%S.000000Z}",
        "resultat": outcome, "acces": acces or part().acces, **more,
    }  # fmt: skip


def deposited(ago: timedelta, outcome: str = "nouveau", published: str = "2020-01-01") -> dict[str, object]:
    return attempt(ago, outcome, depot={"fichier": "a.csv", "publie_le": f"{published}T00:00:00Z"})


@pytest.mark.parametrize(
    ("rhythm", "attempts", "due"),
    [
        ("mensuelle", [], True),
        ("mensuelle", [attempt(timedelta(hours=4))], False),
        ("mensuelle", [attempt(timedelta(hours=23))], True),
        ("annuelle", [attempt(timedelta(days=6))], False),
        ("annuelle", [attempt(timedelta(days=7))], True),
        ("suspendue", [attempt(timedelta(days=8), "nouveau")], True),
        ("arretee", [attempt(timedelta(days=20), "nouveau")], False),
        ("arretee", [attempt(timedelta(days=31), "nouveau")], True),
        ("annuelle", [attempt(timedelta(days=1), "echec")], True),
        ("annuelle", [attempt(timedelta(days=1), "refuse")], True),
        ("annuelle", [attempt(timedelta(days=1), acces={"url": "https://exemple.fr/b.csv"})], True),
        ("annuelle", [attempt(timedelta(days=-3))], True),  # asked in the future: a clock was wrong
        ("annuelle", [deposited(timedelta(hours=1))], True),  # nobody was asked
        ("annuelle", [attempt(timedelta(days=8)), deposited(timedelta(hours=1))], True),
        ("annuelle", [attempt(timedelta(days=1)), deposited(timedelta(hours=1), "refuse")], False),
        ("annuelle", [attempt(timedelta(days=1), "echec"), deposited(timedelta(hours=1))], True),
    ],
)
def test_what_is_due(rhythm: str, attempts: list[dict[str, object]], due: bool) -> None:
    assert calendar.judge(definition(rhythm), part(), attempts, MOMENT).due is due


def test_announced_date_is_asked_until_received() -> None:
    announced = definition("annuelle", annonces=["2026-11-23"])
    before = attempt(timedelta(days=2), "nouveau")
    asked_today = attempt(timedelta(hours=2))
    assert calendar.judge(announced, part(), [before, asked_today], MOMENT).due
    received_today = attempt(timedelta(hours=1), "nouveau")
    assert not calendar.judge(announced, part(), [before, received_today], MOMENT).due
    assert calendar.judge(announced, part(), [before, deposited(timedelta(hours=1))], MOMENT).due
    by_hand = deposited(timedelta(hours=1), published="2026-11-23")
    assert not calendar.judge(announced, part(), [before, by_hand], MOMENT).due
    long_after = MOMENT + timedelta(days=11)
    late = [before, attempt(timedelta(days=-10, hours=-23))]
    assert not calendar.judge(announced, part(), late, long_after).due


def test_date_written_as_the_documentation_tells_is_asked(tmp_path: Path) -> None:
    told = (ROOT / "docs/exploitation.md").read_text(encoding="utf-8")
    (added,) = re.findall(r"```yaml\n(.*?)```", told, re.DOTALL)
    written = (ROOT / "extract/sources/dgcl__epci.yml").read_text(encoding="utf-8")
    path = tmp_path / "dgcl__epci.yml"
    assert "frequence: annuelle\n" in added
    path.write_text(
        written.replace("frequence: annuelle\n", added.replace("AAAA-MM-JJ", "2026-11-23")), "utf-8"
    )
    before = attempt(timedelta(days=2), "nouveau")
    assert calendar.judge(load(path), part(), [before], MOMENT).due
    assert not calendar.judge(load(path), part(), [before], MOMENT - timedelta(days=1)).due


def test_interval_of_the_yaml_wins() -> None:
    weekly = definition("mensuelle", intervalle_jours=7)
    assert not calendar.judge(weekly, part(), [attempt(timedelta(days=6))], MOMENT).due


# ---- clock
def test_clock_that_went_back_is_refused(world: World) -> None:
    archive = world.settings.archive
    archive.mkdir(parents=True)
    lines = [
        {"type": "livraison", "resultat": "nouveau", "recu_le": "2026-11-23T08:00:00.000000Z"},
        {"type": "livraison", "resultat": "echec", "recu_le": "2031-01-01T08:00:00.000000Z"},
    ]
    text = "".join(json.dumps(line) + "\n" for line in lines) + '{"type":"livr'
    (archive / "journal.jsonl").write_text(text, encoding="utf-8")
    clock.require(world.settings, datetime(2026, 11, 23, 7, 30, tzinfo=UTC))
    with pytest.raises(PublishFault, match="horloge") as told:
        clock.require(world.settings, datetime(2026, 11, 22, 12, 0, tzinfo=UTC))
    # the clock is late, or was ahead when that delivery came: nobody can tell from here
    for words in (
        "timedatectl",
        "avançait",
        "attendez le 23/11/2026 07:00 UTC",
        str(archive / "journal.jsonl"),
    ):
        assert words in str(told.value)


def test_no_journal_no_clock_to_compare(world: World) -> None:
    clock.require(world.settings, datetime(1990, 1, 1, tzinfo=UTC))


# ---- room
def test_room_is_asked_for_before(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.settings.data.mkdir(exist_ok=True)
    space.require(world.settings)
    monkeypatch.setattr(space, "FLOOR", 0)
    size = space.folder_size(world.publish().folder)
    assert space.needed(world.settings) == (space.CANDIDATE + 2) * size
    # the candidate of the last release stays until the next one is published, and a partial build copies it
    kept = world.settings.build / partial.FOLDER / partial.DATABASE
    kept.parent.mkdir()
    kept.write_bytes(bytes(10 * size))
    assert space.needed(world.settings) == 15 * size + 2 * size
    monkeypatch.setattr(space, "FLOOR", shutil.disk_usage(world.settings.data).total + 1)
    with pytest.raises(PublishFault, match="Disque presque plein"):
        space.require(world.settings)


# ---- memory
@pytest.mark.parametrize(
    ("own", "files", "limit"),
    [
        ("0::/a/b\n", {"a/memory.max": "2000", "a/b/memory.max": "max"}, 2000),
        ("0::/a/b\n", {"a/memory.max": "2000", "a/b/memory.max": "1000"}, 1000),
        ("0::/\n", {}, None),
        ("9:name=systemd:/\n4:memory:/a\n0::/\n", {"memory/a/memory.limit_in_bytes": "3000"}, 3000),
        (
            "4:cpu,memory:/\n",
            {"cpu,memory/memory.limit_in_bytes": "9223372036854771712"},
            9223372036854771712,
        ),
    ],
)
def test_memory_that_control_groups_leave(
    tmp_path: Path, own: str, files: dict[str, str], limit: int | None
) -> None:
    (tmp_path / "own").write_text(own, encoding="utf-8")
    for name, text in files.items():
        path = tmp_path / "groups" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text + "\n", encoding="utf-8")
    assert allowance.group_limit(tmp_path / "groups", tmp_path / "own") == limit
    assert allowance.group_limit(tmp_path / "groups", tmp_path / "absent") is None


def test_memory_that_lacks_is_told_before(monkeypatch: pytest.MonkeyPatch) -> None:
    allowance.require()
    monkeypatch.setattr(allowance, "group_limit", lambda: allowance.RESIDENT - 1)
    with pytest.raises(PublishFault, match="MemoryMax"):
        allowance.require()
    monkeypatch.setattr(allowance, "address_limit", lambda: 1 << 30)
    with pytest.raises(PublishFault, match="ulimit"):
        allowance.require()


# ---- retirement
def release(made: datetime) -> Release:
    nom = f"{made:%Y-%m-%d-%H%M%S}-abcdef01"
    return Release(nom, Path(nom), {"produite_le": f"{made:%Y-%m-%dT%H:%M:%SZ}"})


def test_the_rule_keeps_a_month_then_one_a_month_and_what_is_named() -> None:
    daily = [release(MOMENT - timedelta(days=d)) for d in range(0, 400)]
    named = {daily[200].nom}
    gone = {one.nom for one in retirement.to_retire(daily, daily[0].nom, named, MOMENT)}
    kept = [one for one in daily if one.nom not in gone]
    old = [one for one in kept if MOMENT - retirement.made(one) > timedelta(days=31) and one.nom not in named]
    assert daily[200] in kept and all(one in kept for one in daily[:32])
    months = [f"{retirement.made(one):%Y-%m}" for one in old]
    assert len(months) == len(set(months)) == 12  # 2025-10 to 2026-09
    assert all((retirement.made(one) + timedelta(days=1)).day == 1 for one in old)


def test_current_and_the_one_before_stay_however_old() -> None:
    old = [release(datetime(2020, 5, day, tzinfo=UTC)) for day in (1, 2, 3)]
    assert retirement.to_retire(old, old[1].nom, set(), MOMENT) == []
    assert [one.nom for one in retirement.to_retire(old, old[2].nom, set(), MOMENT)] == [old[0].nom]


def test_release_set_aside_is_not_the_one_that_stays_of_its_month() -> None:
    good, wrong, alone, before, last = (
        release(datetime(2020, month, day, tzinfo=UTC))
        for month, day in ((5, 1), (5, 20), (6, 2), (7, 1), (7, 30))
    )
    every, aside = [good, wrong, alone, before, last], [wrong.nom, alone.nom, before.nom]
    gone = {one.nom for one in retirement.to_retire(every, last.nom, set(), MOMENT, aside)}
    assert gone == {wrong.nom, before.nom}  # `alone` is all that there is of June
    # the way back from the current one is not one that was set aside
    assert {
        one.nom for one in retirement.to_retire([good, before, last], last.nom, set(), MOMENT, aside)
    } == {before.nom}
    recent = release(MOMENT - timedelta(days=30))
    assert retirement.to_retire([*every, recent], last.nom, set(), MOMENT, [*aside, recent.nom])[-1] == before


def test_release_that_was_rolled_back_goes_and_the_one_that_readers_had_stays(world: World) -> None:
    published = world.settings.published
    first, second = world.publish("a" * 64), world.publish("b" * 64)
    rollback.back_to(published, first.nom, QUIET)
    world.made = 60 * 24 * 40
    third, fourth = world.publish("c" * 64), world.publish("d" * 64)
    assert retirement.retire(published, MOMENT + timedelta(days=90)) == [second.nom]
    assert [one.nom for one in releases.every(published)] == [first.nom, third.nom, fourth.nom]


def test_retired_folders_go_and_named_ones_stay(world: World) -> None:
    first, second, third, last = (world.publish(letter * 64) for letter in "abcd")
    published = world.settings.published
    retirement.name_in_report(published, first.nom, "Portrait de la région", MOMENT)
    retirement.name_in_report(published, first.nom, "Portrait de la région", MOMENT)
    assert len((published / retirement.REPORTS).read_text(encoding="utf-8").splitlines()) == 1
    assert retirement.retire(published, MOMENT + timedelta(days=90)) == [second.nom]
    assert {one.nom for one in releases.every(published)} == {first.nom, third.nom, last.nom}
    with pytest.raises(PublishFault, match=second.nom):
        retirement.name_in_report(published, second.nom, "trop tard", MOMENT)


def test_unreadable_list_of_reports_retires_nothing(world: World) -> None:
    for letter in "abcd":
        world.publish(letter * 64)
    (world.settings.published / retirement.REPORTS).write_text("{", encoding="utf-8")
    with pytest.raises(PublishFault, match="ligne 1"):
        retirement.retire(world.settings.published, MOMENT + timedelta(days=90))
    assert len(releases.every(world.settings.published)) == 4


def test_report_names_its_release_once_and_beside_the_others(world: World) -> None:
    made, published = world.publish(), world.settings.published
    for report in ("portrait EPCI-1", "portrait EPCI-1", "tableau de bord"):
        retirement.name_in_report(published, made.nom, report, MOMENT)
    lines = (published / retirement.REPORTS).read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["rapport"] for line in lines] == ["portrait EPCI-1", "tableau de bord"]
    assert retirement.named(published) == {made.nom}


def test_report_that_cannot_name_its_release_says_what_to_ask(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    made, published = world.publish(), world.settings.published
    (published / retirement.REPORTS).write_text("{", encoding="utf-8")
    command._name(["portrait EPCI-1"], published, made.nom)
    said = " ".join(capsys.readouterr().err.split())
    assert f'make keep RELEASE={made.nom} RAPPORT="portrait EPCI-1"' in said


def test_report_named_while_releases_are_retired_keeps_its_own_or_is_told(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The list is read, then a report is named, then the release goes: `make keep` would have promised it."""
    first, *_ = (world.publish(letter * 64) for letter in "abcd")
    published, answers = world.settings.published, []

    def keep() -> None:
        try:
            retirement.name_in_report(published, first.nom, "portrait", MOMENT)
        except PublishFault as error:
            answers.append(str(error))

    read, keeper = retirement.named, threading.Thread(target=keep)

    def named(folder: Path) -> set[str]:
        found = read(folder)
        keeper.start()
        keeper.join(timeout=1)
        return found

    monkeypatch.setattr(retirement, "named", named)
    gone = retirement.retire(published, MOMENT + timedelta(days=90))
    keeper.join()
    assert first.nom in gone and answers and first.nom in answers[0]
    assert read(published) == set()


# ---- feed
def test_feed_is_atom_with_the_notes(world: World) -> None:
    first, second = world.publish("a" * 64), world.publish("b" * 64)
    root = ET.parse(feed.write(world.settings.published, MOMENT)).getroot()
    space_of = {"a": feed.ATOM}
    for needed in ("id", "title", "updated", "author/a:name"):
        assert root.findtext(f"a:{needed}", namespaces=space_of)
    entries = root.findall("a:entry", space_of)
    assert [second.nom in str(entries[0].findtext("a:id", namespaces=space_of)), len(entries)] == [True, 2]
    assert entries[1].findtext("a:content", namespaces=space_of) == feed.note(first) != ""


def test_feed_reads_whatever_a_note_holds(world: World) -> None:
    made = world.publish()
    (made.folder / "NOTE.md").write_text(
        "Chômage\x00\x0b\x1b : \ufffe « 7 % »\n\tsuite \U0001f4c8", encoding="utf-8"
    )
    root = ET.parse(feed.write(world.settings.published, MOMENT)).getroot()
    assert root.findtext(f".//{{{feed.ATOM}}}content") == "Chômage :  « 7 % »\n\tsuite \U0001f4c8"


def entries(published: Path) -> list[tuple[str, str]]:
    """Title and summary of each entry of the feed, as it lies there."""
    root = ET.parse(published / feed.NAME).getroot()
    names = {"a": feed.ATOM}
    return [
        (
            str(one.findtext("a:title", namespaces=names)),
            str(one.findtext("a:summary", "", namespaces=names)),
        )
        for one in root.findall("a:entry", names)
    ]


def test_feed_says_what_a_rollback_set_aside(world: World) -> None:
    published = world.settings.published
    first, second = world.publish("a" * 64), world.publish("b" * 64)
    feed.write(published, MOMENT)
    before = entries(published)
    assert "mise de côté" not in str(before) and not feed.behind(published)
    rollback.back_to(published, first.nom, QUIET)
    (aside, summary), (title, _) = entries(published)
    assert aside == f"{before[0][0]} (mise de côté)" and first.nom in summary
    assert title == before[1][0] and second.nom not in title


def test_titles_of_one_day_differ_by_their_hour(world: World) -> None:
    made = world.publish()
    feed.write(world.settings.published, MOMENT)
    (title, _), *_ = entries(world.settings.published)
    assert f"{in_utc(made.manifest['produite_le']):à %H:%M} UTC" in title


def test_feed_follows_a_release_whose_run_was_killed_before_it(world: World, nothing_new: Release) -> None:
    published = world.settings.published
    assert feed.behind(published)
    refresh.refresh(world.settings, QUIET)
    assert not feed.behind(published) and len(entries(published)) == 2


# ---- words sent out
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


def test_journal_of_runs_survives_a_cut_line(world: World) -> None:
    runlog.append(world.settings, {"code": 0})
    with (world.settings.data / runlog.NAME).open("ab") as journal:
        journal.write(b'{"code":')
    runlog.append(world.settings, {"code": 1})
    assert [one["code"] for one in runlog.records(world.settings)] == [0, 1]


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


@pytest.fixture
def nothing_new(world: World, monkeypatch: pytest.MonkeyPatch) -> Release:
    """A current release, the second one, of what is received and of the code: a run finds nothing to do."""
    monkeypatch.setattr(extract.run, "run_sources", lambda *_, **__: RunSummary())
    landing.write_frame(world.settings, Archive(world.settings.archive), load_all().values())
    world.publish("a" * 64)
    landed = landing.fingerprint(world.settings)
    return world.publish(inputs.fingerprint(world.settings, landed, inputs.code_hash()))


def test_one_flipped_bit_of_the_current_base_is_found_by_the_daily_look(
    world: World, nothing_new: Release
) -> None:
    flip_where_no_query_of_ours_reads(world, nothing_new)
    outcome = refresh.refresh(world.settings, QUIET)
    assert outcome.code == 2 and nothing_new.nom in outcome.message and "abîmée" in outcome.message
    (line,) = runlog.records(world.settings)
    assert line["code"] == 2 and line["message"] == outcome.message
    current = releases.current(world.settings.published)
    assert current is not None and current.nom != nothing_new.nom == str(line["message"]).split()[2]
    assert line["release"] == current.nom and current.nom in outcome.message


def flip_where_no_query_of_ours_reads(world: World, release: Release) -> None:
    whole, now = release.database.read_bytes(), MOMENT.replace(tzinfo=None)
    # DuckDB sums its blocks, of 256 KiB, as it reads them
    for place in range(len(whole) - 1, 3 * 4096, -(1 << 18)):
        release.database.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        with suppress(PublishFault):
            status.late(world.settings, now)
            return
    raise AssertionError("every block is read")


def test_current_base_is_read_once_a_day_whatever_the_runs_end_in(
    world: World, nothing_new: Release, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[Path] = []
    intact = releases.intact
    monkeypatch.setattr(releases, "intact", lambda one: read.append(one.database) or intact(one))
    for _ in range(3):
        assert refresh.refresh(world.settings, QUIET).code == 0
    assert read == [nothing_new.database]
    yesterday = [*runlog.records(world.settings)][-1] | {"base_relue_le": "2000-01-01"}
    runlog.append(world.settings, yesterday)
    refused = Outcome(1, "Toujours les mêmes données, déjà refusées.")
    ended(monkeypatch, world, refused)
    ended(monkeypatch, world, refused)
    assert len(read) == 2
    runlog.append(world.settings, yesterday)
    flip_where_no_query_of_ours_reads(world, nothing_new)
    ended(monkeypatch, world, refused)
    assert refused.code == 2 and "abîmée" in refused.message and "déjà refusées" in refused.message


def test_delays_that_cannot_be_told_do_not_lose_the_run(world: World, nothing_new: Release) -> None:
    (world.settings.landing / landing.DELIVERIES).write_bytes(b"PAR1")
    said = io.StringIO()
    outcome = refresh.refresh(world.settings, Console(file=said, width=200))
    assert outcome.code == 0 and "Les retards" in said.getvalue()
    (line,) = runlog.records(world.settings)
    assert line["code"] == 0 and line["release"] == nothing_new.nom and "retards_vus_le" not in line


def ended(monkeypatch: pytest.MonkeyPatch, world: World, outcome: Outcome) -> None:
    """One run as a scheduler starts it, that ends so."""
    monkeypatch.setattr(refresh, "run", lambda *_, **__: outcome)
    refresh.refresh(world.settings, QUIET)


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


def test_run_that_is_interrupted_has_its_line_too(world: World) -> None:
    with pytest.raises(KeyboardInterrupt), runlog.marked(world.settings):
        raise KeyboardInterrupt
    with runlog.marked(world.settings):
        pass
    assert [line["message"] for line in runlog.records(world.settings)] == [runlog.KILLED]


# ---- damage
@pytest.mark.parametrize(
    "name",
    [
        f"{releases.UNFINISHED}tuee",
        f"{releases.REFUSED}/{releases.UNFINISHED}refusee",
        ".retrait-2020-05-01-083000-abcdef01",
        f"{TEMP_PREFIX}123-{pointer_file.POINTER}",
        f"{TEMP_PREFIX}123-{feed.NAME}",
        f".{releases.CURRENT}-123",
    ],
)
def test_what_a_kill_left_is_removed_by_the_next_run(world: World, name: str) -> None:
    made, left = world.publish(), world.settings.published / name
    left.parent.mkdir(exist_ok=True)
    if name.startswith((TEMP_PREFIX, f".{releases.CURRENT}")):
        left.write_text("{", encoding="utf-8")
    else:
        shutil.copytree(made.folder, left)
    releases.repair(world.settings.published, MOMENT)
    assert not left.exists() and releases.current(world.settings.published) == made


def test_what_an_export_is_writing_is_left_to_its_own_lock(world: World) -> None:
    """`make export` notes its report beside a run: the half-written list is not the run's to remove."""
    made, published = world.publish(), world.settings.published
    left = published / f"{TEMP_PREFIX}123-{retirement.REPORTS}"
    left.write_text("{", encoding="utf-8")
    releases.repair(published, MOMENT)
    assert left.exists()
    retirement.name_in_report(published, made.nom, "portrait", MOMENT)
    assert not left.exists() and retirement.named(published) == {made.nom}


def test_what_a_dying_process_still_writes_is_removed_too(world: World) -> None:
    leftover = world.settings.published / f"{releases.UNFINISHED}tuee"
    leftover.mkdir(parents=True)
    for rank in range(300):
        (leftover / f"{rank}.parquet").write_bytes(b"x")

    def dying() -> None:
        end = time.monotonic() + 0.3
        while time.monotonic() < end and leftover.exists():
            with suppress(FileNotFoundError):
                (leftover / f"{time.monotonic_ns()}").write_bytes(b"x")

    writer = threading.Thread(target=dying)
    writer.start()
    releases.repair(world.settings.published, MOMENT)
    writer.join()
    assert not leftover.exists()


def test_damaged_current_release_is_left_for_the_last_whole_one(world: World) -> None:
    first, second = world.publish("a" * 64), world.publish("b" * 64)
    published = world.settings.published
    second.database.write_bytes(second.database.read_bytes()[:1000])
    releases.repair(published, MOMENT)
    current = releases.current(published)
    assert current is not None and current.nom == first.nom
    assert releases.pointer(published)["release"] == first.nom
    assert [one.name.startswith(second.nom) for one in (published / releases.DAMAGED).iterdir()] == [True]
    assert [one.nom for one in releases.every(published)] == [first.nom]


def test_release_that_was_set_aside_is_never_given_back_by_itself(world: World) -> None:
    published = world.settings.published
    first, second = world.publish("a" * 64), world.publish("b" * 64)
    rollback.back_to(published, first.nom, QUIET)
    third = world.publish("c" * 64)
    for damaged, left in ((third, first), (first, None)):
        damaged.database.write_bytes(damaged.database.read_bytes()[:1000])
        releases.repair(published, MOMENT)
        assert releases.current(published) == left
    assert releases.discarded(published) == [second.nom]
    rollback.back_to(published, second.nom, QUIET)  # the operator's own decision


def test_damage_of_which_the_repair_was_killed_sets_nothing_aside(world: World) -> None:
    first, second = world.publish("a" * 64), world.publish("b" * 64)
    published = world.settings.published
    second.database.write_bytes(second.database.read_bytes()[:1000])
    (published / releases.CURRENT).unlink()
    (published / releases.CURRENT).symlink_to(first.nom)  # killed before courante.json followed
    releases.repair(published, MOMENT)
    assert releases.pointer(published)["release"] == first.nom and releases.discarded(published) == []


def test_leaving_of_other_bits_that_was_killed_sets_nothing_aside(world: World) -> None:
    first, second = world.publish("a" * 64), world.publish("b" * 64)
    published = world.settings.published
    second.database.write_bytes(synthetic.flipped(second.database.read_bytes()))
    (published / releases.CURRENT).unlink()
    (published / releases.CURRENT).symlink_to(first.nom)  # killed before courante.json followed
    releases.repair(published, MOMENT)
    assert releases.pointer(published)["release"] == first.nom and releases.discarded(published) == []


def test_release_that_a_killed_rollback_gave_back_is_set_aside_no_more(world: World) -> None:
    first, second, third = (world.publish(one * 64) for one in "abc")
    published = world.settings.published
    rollback.back_to(published, first.nom, QUIET)
    (published / releases.CURRENT).unlink()
    (published / releases.CURRENT).symlink_to(second.nom)  # on the way back, killed before courante.json
    releases.repair(published, MOMENT)
    assert releases.discarded(published) == [third.nom]


def test_only_release_damaged_leaves_no_pointer_and_old_damage_blocks_nobody(world: World) -> None:
    only = world.publish()
    published = world.settings.published
    (only.folder / "manifeste.json").write_text("{", encoding="utf-8")
    (published / pointer_file.POINTER).write_text('{"release"', encoding="utf-8")
    releases.repair(published, MOMENT)
    assert releases.current(published) is None and releases.every(published) == []
    again = world.publish("c" * 64)
    (published / "2001-01-01-000000-00000000").mkdir()
    current = releases.current(published)
    assert current is not None and [one.nom for one in releases.every(published)] == [current.nom] == [
        again.nom
    ]


def pointed(world: World) -> tuple[Path, Release, Release]:
    """courante.json after a rollback from the second release to the first one."""
    published = world.settings.published
    first, second = world.publish("a" * 64), world.publish("b" * 64)
    rollback.back_to(published, first.nom, QUIET)
    return published / pointer_file.POINTER, first, second


def spoilt(path: Path) -> list[bytes]:
    """What one bit, a cut or nothing left of it."""
    whole = path.read_bytes()
    places = whole.index(b"ecartees"), whole.rindex(b"2026-") + 3, whole.index(b"release") + 12, 0
    return [whole[:n] + bytes([whole[n] ^ 1]) + whole[n + 1 :] for n in places] + [whole[:-4], b""]


@pytest.mark.parametrize("damage", range(6))
def test_what_was_set_aside_survives_a_spoilt_file(world: World, damage: int) -> None:
    path, first, second = pointed(world)
    copy = path.with_name(pointer_file.COPY)
    for one in (path, copy):
        whole = one.read_bytes()
        one.write_bytes(spoilt(one)[damage])
        assert releases.discarded(path.parent) == [second.nom] and pointer_file.faults(path.parent)
        releases.repair(path.parent, MOMENT)
        assert json.loads(one.read_bytes())["ecartees"] == [second.nom] == releases.discarded(path.parent)
        assert len(one.read_bytes()) == len(whole) and not pointer_file.faults(path.parent)
    current = releases.current(path.parent)
    assert current is not None and current.nom == first.nom
    path.unlink()
    releases.repair(path.parent, MOMENT)
    assert json.loads(path.read_bytes())["ecartees"] == [second.nom]


def test_run_forgets_nothing_that_was_set_aside(world: World) -> None:
    path, _, second = pointed(world)
    for one in (path, path.with_name(pointer_file.COPY)):
        one.write_bytes(spoilt(one)[0])
    outcome = run(world.settings, QUIET)
    assert outcome.code == 2 and str(path) in outcome.message and '{"ecartees": []}' in outcome.message
    path.write_text(json.dumps({"ecartees": [second.nom]}), encoding="utf-8")  # as the message says
    releases.repair(path.parent, MOMENT)
    assert releases.discarded(path.parent) == [second.nom] and not pointer_file.faults(path.parent)


def test_pointer_of_the_version_before_is_read_and_the_reverse(world: World) -> None:
    path, first, second = pointed(world)
    told = json.loads(path.read_bytes())
    assert set(told) == {"release", "base", "depuis", "empreinte_entrees", "ecartees", "somme"}
    before = {name: value for name, value in told.items() if name != "somme"} | {"ecartees": []}
    path.write_text(json.dumps(before, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    assert releases.discarded(path.parent) == [], "the version before says it, and has no copy of it"
    releases.repair(path.parent, MOMENT)
    assert json.loads(path.with_name(pointer_file.COPY).read_bytes())["ecartees"] == []
    path.with_name(pointer_file.COPY).unlink()
    assert not pointer_file.faults(path.parent)
    releases.repair(path.parent, MOMENT)
    assert path.with_name(pointer_file.COPY).read_bytes() == path.read_bytes() and first.nom < second.nom


def test_line_of_a_killed_run_is_written_by_the_next(world: World) -> None:
    settings = world.settings
    runlog.append(settings, {"code": 0, "en_echec": ["a"], "en_retard": ["b"], "message": "dite"})
    with runlog.marked(settings):
        mark = (settings.data / runlog.MARK).read_bytes()
    assert not (settings.data / runlog.MARK).exists() and len([*runlog.records(settings)]) == 1
    for left in (mark, b"{"):  # killed later, killed while the mark was written
        (settings.data / runlog.MARK).write_bytes(left)
        with runlog.marked(settings):
            pass
        line = [*runlog.records(settings)][-1]
        assert line["code"] is None and line["message"] == runlog.KILLED and line["debut"].endswith("Z")
        assert (line["en_echec"], line["en_retard"]) == (["a"], ["b"])
    assert len([*runlog.records(settings)]) == 3
