"""The look of the workbook, in one place: sober, printable in black and white, numbers as numbers."""

from __future__ import annotations

from functools import cache
from typing import Any

import xlsxwriter
from xlsxwriter.format import Format

from publish import words

INK = "#1D2733"
BLUE = "#1F3A5F"
PALE = "#E8EDF3"
GREY = "#6B7683"
LINE = "#C9D1DA"

LEGEND = (
    "secret : couvert par le secret statistique ; n.d. : non disponible ; (p) : provisoire ; (e) : estimé ou"
    " prévu ; case vide : sans objet."
)

# SDMX OBS_STATUS that a reader must see; the mark is in the number format, so that the cell stays a number.
STATUS_MARKS = {"P": "(p)", "E": "(e)", "F": "(e)", "U": "(!)"}


class Styles:
    """Formats made on demand and shared: a workbook holds each combination once."""

    def __init__(self, book: xlsxwriter.Workbook) -> None:
        self._book = book
        self._made: dict[tuple[tuple[str, Any], ...], Format] = {}

    def get(self, **properties: Any) -> Format:
        """The format with these properties, on the common font."""
        key = tuple(sorted(properties.items()))
        if key not in self._made:
            self._made[key] = self._book.add_format(
                {
                    "font_name": "Calibri",
                    "font_size": 10,
                    "font_color": INK,
                    "valign": "vcenter",
                    **properties,
                }
            )
        return self._made[key]

    @property
    def title(self) -> Format:
        return self.get(font_size=16, bold=True, font_color=BLUE)

    @property
    def subtitle(self) -> Format:
        return self.get(font_size=9, font_color=GREY)

    def header(self, align: str = "left", **more: Any) -> Format:
        return self.get(
            bold=True,
            font_color="#FFFFFF",
            bg_color=BLUE,
            text_wrap=True,
            align=align,
            border=1,
            border_color=BLUE,
            **more,
        )

    @property
    def band(self) -> Format:
        return self.get(bold=True, font_color=BLUE, bg_color=PALE, font_size=10)

    def text(self, **more: Any) -> Format:
        return self.get(bottom=1, bottom_color=LINE, **more)

    def number(self, pattern: str, **more: Any) -> Format:
        return self.get(bottom=1, bottom_color=LINE, align="right", num_format=pattern, **more)

    def missing(self, **more: Any) -> Format:
        return self.get(bottom=1, bottom_color=LINE, align="right", italic=True, font_color=GREY, **more)


@cache
def pattern(decimals: int, unit: str, status: str | None = None) -> str:
    """The number format of a value: its decimals, its short unit, its status mark (« 1 232 096 (p) »)."""
    body = "#,##0" + ("." + "0" * decimals if decimals else "")
    tail = words.short_unit(unit)
    mark = STATUS_MARKS.get(status or "", "")
    return body + (f'" {tail}"' if tail else "") + (f'" {mark}"' if mark else "")


def change_pattern(unit: str | None, decimals: int) -> str:
    """The number format of an evolution, signed: « +0,3 pt », « −1,2 % »."""
    shown = decimals if unit == "unité" else max(decimals, 1) if unit == "points" else 1
    body = "#,##0" + ("." + "0" * shown if shown else "")
    tail = {"points": " pt", "%": " %"}.get(unit or "", "")
    end = f'"{tail}"' if tail else ""
    # What rounds to zero is written without sign, as a text: a spreadsheet would say « +0,0 » or « -0,0 ».
    half = f"{0.5 * 10**-shown:.{shown + 1}f}"
    zero = words.number(0, shown) + tail
    return f'[>={half}]+{body}{end};[<=-{half}]"{words.MINUS}"{body}{end};"{zero}"'


def rank_pattern(rank: int, among: int) -> str:
    """« 3e sur 13 » for the number 3."""
    return f'0"{words.ordinal(rank)[1:] if rank < 10 else "e"} sur {among}"'
