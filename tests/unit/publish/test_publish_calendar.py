"""Which source is due: its rhythm, its own interval, the dates that its producer announced."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest

from extract.definitions import Definition, Part, load
from publish.operations import calendar
from tests.unit.publish.conftest import MOMENT

ROOT = Path(__file__).resolve().parents[3]


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
