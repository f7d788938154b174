"""Vintages deposited in every order give one history, whether earlier builds are remembered or not;
withdrawals and corrections are versions; what a day knew is what the last vintage of that day says."""

from __future__ import annotations

import random
from datetime import timedelta
from itertools import permutations

import pytest
from chaine import DAY, Delivery, House

THREE = [
    Delivery(10, {"14": 100.0, "50": 7.5, "61": 3.0}),
    Delivery(20, {"14": 110.0, "50": 7.5, "27": None}),
    Delivery(30, {"14": 100.0, "50": 7.5, "61": 3.0, "27": 5.0}),
]


def state(versions: list[tuple], day: int) -> dict[str, float | None]:
    """What was known at the end of a day, read in the intervals."""
    end = DAY + timedelta(days=day + 1)
    return {
        place: value
        for place, _, value, _, withdrawn, _, _, _, start, stop in versions
        if start < end and (stop is None or stop >= end) and not withdrawn
    }


def test_three_vintages_in_every_order_give_one_history(models: dict[str, str]) -> None:
    histories = []
    for order in permutations(THREE):
        whole, step_by_step = House(models, list(order)), House(models)
        histories.append(whole.build())
        for delivery in order:
            step_by_step.received.append(delivery)
            last = step_by_step.build()
        histories.append(last)
    assert all(one == histories[0] for one in histories)
    # 14: three versions; 50: one, unchanged; 61: given, withdrawn, given again; 27: blank, then 5
    counts = {place: max(v[1] for v in histories[0] if v[0] == place) for place in ("14", "50", "61", "27")}
    assert counts == {"14": 3, "50": 1, "61": 3, "27": 2}
    withdrawn = [v for v in histories[0] if v[4]]
    assert [(v[0], v[2], v[3]) for v in withdrawn] == [("61", None, "O")]


@pytest.mark.parametrize("seed", range(25))
def test_any_vintages_in_any_order_and_every_day_is_right(models: dict[str, str], seed: int) -> None:
    draw = random.Random(seed)
    places = [f"{n:02d}" for n in range(8)]
    days = draw.sample(range(1, 60), draw.randint(2, 6))
    vintages = [
        Delivery(day, {place: draw.choice([1.0, 2.0, None]) for place in places if draw.random() < 0.7})
        for day in sorted(days)
    ]
    order = draw.sample(vintages, len(vintages))
    whole = House(models, list(order)).build()
    house = House(models)
    while order:
        size = draw.randint(1, 3)
        house.received += order[:size]
        order = order[size:]
        last = house.build()
    assert last == whole
    for vintage in vintages:
        assert state(whole, vintage.day) == vintage.figures
    assert state(whole, min(days) - 1) == {}


def test_an_unchanged_vintage_adds_no_version_and_old_ones_are_not_read_again(models: dict[str, str]) -> None:
    house = House(models, [Delivery(10, THREE[0].figures)])
    first = house.build()
    house.received.append(Delivery(20, THREE[0].figures))
    house.build()
    house.read = 0
    house.received.append(Delivery(30, THREE[0].figures))
    assert house.build() == first
    assert house.read == len(THREE[0].figures)


def test_a_correction_is_a_version_from_its_date_and_ends_with_the_error(models: dict[str, str]) -> None:
    corrected = ("i", "DEP-14", "2025", "_T", "remplacer", 101.0, 110.0, DAY + timedelta(days=25), "Corrigé.")
    house = House(models, list(THREE), corrections=[corrected])
    versions = [v for v in house.build() if v[0] == "14"]
    assert [(v[1], v[2], v[3], v[5]) for v in versions] == [
        (1, 100.0, "A", None),
        (2, 110.0, "A", None),
        (3, 101.0, "I", "Corrigé."),
        (4, 100.0, "A", None),
    ]
    assert versions[1][9] == versions[2][8] == DAY + timedelta(days=25)
