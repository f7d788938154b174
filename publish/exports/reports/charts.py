"""Charts that answer one question each. Numbers written on them are the release's; the scale's are round."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import NamedTuple

from publish import words
from publish.exports.outlines import Frame, Rings
from publish.exports.reports.drawing import Drawing, traced

INK, GREY, PALE, RULE = "#1D2733", "#6B7683", "#E8EDF3", "#D5DBE2"
OWN, DEPARTMENT, REGION, FRANCE = "#C8432B", "#7C98B6", "#1F3A5F", "#9AA4AF"
UP, DOWN = "#1F6F8B", "#DB8B66"
SEQUENTIAL = ("#EAF1F7", "#BFD4E6", "#86AFCF", "#4A82B0", "#1F4E79")
DIVERGING = ("#B4512F", "#E39B77", "#F6DCCB", "#D3E5EE", "#86B6CE", "#2B7496")
NOTHING = "#DADDE1"
WIDTH, HEIGHT = 250.0, 122.0
LEGEND = 62.0  # the width that a map leaves to its legend
MANY_SHAPES = 150  # from which a map is drawn with less detail
# The size of the round numbers of a scale or a legend, and of nothing else: whoever reads a report back tells
# them from the figures of the release by it.
SCALE = 6.5


class Curve(NamedTuple):
    """A named series of (decimal year, value)."""

    label: str
    color: str
    points: list[tuple[float, float]]
    width: float = 1.2
    dash: tuple[float, float] | None = None
    last: str = ""  # its last value as printed, a figure of the release
    first: str = ""


class Bar(NamedTuple):
    """A value and how it is printed; None is drawn as its word."""

    label: str
    value: float | None
    text: str
    color: str


def ticks(low: float, high: float, count: int = 4) -> list[float]:
    """Round values of a scale that hold low and high."""
    span = (high - low) or abs(high) or 1
    raw = span / count
    power = 10 ** math.floor(math.log10(raw))
    step = next(m * power for m in (1, 2, 2.5, 5, 10) if m * power >= raw - 1e-12)
    start, end = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(i * step, 10) for i in range(start, end + 1)]


def scale_text(value: float, step: float) -> str:
    """A value of a scale, with the decimals that its step needs."""
    decimals = 0
    while decimals < 9 and abs(step * 10**decimals - round(step * 10**decimals)) > 1e-6:
        decimals += 1
    return words.number(value, decimals)


def apart(places: list[float], tall: list[float], low: float, high: float) -> list[float]:
    """Middles of labels moved until none covers the next, each `tall` high, in their order, within low and
    high."""
    order = sorted(range(len(places)), key=lambda i: places[i])
    moved = list(places)
    for _ in range(60):
        quiet = True
        for a, b in itertools.pairwise(order):
            overlap = (tall[a] + tall[b]) / 2 - (moved[b] - moved[a])
            if overlap > 1e-6:
                moved[a] -= overlap / 2
                moved[b] += overlap / 2
                quiet = False
        for i in order:
            moved[i] = min(max(moved[i], low), high)
        if quiet:
            break
    return moved


def curves(series: Sequence[Curve], alt: str, unit: str = "", base: float | None = None) -> Drawing:
    """Series over time, each named at its end; `base` draws the line of the index 100."""
    drawing = Drawing(WIDTH, HEIGHT, alt)
    left, right, top, bottom = 26.0, 78.0, 12.0, 14.0
    xs = [x for s in series for x, _ in s.points]
    ys = [y for s in series for _, y in s.points]
    marks = ticks(min(ys), max(ys))
    x0, x1, y0, y1 = min(xs), max(xs), marks[0], marks[-1]
    wide, high = WIDTH - left - right, HEIGHT - top - bottom

    def at(x: float, y: float) -> tuple[float, float]:
        return left + (x - x0) / ((x1 - x0) or 1) * wide, top + (y1 - y) / ((y1 - y0) or 1) * high

    step = marks[1] - marks[0] if len(marks) > 1 else 1
    for mark in marks:
        y = at(x0, mark)[1]
        strong = base is not None and abs(mark - base) < 1e-9
        drawing.line([(left, y), (left + wide, y)], GREY if strong else RULE, 0.7 if strong else 0.5)
        drawing.text(left - 3, y + 2.3, scale_text(mark, step), SCALE, GREY, "end")
    drawing.text(left - 22, 5, unit, SCALE, GREY)
    # A mark at the end of each nth year: a period of the series is placed at its last day.
    first, last = math.ceil(x0 - 0.02), math.floor(x1 + 0.02)
    every = max(1, math.ceil((last - first + 1) / 6))
    for year in range(last, first - 1, -every):
        x = at(year, y0)[0]
        drawing.line([(x, top + high), (x, top + high + 2.5)], GREY, 0.5)
        drawing.text(x, HEIGHT - 4, str(year - 1), SCALE, GREY, "middle")
    for s in reversed(series):
        drawing.line([at(x, y) for x, y in s.points], s.color, s.width, s.dash)
    labels = []
    for s in series:
        label = f"{s.label}{words.NBSP}: {s.last}" if s.last else s.label
        # What is longer than the margin stands on two lines.
        labels.append([label] if len(label) <= 21 else [s.label, s.last])
    ends = [at(*s.points[-1])[1] + 2.4 for s in series]
    tall = [8.2 * len(lines) for lines in labels]
    for s, y, lines in zip(series, apart(ends, tall, top + 3, HEIGHT - 8), labels, strict=True):
        x, there = at(*s.points[-1])
        drawing.circle(x, there, 1.6 if s is series[0] else 1.1, s.color)
        for row, line in enumerate(lines):
            below = (row - (len(lines) - 1) / 2) * 8.2
            drawing.text(left + wide + 5, y + below, line, 6.8, s.color, bold=s is series[0])
    if series[0].first:
        x, y = at(*series[0].points[0])
        near = [b for a, b in (at(*point) for point in series[0].points) if a <= x + 4 * len(series[0].first)]
        # Under a curve that rises at once, else above: never across it.
        place = max(near) + 9 if min(near) < y - 4 else min(near) - 4
        drawing.text(x + 1, place, series[0].first, 6.8, series[0].color, bold=True, halo=True)
    return drawing


def bars(rows: Sequence[Bar], alt: str, label_width: float = 92, unit: str = "") -> Drawing:
    """Horizontal bars from zero, with their value."""
    drawing = Drawing(WIDTH, HEIGHT, alt)
    known = [row.value for row in rows if row.value is not None]
    low, high = min([0.0, *known]), max([0.0, *known])
    room = 40.0
    left = label_width + (room if low < 0 else 0)
    wide = WIDTH - left - room
    zero = left + (-low / ((high - low) or 1)) * wide
    pitch = min(23.0, (HEIGHT - 8) / len(rows))
    offset = (HEIGHT - pitch * len(rows)) / 2
    thick = min(13.0, pitch * 0.66)
    for index, row in enumerate(rows):
        y = offset + index * pitch
        middle = y + thick / 2 + 2.5
        own = row.color == OWN
        drawing.text(
            label_width - 4, middle, shortened(row.label, int(label_width / 3.6)), 7.2, INK, "end", bold=own
        )
        if row.value is None:
            drawing.text(zero + 4, middle, row.text, 7, GREY)
            continue
        length = abs(row.value) / ((high - low) or 1) * wide
        start = zero if row.value >= 0 else zero - length
        drawing.rect(start, y, max(length, 0.4), thick, row.color)
        if row.value >= 0:
            drawing.text(zero + length + 3, middle, row.text, 7.2, INK, bold=own)
        else:
            drawing.text(start - 3, middle, row.text, 7.2, INK, "end", bold=own)
    drawing.line([(zero, offset - 3), (zero, offset + pitch * len(rows) - (pitch - thick) + 3)], GREY, 0.6)
    return drawing


def columns(
    rows: Sequence[tuple[str, float, str]],
    beside: dict[str, float],
    labels: tuple[str, str],
    alt: str,
    unit: str,
    colors: tuple[str, str] = (UP, DOWN),
) -> Drawing:
    """A column per period with its printed value, and a mark for the comparison at the same period."""
    drawing = Drawing(WIDTH, HEIGHT, alt)
    left, top, bottom = 24.0, 16.0, 21.0
    values = [v for _, v, _ in rows] + [beside[p] for p, _, _ in rows if p in beside]
    marks = ticks(min([0.0, *values]), max([0.0, *values]))
    low, high = marks[0], marks[-1]
    tall = HEIGHT - top - bottom
    pitch = (WIDTH - left) / len(rows)
    thick = pitch * 0.62

    def y(value: float) -> float:
        return top + (high - value) / ((high - low) or 1) * tall

    step = marks[1] - marks[0] if len(marks) > 1 else 1
    for mark in marks:
        drawing.line(
            [(left, y(mark)), (WIDTH, y(mark))], GREY if mark == 0 else RULE, 0.7 if mark == 0 else 0.5
        )
        drawing.text(left - 3, y(mark) + 2.3, scale_text(mark, step), SCALE, GREY, "end")
    for index, (period, value, text) in enumerate(rows):
        x = left + index * pitch + (pitch - thick) / 2
        above = value >= 0
        drawing.rect(
            x, min(y(value), y(0)), thick, max(abs(y(value) - y(0)), 0.4), colors[0] if above else colors[1]
        )
        place = (
            y(max(value, beside.get(period, value))) - 2.5
            if above
            else (y(min(value, beside.get(period, value))) + 7)
        )
        drawing.text(x + thick / 2, place, text, 6.2, INK, "middle", bold=True)
        drawing.text(x + thick / 2, HEIGHT - 3, period, SCALE, GREY, "middle")
        if period in beside:
            drawing.line([(x - 1.5, y(beside[period])), (x + thick + 1.5, y(beside[period]))], INK, 1.4)
    drawing.rect(left, 2, 6, 6, colors[0])
    drawing.rect(left + 7, 2, 6, 6, colors[1])
    drawing.text(left + 16, 7.5, f"{labels[0]} ({unit})", 6.8, INK)
    drawing.line([(WIDTH - 62, 5.2), (WIDTH - 52, 5.2)], INK, 1.4)
    drawing.text(WIDTH - 49, 7.5, labels[1], 6.8, INK)
    return drawing


def strip(
    values: Sequence[float], marks_: Sequence[tuple[str, float, str, str]], alt: str, unit: str
) -> Drawing:
    """Every territory of the level as a dot on one scale, piled where they meet; some are named:
    (label, value, printed value, color)."""
    drawing = Drawing(WIDTH, HEIGHT, alt)
    left, right, base = 10.0, 10.0, HEIGHT - 22
    spread = sorted(values)
    # The scale leaves out the farthest fiftieth on each side: one odd commune would flatten all the others.
    cut = len(spread) // 50
    named = [v for _, v, _, _ in marks_]
    low = min([spread[cut], *named])
    high = max([spread[-1 - cut], *named])
    scale = ticks(low, high, 5)
    low, high = scale[0], scale[-1]
    wide = WIDTH - left - right

    def x(value: float) -> float:
        return left + (value - low) / ((high - low) or 1) * wide

    slots = 60
    piles: dict[int, int] = {}
    for value in spread:
        if low <= value <= high:
            slot = min(int((value - low) / ((high - low) or 1) * slots), slots - 1)
            piles[slot] = piles.get(slot, 0) + 1
    tallest = max(piles.values())
    room = base - 44
    size = wide / slots
    if tallest * size <= room:  # few enough: each territory is a dot
        for slot, count in piles.items():
            for level in range(count):
                drawing.circle(
                    left + (slot + 0.5) * size, base - (level + 0.5) * size, size * 0.43, "#A9BBCD"
                )
    else:
        for slot, count in piles.items():
            height = count / tallest * room
            drawing.rect(left + slot * size + 0.2, base - height, size - 0.4, max(height, 0.5), "#A9BBCD")
    drawing.line([(left, base), (WIDTH - right, base)], GREY, 0.7)
    step = scale[1] - scale[0] if len(scale) > 1 else 1
    for mark in scale:
        drawing.line([(x(mark), base), (x(mark), base + 2.5)], GREY, 0.5)
        drawing.text(x(mark), base + 10, scale_text(mark, step), SCALE, GREY, "middle")
    drawing.text(WIDTH - right, base + 19, unit, SCALE, GREY, "end")
    # Names of the outer marks stand on their own side; one that has no room there stands above the others, as
    # the innermost does, so that no name crosses a line.
    ordered = sorted(range(len(marks_)), key=lambda i: (marks_[i][1], i))
    sides: dict[int, str] = {}
    inside = []
    for index in ordered:
        label, value, text, _ = marks_[index]
        wanted = "end" if index == ordered[0] and len(ordered) > 1 else "start"
        room = 3.5 * len(f"{shortened(label, 28)} : {text}") + 4
        fits = x(value) > room if wanted == "end" else x(value) < WIDTH - room
        sides[index] = wanted if fits else "start" if wanted == "end" else "end"
        if not fits or index not in (ordered[0], ordered[-1]):
            inside.append(index)
    heights = {
        index: 9 + 11 * row for row, index in enumerate([*inside, *(i for i in ordered if i not in inside)])
    }
    for index, (label, value, text, color) in enumerate(marks_):
        height, place, anchor = heights[index], x(value), sides[index]
        drawing.line([(place, height + 2), (place, base)], color, 1.3 if index == 0 else 0.9)
        drawing.text(
            place + (3 if anchor == "start" else -3),
            height + 4,
            f"{shortened(label, 28)}{words.NBSP}: {text}",
            7,
            color,
            anchor,
            bold=index == 0,
            halo=True,
        )
    return drawing


def paired(rows: Sequence[tuple[str, Bar, Bar]], labels: tuple[str, str], alt: str) -> Drawing:
    """Two bars per category: the territory's and what it is compared with."""
    drawing = Drawing(WIDTH, HEIGHT, alt)
    label_width, top = 92.0, 13.0
    high = max(bar.value or 0 for _, a, b in rows for bar in (a, b)) or 1
    wide = WIDTH - label_width - 34
    pitch = (HEIGHT - top - 2) / len(rows)
    thick = min(8.0, pitch * 0.4)
    drawing.rect(label_width, 2, 6, 6, rows[0][1].color)
    drawing.text(label_width + 9, 7.5, shortened(labels[0], 20), 6.8, INK, bold=True)
    drawing.rect(label_width + 90, 2, 6, 6, rows[0][2].color)
    drawing.text(label_width + 99, 7.5, shortened(labels[1], 16), 6.8, INK)
    for index, (label, own, other) in enumerate(rows):
        y = top + index * pitch
        drawing.text(label_width - 4, y + thick + 2.4, shortened(label, 25), 7, INK, "end")
        for offset, bar in ((0, own), (thick, other)):
            middle = y + offset + thick / 2 + 2.3
            if bar.value is None:
                drawing.text(label_width + 3, middle, bar.text, 6.7, GREY)
                continue
            length = max(bar.value, 0) / high * wide
            drawing.rect(label_width, y + offset, max(length, 0.4), thick - 0.6, bar.color)
            drawing.text(label_width + length + 3, middle, bar.text, 6.7, INK, bold=offset == 0)
    drawing.line([(label_width, top - 1), (label_width, HEIGHT - 3)], GREY, 0.6)
    return drawing


