"""Outlines of the territories: those of communes from the release, and of any zone by removing the limits
that two of its communes share.

Neighbouring communes have the same points on their common limit, so an edge seen twice is inside the zone
and the edges seen once are its outline, exactly, in the vintage of the membership table.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import duckdb

Point = tuple[float, float]
Rings = list[list[Point]]
Edge = tuple[Point, Point]

OUTLINES = "select territoire, geometrie, millesime from contours order by territoire"
MAPS = ("DEP", "EPCI", "ZE2020")  # the levels that the pages of the dictionary draw
MEMBERS = """
    select a.type_territoire || '-' || a.code_territoire, list(a.code_commune order by a.code_commune)
    from appartenances a
    where a.millesime_cog = (select max(millesime_cog) from appartenances)
    group by all
    order by 1
"""


@dataclass
class Outlines:
    """Outlines in degrees (WGS84) by territory; `members` are commune codes, those outside the region
    included."""

    texts: dict[str, str]
    millesimes: dict[str, int]
    members: dict[str, list[str]]
    # What was already drawn; two that would draw the same are equal.
    _rings: dict[str, Rings] = field(default_factory=dict, compare=False)
    _edges: dict[str, set[Edge]] = field(default_factory=dict, compare=False)
    _bounds: dict[str, tuple[float, float, float, float]] = field(default_factory=dict, compare=False)

    @classmethod
    def read(cls, connection: duckdb.DuckDBPyConnection) -> Outlines:
        """From the tables `contours` and `appartenances` of a release. The same outlines as the last time
        are given back with all that was already drawn of them."""
        rows = connection.execute(OUTLINES).fetchall()
        members = dict(connection.execute(MEMBERS).fetchall())
        found = cls({t: g for t, g, _ in rows}, {t: m for t, _, m in rows}, members)
        if _last != [found]:
            _last[:] = [found]
        return _last[0]

    def rings(self, territory: str) -> Rings:
        """The rings of a territory: its communes' dissolved when all are drawn, else the producer's, else
        those of the communes that are drawn. Empty when nothing is known."""
        if territory not in self._rings:
            if territory.startswith("COM-") or not self.is_whole(territory):
                text = self.texts.get(territory)
                self._rings[territory] = (
                    rings_of(json.loads(text)) if text else self._dissolved(self.drawn(territory))
                )
            else:
                self._rings[territory] = self._dissolved(self.drawn(territory))
        return self._rings[territory]

    def bounds(self, territory: str) -> tuple[float, float, float, float] | None:
        """West, south, east, north; None when nothing is known."""
        if territory not in self._bounds:
            points = [point for ring in self.rings(territory) for point in ring]
            if not points:
                return None
            xs, ys = [x for x, _ in points], [y for _, y in points]
            self._bounds[territory] = (min(xs), min(ys), max(xs), max(ys))
        return self._bounds[territory]

    def drawn(self, territory: str) -> list[str]:
        """The communes of a territory whose outline is known."""
        if territory.startswith("COM-"):
            return [territory[4:]] if territory in self.texts else []
        return [code for code in self.members.get(territory, []) if f"COM-{code}" in self.texts]

    def is_whole(self, territory: str) -> bool:
        """True when every commune of it is drawn (false for a zone that leaves the region)."""
        members = self.members.get(territory, [])
        return bool(members) and len(self.drawn(territory)) == len(members)

    def is_partial(self, territory: str) -> bool:
        """True when only the part inside the region can be drawn."""
        return (
            not territory.startswith("COM-") and not self.is_whole(territory) and territory not in self.texts
        )

    def millesime(self, territory: str) -> int | None:
        """The vintage of the outline that `rings` gives."""
        if not territory.startswith("COM-") and not self.is_whole(territory) and territory in self.texts:
            return self.millesimes[territory]
        codes = self.drawn(territory)
        return self.millesimes[f"COM-{codes[0]}"] if codes else None

    def _dissolved(self, codes: Iterable[str]) -> Rings:
        edges: set[Edge] = set()
        for code in codes:
            edges ^= self._edges_of(code)
        return chained(edges)

    def _edges_of(self, code: str) -> set[Edge]:
        if code not in self._edges:
            edges: set[Edge] = set()
            for ring in self.rings(f"COM-{code}"):
                pairs = zip(ring, [*ring[1:], ring[0]], strict=True)
                edges ^= {(a, b) if a < b else (b, a) for a, b in pairs if a != b}
            self._edges[code] = edges
        return self._edges[code]

    def geojson(self, territory: str) -> dict[str, object] | None:
        """A MultiPolygon of the territory, None when nothing is known. Rings follow RFC 7946 (outer rings
        counter-clockwise, holes inside their polygon)."""
        rings = self.rings(territory)
        return {"type": "MultiPolygon", "coordinates": polygons(rings)} if rings else None


_last: list[Outlines] = []


def draw_ahead(database: Path) -> None:
    """Draws the outlines of the levels of MAPS from a release, for the next one of this process: they hardly
    ever change from one to the other."""
    with duckdb.connect(str(database), read_only=True) as connection:
        outlines = Outlines.read(connection)
    for territory in outlines.members:
        if territory.split("-", 1)[0] in MAPS:
            outlines.rings(territory)


def rings_of(geometry: dict[str, object]) -> Rings:
    """The rings of a GeoJSON Polygon or MultiPolygon, without their closing point."""
    coordinates: list[list[list[list[float]]]] = (
        geometry["coordinates"] if geometry["type"] == "MultiPolygon" else [geometry["coordinates"]]  # type: ignore
    )
    return [[(p[0], p[1]) for p in ring[:-1]] for polygon in coordinates for ring in polygon]


def chained(edges: set[Edge]) -> Rings:
    """Edges joined end to end into closed rings. Raises ValueError when one does not close."""
    neighbours: dict[Point, list[Point]] = {}
    for a, b in edges:
        neighbours.setdefault(a, []).append(b)
        neighbours.setdefault(b, []).append(a)
    rings: Rings = []
    for start in sorted(neighbours):
        while neighbours[start]:
            path, place, at = [start], {start: 0}, start
            while path:
                if not neighbours[at]:
                    raise ValueError(f"an outline does not close at {at}")
                following = neighbours[at].pop()
                neighbours[following].remove(at)
                since = place.get(following)
                if since is None:
                    place[following] = len(path)
                    path.append(following)
                else:  # a loop is closed, perhaps before the start, where four edges meet
                    rings.append(path[since:])
                    for point in path[since + 1 :]:
                        del place[point]
                    path = path[: since + 1] if since else []
                at = following
    return rings


def area(ring: list[Point]) -> float:
    """Signed area, positive counter-clockwise, in squared units of the points."""
    return sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in zip(ring, [*ring[1:], ring[0]], strict=True)) / 2


def contains(ring: list[Point], point: Point) -> bool:
    """Whether a ring surrounds a point (ray casting)."""
    x, y = point
    inside = False
    for (x1, y1), (x2, y2) in zip(ring, [*ring[1:], ring[0]], strict=True):
        if (y1 > y) != (y2 > y) and x < (x2 - x1) * (y - y1) / (y2 - y1) + x1:
            inside = not inside
    return inside


def polygons(rings: Rings) -> list[list[list[list[float]]]]:
    """GeoJSON polygons from loose rings: each hole goes to the smallest ring around it."""
    by_size = sorted(rings, key=lambda ring: -abs(area(ring)))
    found: list[tuple[list[Point], list[list[Point]]]] = []
    for index, ring in enumerate(by_size):
        middle = ((ring[0][0] + ring[1][0]) / 2, (ring[0][1] + ring[1][1]) / 2)
        around = [o for o in by_size[:index] if contains(o, middle)]
        if len(around) % 2:
            outer = min(around, key=lambda o: abs(area(o)))
            next((holes for shell, holes in found if shell is outer), found[0][1]).append(ring)
        else:
            found.append((ring, []))

    def closed(ring: list[Point], positive: bool) -> list[list[float]]:
        turned = ring if (area(ring) > 0) == positive else ring[::-1]
        return [[x, y] for x, y in [*turned, turned[0]]]

    return [[closed(shell, True), *(closed(hole, False) for hole in holes)] for shell, holes in found]


@dataclass(frozen=True)
class Frame:
    """Degrees → points of a drawing: plate carrée at the middle latitude, true enough for one region
    anywhere on Earth."""

    x0: float
    y0: float
    scale: float
    stretch: float
    dx: float
    dy: float

    @classmethod
    def around(cls, rings: Iterable[list[Point]], width: float, height: float, margin: float = 2) -> Frame:
        """The frame that fits the rings in width × height points."""
        points = [point for ring in rings for point in ring]
        west, east = min(x for x, _ in points), max(x for x, _ in points)
        south, north = min(y for _, y in points), max(y for _, y in points)
        stretch = math.cos(math.radians((south + north) / 2))
        wide, high = (east - west) * stretch or 1e-6, (north - south) or 1e-6
        scale = min((width - 2 * margin) / wide, (height - 2 * margin) / high)
        return cls(west, north, scale, stretch, (width - wide * scale) / 2, (height - high * scale) / 2)

    def point(self, point: Point) -> Point:
        """One point of the drawing."""
        return (
            self.dx + (point[0] - self.x0) * self.stretch * self.scale,
            self.dy + (self.y0 - point[1]) * self.scale,
        )

    def rings(self, rings: Rings, grid: float = 0.4) -> Rings:
        """Rings of the drawing on a grid of points: neighbours stay glued, detail that no eye sees goes."""
        return [[(x * grid, y * grid) for x, y in cells] for cells in self.cells(rings, grid)]

    def cells(self, rings: Rings, grid: float) -> list[list[tuple[int, int]]]:
        """The same rings, in whole numbers of the grid."""
        across = self.stretch * self.scale / grid
        down, left, top = self.scale / grid, self.dx / grid, self.dy / grid
        x0, y0 = self.x0, self.y0
        kept = []
        for ring in rings:
            cells = [(round(left + (x - x0) * across), round(top + (y0 - y) * down)) for x, y in ring]
            drawn = [b for a, b in pairwise([cells[-1], *cells]) if a != b]
            if len(drawn) > 2:
                kept.append(drawn)
        return kept


def label_point(ring: list[Point]) -> Point:
    """The centroid of a ring."""
    total = area(ring)
    if abs(total) < 1e-12:
        return ring[0]
    x = y = 0.0
    for (x1, y1), (x2, y2) in zip(ring, [*ring[1:], ring[0]], strict=True):
        cross = x1 * y2 - x2 * y1
        x += (x1 + x2) * cross
        y += (y1 + y2) * cross
    return x / (6 * total), y / (6 * total)
