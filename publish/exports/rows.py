"""A worksheet whose table is written in bulk: a hundred thousand formatted cells in a quarter of a second.

XlsxWriter checks and stores every cell; here the rows of a table are turned into the sheet's XML at once and
everything else (styles, header, widths, charts, print setup) stays XlsxWriter's.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from xlsxwriter.format import Format
from xlsxwriter.utility import xl_col_to_name
from xlsxwriter.worksheet import Worksheet

# The end of a cell's XML, after its reference: style and content.
Cell = str


class Cells:
    """Makes cells; those of the same text and style are made once."""

    def __init__(self) -> None:
        self._texts: dict[tuple[str, int], Cell] = {}

    def text(self, value: str, style: Format) -> Cell:
        """A cell of text."""
        key = (value, id(style))
        made = self._texts.get(key)
        if made is None:
            text = escape(value, quote=False)
            made = self._texts[key] = (
                f' s="{style._get_xf_index()}" t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>'
            )
        return made


def opening(style: Format) -> str:
    """What comes before the number of a cell; `opening + repr(number) + CLOSING` is the cell."""
    return f' s="{style._get_xf_index()}"><v>'


CLOSING = "</v></c>"


class BulkSheet(Worksheet):
    """A sheet with rows of its own, then a table of rows added by `fill`."""

    def __init__(self) -> None:
        super().__init__()
        self._bulk: list[str] = []
        self._first = 0

    def fill(self, first_row: int, rows: Iterable[Sequence[Cell | None]]) -> int:
        """Adds rows from `first_row` (0-based), below every row written one by one; returns the next row."""
        if not self._bulk:
            self._first = first_row
        names: list[str] = []
        number = first_row
        for row in rows:
            if len(row) > len(names):
                names = [f'<c r="{xl_col_to_name(i)}' for i in range(len(row))]
            number += 1
            end = f'{number}"'
            cells = [name + end + cell for name, cell in zip(names, row, strict=False) if cell is not None]
            self._bulk.append(f'<row r="{number}">{"".join(cells)}</row>')
        if number > first_row:
            self._check_dimensions(number - 1, max(len(names) - 1, 0))
        return number

    def _write_rows(self) -> None:
        # XlsxWriter's own rows come first: those of the title and the header.
        if not self._bulk:
            super()._write_rows()
            return
        last = self.dim_rowmax  # type: ignore[has-type]
        self.dim_rowmax = self._first - 1
        super()._write_rows()
        self.dim_rowmax = last
        self.fh.write("".join(self._bulk))
