"""xls and xlsx: sheets by name, the header row found by the columns it must hold, never by a fixed range."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from python_calamine import CalamineError, CalamineWorkbook

from extract.definitions import Part
from extract.errors import DeliveryRefused
from extract.reading.table import Table

HEADER_SEARCHED = 40  # rows


def cell_text(value: Any) -> str | None:
    """A cell as text: whole numbers without decimals, dates as ISO, empty as None; nothing rounded."""
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, dt.datetime | dt.date | dt.time):
        return value.isoformat()
    return str(value)


def read_spreadsheet(path: Path, part: Part) -> Table:
    """The sheets that the yaml names, stacked; columns as in the header row. Raises DeliveryRefused."""
    try:
        workbook = CalamineWorkbook.from_path(path)
    except (CalamineError, OSError, ValueError) as error:
        raise DeliveryRefused(f"classeur illisible ou abîmé : {error}") from error
    sheets = part.lecture.get("feuilles") or workbook.sheet_names[:1]
    missing = [sheet for sheet in sheets if sheet not in workbook.sheet_names]
    if missing:
        raise DeliveryRefused(
            f"feuille absente : {', '.join(missing)} ; le "
            f"classeur contient : {', '.join(workbook.sheet_names)}"
        )
    sheet_column = part.lecture.get("colonne_feuille")
    columns: list[str] = []
    rows: list[list[str | None]] = []
    for sheet in sheets:
        try:
            cells = workbook.get_sheet_by_name(sheet).to_python(skip_empty_area=False)
        except (CalamineError, ValueError) as error:
            raise DeliveryRefused(f"feuille {sheet} illisible : {error}") from error
        header, first = _header(cells, part, sheet)
        if columns and header != columns:
            raise DeliveryRefused(f"feuille {sheet} : colonnes autres que celles de la feuille {sheets[0]}")
        columns = header
        body = _body(cells[first:], len(header), part, f"feuille {sheet}", first)
        rows += [[sheet, *row] for row in body] if sheet_column else body
    return Table.of_rows([sheet_column, *columns] if sheet_column else columns, rows)


def _header(cells: Sequence[Sequence[Any]], part: Part, sheet: str) -> tuple[list[str], int]:
    """Names of the columns and index of the first row of data."""
    double = part.lecture.get("entete_double")
    rows = [[(cell_text(cell) or "").strip() for cell in row] for row in cells[:HEADER_SEARCHED]]
    for index, row in enumerate(rows):
        if double:
            names = _double(rows[index - 1], row, double) if index else None
        else:
            names = _trimmed(row) if set(part.attendu["colonnes"]) <= set(row) else None
        if names:
            _refuse_bad_names(names, sheet, index)
            return names, index + 1
    wanted = f"les colonnes {', '.join(part.attendu['colonnes'])}" if not double else "années puis trimestres"
    nearest = max(rows, key=lambda row: len(set(row) & set(part.attendu["colonnes"])), default=[])
    raise DeliveryRefused(
        f"feuille {sheet} : pas de ligne d'en-tête avec "
        f"{wanted} dans les {HEADER_SEARCHED} premières lignes ; "
        f"la plus proche : {', '.join(filter(None, nearest[:12]))}"
    )


def _double(above: list[str], row: list[str], rule: dict[str, Any]) -> list[str] | None:
    """Assemble a header of two rows (a year over its first quarter only), or None when this is not it."""
    first = len(rule["premieres"])
    below = _trimmed(row)
    if len(below) <= first or not all(re.fullmatch(rule["bas"], cell) for cell in below[first:]):
        return None
    names, current = list(rule["premieres"]), ""
    for top, cell in zip(above[first:], below[first:], strict=False):
        if re.fullmatch(rule["haut"], top):
            current = top
        if not current:
            return None
        names.append(f"{current}-{cell}")
    return names


def _trimmed(row: list[str]) -> list[str]:
    width = max((index + 1 for index, cell in enumerate(row) if cell), default=0)
    return row[:width]


def _refuse_bad_names(names: list[str], sheet: str, index: int) -> None:
    where = f"feuille {sheet}, ligne {index + 1}"
    if "" in names:
        raise DeliveryRefused(f"{where} : la colonne {names.index('') + 1} n'a pas de nom")
    lower = [name.lower() for name in names]
    twice = sorted({name for name in names if lower.count(name.lower()) > 1})
    if twice:
        raise DeliveryRefused(f"{where} : colonnes en double : {', '.join(twice)}")


def _body(
    cells: Sequence[Sequence[Any]], width: int, part: Part, sheet: str, first: int
) -> list[list[str | None]]:
    """The rows under the header; empty rows are left out, or end the table when the yaml says so. A value
    outside the named columns is refused: it would be lost in silence."""
    body: list[list[str | None]] = []
    stop = part.lecture.get("jusqu_a_ligne_vide", False)
    for index, row in enumerate(cells):
        texts = [cell_text(cell) for cell in row[:width]]
        if any(cell_text(cell) for cell in row[width:]):
            raise DeliveryRefused(
                f"{sheet}, ligne {first + index + 1} : une valeur sort des colonnes nommées"
            )
        if not any(texts):
            if stop and body:
                break
            continue
        body.append(texts + [None] * (width - len(texts)))
    return body
