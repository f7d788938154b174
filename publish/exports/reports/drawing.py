"""A small canvas for two readers: SVG for HTML, and for Typst the same shapes under texts of its own (text
stays text, a page in milliseconds). Lengths are points, the origin is the top left corner."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape
from itertools import pairwise
from typing import NamedTuple

Point = tuple[float, float]
Ring = Sequence[Point]
ANCHORS = {"start": ("left", 0), "middle": ("center", 150), "end": ("right", 300)}


UNIT = 0.05  # points: outlines are whole numbers of it, which halves what must be written and read


def quoted(text: str) -> str:
    """A Typst string literal."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def _n(value: float) -> str:
    return f"{round(value, 2):g}"


def traced(rings: Sequence[Sequence[tuple[int, int]]], grid: float) -> str:
    """The path of closed rings given in whole numbers of a grid, itself a whole number of UNIT."""
    by = round(grid / UNIT)
    made = []
    for ring in rings:
        steps = [f"{(c - a) * by} {(d - b) * by}" for (a, b), (c, d) in pairwise(ring)]
        made.append(f"M{ring[0][0] * by} {ring[0][1] * by}l{' '.join(steps)}z")
    return "".join(made)


def _path(shape: str | Sequence[Ring]) -> str:
    if isinstance(shape, str):
        return shape
    return traced([[(round(x / UNIT), round(y / UNIT)) for x, y in ring] for ring in shape], UNIT)


class Layer(NamedTuple):
    """Shapes as SVG, and the texts above them as Typst and as SVG."""

    shapes: list[str]
    typst: list[str]
    svg: list[str]


@dataclass
class Drawing:
    """Width, height and what is drawn, bottom first: shapes under texts, unless `over` begins another layer.
    `alt` says it to whoever does not see it."""

    width: float
    height: float
    alt: str = ""
    _layers: list[Layer] = field(default_factory=lambda: [Layer([], [], [])])

    def over(self) -> None:
        """What is drawn from now on covers all that was, texts included."""
        self._layers.append(Layer([], [], []))

    def line(
        self, points: Sequence[Point], color: str, width: float = 1, dash: tuple[float, float] | None = None
    ) -> None:
        """A broken line."""
        dashed = f' stroke-dasharray="{_n(dash[0])} {_n(dash[1])}"' if dash else ""
        path = " ".join(f"{_n(x)},{_n(y)}" for x, y in points)
        self._layers[-1].shapes.append(
            f'<polyline points="{path}" fill="none" stroke="{color}" stroke-width="{_n(width)}"'
            f' stroke-linejoin="round"{dashed}/>'
        )

    def area(
        self, shape: str | Sequence[Ring], fill: str | None, stroke: str | None = None, width: float = 0.5
    ) -> None:
        """Closed rings, or their path as `traced`; holes by the even-odd rule."""
        self._shape(_path(shape), fill or "none", stroke, width)

    def hatch(self, shape: str | Sequence[Ring]) -> None:
        """Closed rings under thin oblique lines: what a print without colours still shows."""
        path = _path(shape)
        name = f"h{zlib.crc32(path.encode()):x}"  # a page may hold several maps
        pattern = (
            f'<pattern id="{name}" width="60" height="60" patternUnits="userSpaceOnUse"'
            ' patternTransform="rotate(45)"><path d="M30 0V60" stroke="#1D2733" stroke-width="9"/></pattern>'
        )
        self._shape(path, f"url(#{name})", None, 0, pattern)

    def _shape(self, path: str, fill: str, stroke: str | None, width: float, before: str = "") -> None:
        edge = (
            f' stroke="{stroke}" stroke-width="{_n(width / UNIT)}" stroke-linejoin="round"' if stroke else ""
        )
        self._layers[-1].shapes.append(
            f'{before}<path transform="scale({UNIT})" d="{path}" fill="{fill}" fill-rule="evenodd"{edge}/>'
        )

    def rect(self, x: float, y: float, width: float, height: float, fill: str) -> None:
        """A filled rectangle."""
        self._layers[-1].shapes.append(
            f'<rect x="{_n(x)}" y="{_n(y)}" width="{_n(width)}" height="{_n(height)}" fill="{fill}"/>'
        )

    def circle(self, x: float, y: float, radius: float, fill: str, stroke: str | None = None) -> None:
        """A disc around a point."""
        self._layers[-1].shapes.append(
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
        self._layers[-1].typst.append(
            f"#T({_n(x - offset)},{_n(y)},{align},{_n(size)},{quoted(color)},{weight},"
            f"{'true' if halo else 'false'},{quoted(text)})"
        )
        around = ' stroke="#fff" stroke-width="2" paint-order="stroke"' if halo else ""
        self._layers[-1].svg.append(
            f'<text x="{_n(x)}" y="{_n(y)}" font-size="{_n(size)}" fill="{color}" text-anchor="{anchor}"'
            f' font-weight="{weight}"{around}>{escape(text)}</text>'
        )

    def typst(self) -> str:
        """The drawing as Typst content (needs P and T of the template)."""
        size = f"width:{_n(self.width)}pt,height:{_n(self.height)}pt"
        box = f'viewBox="0 0 {_n(self.width)} {_n(self.height)}" xmlns="http://www.w3.org/2000/svg"'
        made = []
        for layer in self._layers:
            if layer.shapes:
                # Typst reads shapes ten times faster as one SVG than as its own code; text stays its own.
                svg = quoted(f"<svg {box}>{''.join(layer.shapes)}</svg>")
                made.append(f'#P(image(bytes({svg}),format:"svg",{size}))')
            made += layer.typst
        return f"[#figure(alt:{quoted(self.alt)},box({size},clip:true)[{''.join(made)}])]"

    def svg(self) -> str:
        """The drawing as an inline SVG element."""
        drawn = "".join("".join(layer.shapes + layer.svg) for layer in self._layers)
        return (
            f'<svg viewBox="0 0 {_n(self.width)} {_n(self.height)}" role="img"'
            f' aria-label="{escape(self.alt, quote=True)}">{drawn}</svg>'
        )