def classes(values: Sequence[float], breaks: Sequence[float] | None = None, count: int = 5) -> list[float]:
    """Bounds between the classes of a map: the given ones, else round ones near the quantiles."""
    if breaks:
        return list(breaks)
    ordered = sorted(values)
    scale = ticks(ordered[len(ordered) // 20], ordered[-1 - len(ordered) // 20], count)
    return scale[1:-1][: count - 1] or [scale[0]]


class Ground(NamedTuple):
    """The paths of a map's shapes and of the outline around them, that several indicators may fill."""

    shapes: list[str]
    outline: str


def ground(shapes: Sequence[Rings], outline: Rings) -> Ground:
    """Shapes that fill a chart, its legend left apart."""
    frame = Frame.around([r for rings in shapes for r in rings] or outline, WIDTH - LEGEND, HEIGHT)
    fine = 0.35 if len(shapes) < MANY_SHAPES else 0.9
    return Ground(
        [traced(frame.cells(rings, fine), fine) for rings in shapes], traced(frame.cells(outline, fine), fine)
    )


def choropleth(
    drawn: Ground,
    values: Sequence[float | None],
    breaks: Sequence[float],
    colors: Sequence[str],
    alt: str,
    unit: str,
    *,
    missing: str,
    decimals: int,
) -> Drawing:
    """Shapes filled by their values, with their legend on the right; those below zero are hatched when some
    are above."""
    drawing = Drawing(WIDTH, HEIGHT, alt)
    edge = 0.35 if len(values) < MANY_SHAPES else 0.15
    below = []
    for path, value in zip(drawn.shapes, values, strict=True):
        color = NOTHING if value is None else colors[sum(value >= b for b in breaks)]
        if path:
            drawing.area(path, color, "#FFFFFF", edge)
            if 0 in breaks and value is not None and value < 0:
                below.append(path)
    if below:
        drawing.hatch("".join(below))
    if drawn.outline:
        drawing.area(drawn.outline, None, INK, 0.8)
    x, y = WIDTH - LEGEND + 6, 14.0
    drawing.text(x, 7, unit, SCALE, GREY)
    steps = list(breaks)

    def bound(value: float) -> str:
        return words.number(value, decimals)

    texts = [f"moins de {bound(steps[0])}"]
    texts += [f"{bound(a)} à {bound(b)}" for a, b in itertools.pairwise(steps)]
    texts += [f"{bound(steps[-1])} ou plus"]
    tops = [*steps, math.inf]
    for color, text, top in reversed(list(zip(colors, texts, tops, strict=False))):
        drawing.rect(x, y, 8, 8, color)
        if 0 in breaks and top <= 0:
            drawing.hatch([[(x, y), (x + 8, y), (x + 8, y + 8), (x, y + 8)]])
        drawing.text(x + 11, y + 6.3, text, SCALE, INK)
        y += 11
    if None in values:
        drawing.rect(x, y + 3, 8, 8, NOTHING)
        drawing.text(x + 11, y + 9.3, missing, SCALE, INK)
    return drawing


def shortened(text: str, length: int) -> str:
    """A label cut at a word, with an ellipsis."""
    if len(text) <= length:
        return text
    cut = text[: length - 1]
    return (cut[: cut.rfind(" ")] if " " in cut[length // 2 :] else cut).rstrip(" ,;-") + "…"
