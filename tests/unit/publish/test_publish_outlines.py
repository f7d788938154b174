"""Outlines dissolved from communes: exact where limits are shared, valid whatever touches."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import duckdb
import pytest
from shapely.geometry import shape
from shapely.ops import unary_union

from publish.exports.outlines import Frame, Outlines, chained, draw_ahead, polygons


def square(x: float, y: float, size: float = 1.0) -> str:
    ring = [[x, y], [x + size, y], [x + size, y + size], [x, y + size], [x, y]]
    return json.dumps({"type": "Polygon", "coordinates": [ring]})


def outlines(places: dict[str, tuple[float, float]], members: dict[str, list[str]]) -> Outlines:
    texts = {f"COM-{code}": square(*at) for code, at in places.items()}
    return Outlines(texts, dict.fromkeys(texts, 2026), members)


def test_limits_that_two_communes_share_disappear() -> None:
    known = outlines({"a": (0, 0), "b": (1, 0), "c": (0, 1)}, {"EPCI-1": ["a", "b", "c"]})
    (ring,) = known.rings("EPCI-1")
    assert len(ring) == 8
    assert shape(known.geojson("EPCI-1")).area == 3


def test_a_hole_and_an_island_stay_apart_and_valid() -> None:
    around = {f"{x}{y}": (x, y) for x in range(3) for y in range(3) if (x, y) != (1, 1)}
    around["far"] = (10, 10)
    known = outlines(around, {"ZE2020-1": list(around)})
    made = shape(known.geojson("ZE2020-1"))
    assert made.is_valid and made.area == 9
    assert made.equals(unary_union([shape(json.loads(text)) for text in known.texts.values()]))


def test_communes_that_touch_by_a_corner_make_a_valid_shape() -> None:
    known = outlines({"a": (0, 0), "b": (1, 1)}, {"CAN-1": ["a", "b"]})
    made = shape(known.geojson("CAN-1"))
    assert made.is_valid and made.area == 2 and len(made.geoms) == 2


def test_a_zone_that_leaves_the_region_says_so() -> None:
    known = outlines({"a": (0, 0)}, {"ZE2020-9": ["a", "outside"], "ZE2020-8": ["a"]})
    assert known.is_partial("ZE2020-9") and not known.is_partial("ZE2020-8")
    known.texts["ZE2020-9"] = square(0, 0, 5)
    known.millesimes["ZE2020-9"] = 2025
    assert not known.is_partial("ZE2020-9")
    assert shape(known.geojson("ZE2020-9")).area == 25 and known.millesime("ZE2020-9") == 2025


def test_an_outline_that_does_not_close_is_refused() -> None:
    with pytest.raises(ValueError, match="does not close"):
        chained({((0, 0), (1, 0)), ((1, 0), (1, 1))})


def test_outer_rings_turn_as_rfc_7946_asks() -> None:
    clockwise = [(0.0, 0.0), (0.0, 1.0), (1.0, 1.0), (1.0, 0.0)]
    ((shell,),) = polygons([clockwise])
    assert sum(a[0] * b[1] - b[0] * a[1] for a, b in itertools.pairwise(shell)) > 0


def test_neighbours_stay_glued_on_the_drawing() -> None:
    known = outlines({"a": (0, 0), "b": (1, 0)}, {"EPCI-1": ["a", "b"]})
    frame = Frame.around(known.rings("EPCI-1"), 100, 100)
    left, right = (set(frame.rings(known.rings(f"COM-{c}"))[0]) for c in "ab")
    assert len(left & right) == 2


def test_outlines_are_drawn_again_only_when_one_of_them_changed(tmp_path: Path) -> None:
    with duckdb.connect(str(tmp_path / "release.duckdb")) as c:
        c.execute(
            "create table contours as select 'COM-a' as territoire, ? as geometrie, 2026 as millesime;",
            [square(0, 0)],
        )
        c.execute(
            "create table appartenances as select 2026 as millesime_cog, 'EPCI' as type_territoire,"
            " '1' as code_territoire, 'a' as code_commune"
        )
    draw_ahead(tmp_path / "release.duckdb")
    with duckdb.connect(str(tmp_path / "release.duckdb")) as c:
        first = Outlines.read(c)
        assert "EPCI-1" in first._rings, "drawn ahead"
        assert len(first.rings("EPCI-1")) == 1
        assert Outlines.read(c) is first
        c.execute("update contours set geometrie = ?", [square(0, 0, 2)])
        moved = Outlines.read(c)
        assert shape(moved.geojson("EPCI-1")).area == 4
        c.execute("update appartenances set code_territoire = '2'")
        assert Outlines.read(c).rings("EPCI-1") == []
