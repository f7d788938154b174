"""Which releases go and which stay, whatever is named or rolled back meanwhile."""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from publish import __main__ as command
from publish import releases, rollback
from publish.errors import PublishFault
from publish.operations import retirement
from publish.releases import Release
from tests.unit.publish.conftest import MOMENT, QUIET, World


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
