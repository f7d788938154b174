"""A small canvas drawn twice: natively in Typst (text stays text, a page in milliseconds) and as SVG for
HTML. Lengths are points, the origin is the top left corner."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape
from itertools import groupby, pairwise

Point = tuple[float, float]
Ring = Sequence[Point]
ANCHORS = {"start": ("left", 0), "middle": ("center", 150), "end": ("right", 300)}


UNIT = 0.05  # points: outlines are whole numbers of it, which halves what must be written and read


def quoted(text: str) -> str:
    """A Typst string literal."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def _n(value: float) -> str:
    return f"{round(value, 2):g}"


def outline(rings: Sequence[Ring]) -> str:
    """Closed rings as the path of a shape, for `Drawing.outlined`: a map drawn often counts it once."""
    return "".join(_path(ring) for ring in rings)


def _path(ring: Ring) -> str:
    """A closed ring by its steps from one point to the next."""
    points = [(round(x / UNIT), round(y / UNIT)) for x, y in ring]
    steps = [f"{c - a} {d - b}" for (a, b), (c, d) in pairwise(points)]
    return f"M{points[0][0]} {points[0][1]}l{' '.join(steps)}z"


@dataclass
class Drawing:
    """Width, height and what is drawn, bottom first. `alt` says it to whoever does not see it."""

    width: float
    height: float
    alt: str = ""
    _typst: list[str] = field(default_factory=list)
    _svg: list[str] = field(default_factory=list)

    def line(
        self, points: Sequence[Point], color: str, width: float = 1, dash: tuple[float, float] | None = None
    ) -> None:
        """A broken line."""
        stroke = f"(paint:rgb({quoted(color)}),thickness:{_n(width)}pt,join:{quoted('round')}" + (
            f",dash:({_n(dash[0])}pt,{_n(dash[1])}pt))" if dash else ")"
        )
        first, *rest = [(_n(x), _n(y)) for x, y in points]
        steps = "".join(f",curve.line(({x}pt,{y}pt))" for x, y in rest)
        self._typst.append(f"#P(curve(stroke:{stroke},curve.move(({first[0]}pt,{first[1]}pt)){steps}))")
        dashed = f' stroke-dasharray="{_n(dash[0])} {_n(dash[1])}"' if dash else ""
        path = " ".join(f"{x},{y}" for x, y in [first, *rest])
        self._svg.append(
            f'<polyline points="{path}" fill="none" stroke="{color}" stroke-width="{_n(width)}"'
            f' stroke-linejoin="round"{dashed}/>'
        )

    def area(
        self, rings: Sequence[Ring], fill: str | None, stroke: str | None = None, width: float = 0.5
    ) -> None:
        """Closed rings; holes by the even-odd rule."""
        self.outlined(outline(rings), fill or "none", stroke, width)

    def hatch(self, rings: Sequence[Ring]) -> None:
        """Closed rings under thin oblique lines: what a print without colours still shows."""
        name = f"h{zlib.crc32(repr(rings).encode()):x}"  # a page may hold several maps
        pattern = (
            f'<pattern id="{name}" width="60" height="60" patternUnits="userSpaceOnUse"'
            ' patternTransform="rotate(45)"><path d="M30 0V60" stroke="#1D2733" stroke-width="9"/></pattern>'
        )
        self.outlined(outline(rings), f"url(#{name})", None, 0, pattern)

    def outlined(self, path: str, fill: str, stroke: str | None, width: float, before: str = "") -> None:
        """What `outline` made, filled by the even-odd rule. `before`: definitions that the fill needs."""
        edge = (
            f' stroke="{stroke}" stroke-width="{_n(width / UNIT)}" stroke-linejoin="round"' if stroke else ""
        )
        shape = (
            f'{before}<path transform="scale({UNIT})" d="{path}" fill="{fill}" fill-rule="evenodd"{edge}/>'
        )
        # Typst reads thousands of points ten times faster as SVG than as its own code; text stays its own.
        self._typst.append(shape)
        self._svg.append(shape)

    def rect(self, x: float, y: float, width: float, height: float, fill: str) -> None:
        """A filled rectangle."""
        self._typst.append(f"#R({_n(x)},{_n(y)},{_n(width)},{_n(height)},{quoted(fill)})")
        self._svg.append(
            f'<rect x="{_n(x)}" y="{_n(y)}" width="{_n(width)}" height="{_n(height)}" fill="{fill}"/>'
        )

    def circle(self, x: float, y: float, radius: float, fill: str, stroke: str | None = None) -> None:
        """A disc around a point."""
        edge = quoted(stroke) if stroke else "none"
        self._typst.append(f"#O({_n(x)},{_n(y)},{_n(radius)},{quoted(fill)},{edge})")
        self._svg.append(
            f'<circle cx="{_n(x)}" cy="{_n(y)}" r="{_n(radius)}" fill="{fill}"'
            + (f' stroke="{stroke}" stroke-width="0.6"' if stroke else "")
            + "/>"
        )

    def text(
        self,
        x: float,
        y: float,
        text: str,
        size: float = 7.5,
        color: str = "#1D2733",
        anchor: str = "start",
        bold: bool = False,
        halo: bool = False,
    ) -> None:
        """One line of text on its baseline; `halo` keeps it readable over a map."""
        align, offset = ANCHORS[anchor]
        weight = "600" if bold else "400"
        self._typst.append(
            f"#T({_n(x - offset)},{_n(y)},{align},{_n(size)},{quoted(color)},{weight},"
            f"{'true' if halo else 'false'},{quoted(text)})"
        )
        around = ' stroke="#fff" stroke-width="2" paint-order="stroke"' if halo else ""
        self._svg.append(
            f'<text x="{_n(x)}" y="{_n(y)}" font-size="{_n(size)}" fill="{color}" text-anchor="{anchor}"'
            f' font-weight="{weight}"{around}>{escape(text)}</text>'
        )

    def typst(self) -> str:
        """The drawing as Typst content (needs P, R, O and T of the template)."""
        size = f"width:{_n(self.width)}pt,height:{_n(self.height)}pt"
        made = []
        for shapes, run in groupby(self._typst, key=lambda item: item.startswith("<")):
            if shapes:
                box = f'viewBox="0 0 {_n(self.width)} {_n(self.height)}" xmlns="http://www.w3.org/2000/svg"'
                svg = quoted(f"<svg {box}>{''.join(run)}</svg>")
                made.append(f'#P(image(bytes({svg}),format:"svg",{size}))')
            else:
                made += run
        return f"[#figure(alt:{quoted(self.alt)},box({size},clip:true)[{''.join(made)}])]"

    def svg(self) -> str:
        """The drawing as an inline SVG element."""
        return (
            f'<svg viewBox="0 0 {_n(self.width)} {_n(self.height)}" role="img"'
            f' aria-label="{escape(self.alt, quote=True)}">{"".join(self._svg)}</svg>'
        )
