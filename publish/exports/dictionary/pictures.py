"""The two pictures of an indicator's page: where it is known, and how it went in the region. Both have
their figures beside them as text.
"""

from __future__ import annotations

from publish import words
from publish.exports.dictionary.facts import Facts, Row
from publish.exports.outlines import Frame
from publish.exports.reports import charts
from publish.exports.reports.drawing import Drawing, traced

WHOLE, SOME, NONE = "#1F4E79", "#86AFCF", "#DADDE1"
WIDTH, HEIGHT = 320.0, 230.0


class Maps:
    """Coverage maps; the outlines of a level are put on the drawing once for all indicators."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._drawn: dict[str, dict[str, str]] = {}

    def coverage(self, indicator: Row) -> tuple[str, list[str]] | None:
        """The map as SVG and the territories that are not wholly known; None when nothing can be drawn."""
        rows = self._facts.coverage.get(indicator["indicateur"], [])
        if not rows or rows[0]["niveau"] == "REG":
            return None
        level = "EPCI" if rows[0]["niveau"] == "COM" else rows[0]["niveau"]
        shapes = self._shapes(level)
        parts = {row["territoire"]: row["part"] for row in rows}
        if not shapes:
            return None
        alt = (
            f"Carte de couverture : {indicator['libelle']}, {words.period(rows[0]['periode'])}. "
            "Les territoires incomplets sont nommés sous la carte."
        )
        drawing = Drawing(WIDTH, HEIGHT, alt)
        for territory, path in shapes.items():
            part = parts.get(territory, 0)
            drawing.area(path, WHOLE if part == 1 else SOME if part else NONE, "#FFFFFF", 0.5)
        missing = [t for t in shapes if parts.get(t, 0) < 1]
        names = sorted((self._facts.territories.get(t, t) for t in missing), key=words.sort_key)
        return drawing.svg(), names

    def _shapes(self, level: str) -> dict[str, str]:
        if level not in self._drawn:
            outlines = self._facts.outlines
            found = {t: outlines.rings(t) for t in self._facts.territories if t.startswith(f"{level}-")}
            found = {t: rings for t, rings in found.items() if rings}
            every = [ring for rings in found.values() for ring in rings]
            frame = Frame.around(every, WIDTH, HEIGHT) if every else None
            self._drawn[level] = (
                {t: traced(frame.cells(rings, 0.8), 0.8) for t, rings in found.items()} if frame else {}
            )
        return self._drawn[level]


def trend(facts: Facts, indicator: Row) -> tuple[str, list[Row]] | None:
    """The curve of the region, and of France when both are of one size; None with fewer than two points."""
    found = facts.curves.get(indicator["indicateur"], {})
    region = found.get(f"REG-{facts.region}", [])
    france = next((found[t] for t in ("FRANCE-F", "FRANCE-FM") if t in found), [])
    # A stock of France would flatten the region's curve: France is drawn beside ratios, means and
    # indices only.
    comparable = indicator["nature"] not in ("stock", "flux")
    series = [s for s in (region, france if comparable or not region else []) if len(s) > 1]
    if not series:
        return None
    decimals = indicator["decimales"] or 0
    colors = (charts.OWN, charts.REGION)
    lines = [
        charts.Curve(
            charts.shortened(s[0]["libelle"], 14), color, [(r["annee"], r["valeur"]) for r in s], 1.6,
            last=words.number(s[-1]["valeur"], decimals),
        )
        for s, color in zip(series, colors, strict=False)
    ]  # fmt: skip
    first, last = series[0][0], series[0][-1]
    alt = (
        f"{indicator['libelle']} ({indicator['unite']}), {first['libelle']} : "
        f"{words.number(first['valeur'], decimals)} en {words.period(first['periode'])}, "
        f"{words.number(last['valeur'], decimals)} en {words.period(last['periode'])}. "
        "Tous les points sont dans le tableau."
    )
    drawing = charts.curves(lines, alt)
    table = [row for s in series for row in reversed(s)]
    return drawing.svg(), table
