"""A row says a figure when it holds its value, place and period in its producer's own writing, and not otherwise."""

from __future__ import annotations

import pytest

from publish import witness
from publish.verify.arithmetic import previous_period

WEBSTAT = {"series_key": "DIREN.M.R28.DE.UL.DF.03.N.ZZ.TT", "time_period": "2025-08", "obs_value": "2905"}
TABLE = {"Code département": "76", "Code commune": "515", "Population municipale": "1 234,5"}


def test_value_is_read_as_the_producer_writes_it() -> None:
    assert witness.says_value(WEBSTAT, 2905.0) == "obs_value"
    assert witness.says_value(TABLE, 1234.5) == "Population municipale"
    assert witness.says_value(WEBSTAT, 2906.0) is None
    assert witness.number("s") is None


@pytest.mark.parametrize(
    ("row", "place", "expected"),
    [
        (WEBSTAT, "REG-28", True),
        (WEBSTAT, "REG-27", False),
        (TABLE, "COM-76515", True),
        (TABLE, "COM-76516", False),
        ({"flux": "sorties", "motif": "stage"}, "FRANCE-F", True),
        (WEBSTAT, "FRANCE-F", False),
        ({"libelle_region": "Normandie"}, "REG-28", True),
    ],
)
def test_place(row: dict[str, object], place: str, expected: bool) -> None:
    assert witness.says_place(row, place, "Normandie" if place == "REG-28" else "", "") is expected


@pytest.mark.parametrize(
    ("cell", "period", "expected"),
    [
        ("2023-Q3", "2023-T3", True),
        ("2011T1", "2011-T1", True),
        ("2023-Q4", "2023-T3", False),
        ("2025-08", "2025-08", True),
        ("2025-09", "2025-08", False),
        ("2021-12-31", "2021", True),
    ],
)
def test_period(cell: str, period: str, expected: bool) -> None:
    assert witness.says_period({"periode": cell}, period, "") is expected


def test_earlier_periods() -> None:
    assert previous_period("2023-T1", 1) == "2022-T4"
    assert previous_period("2023-T3", 4) == "2022-T3"
    assert previous_period("2025-01", 12) == "2024-01"
    assert previous_period("2023", 5) == "2018"
