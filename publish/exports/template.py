"""The Région's own workbook, filled: its sheets, styles and charts stay, its marks are replaced by figures;
`lost` says what does not stay.

A mark is a whole cell: `{{indicateur|territoire}}` (last value), `{{indicateur|territoire|période}}`,
`{{periode:indicateur|territoire}}`, `{{release}}`, `{{date}}`. The figures go in as numbers and take
the cell's own format. A sheet named « Données » receives every figure of the choice,
one a row, for formulas and charts.
"""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zipfile import BadZipFile, ZipFile

import duckdb
from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from publish import words
from publish.errors import PublishFault
from publish.exports.request import Names

if TYPE_CHECKING:
    from publish.exports.custom_workbook import Content

MARK = re.compile(r"\s*\{\{\s*(.+?)\s*\}\}\s*")
DATA = "Données"
HEAD = (
    "niveau",
    "code",
    "territoire",
    "indicateur",
    "libelle",
    "unite",
    "periode",
    "valeur",
    "mention",
    "statut",
)
FIGURE = """
    select periode, valeur, confidentialite from observations
    where indicateur = $indicateur and territoire = $territoire and modalite = '_T'
        and ($periode is null or periode = $periode)
    order by valeur is null, date_fin desc limit 1
"""


def fill(
    template: Path, target: Path, content: Content, database: Path, release: str, made: datetime
) -> None:
    """Fills a copy of the template. Raises PublishFault for a file that is no workbook or a mark that names
    what the release has not, with its cell."""
    try:
        book = load_workbook(template)
    except (InvalidFileException, BadZipFile, KeyError, OSError) as error:
        raise PublishFault(f"MODELE={template} ne s'ouvre pas comme un classeur .xlsx : {error}.") from error
    names = Names.read(database)
    with duckdb.connect(str(database), read_only=True) as connection:
        for sheet in book.worksheets:
            for row in sheet.iter_rows():
                for cell in row:
                    found = MARK.fullmatch(cell.value) if isinstance(cell.value, str) else None
                    if found:
                        try:
                            cell.value = _answer(found[1], connection, names, release, made)
                        except PublishFault as error:
                            raise PublishFault(f"{sheet.title}!{cell.coordinate} : {error}") from error
    if DATA in book.sheetnames:
        sheet = book[DATA]
        sheet.delete_rows(1, sheet.max_row)
    else:
        sheet = book.create_sheet(DATA)
    sheet.append(HEAD)
    for (index, rank), points in content.series.items():
        one, (_, level, code, label) = content.indicators[index], content.territories[rank]
        for period, value, status, secret, mark in points:
            bound = mark if mark in ("5 ou moins", "95 ou plus") else None
            word = bound or ("" if value is not None else words.SECRET if secret else words.MISSING)
            shown = None if bound else value
            sheet.append(
                (level, code, label, one.indicateur, one.libelle, one.unite, period, shown, word, status)
            )
    book.save(target)


def lost(template: Path) -> list[str]:
    """What the filled copy of a template will not have, in words: its pictures, shapes, pivot tables and
    macros are not rewritten. Empty when all of it stays."""
    with ZipFile(template) as parts:
        names = parts.namelist()
        drawings = b"".join(
            parts.read(n) for n in names if n.startswith("xl/drawings/") and n.endswith(".xml")
        )
    found = {
        "images": any(n.startswith("xl/media/") for n in names),
        "formes et zones de texte": b":sp>" in drawings or b":sp " in drawings,
        "tableaux croisés": any(n.startswith("xl/pivot") for n in names),
        "macros": "xl/vbaProject.bin" in names,
    }
    return [name for name, there in found.items() if there]


def _answer(
    mark: str, connection: duckdb.DuckDBPyConnection, names: Names, release: str, made: datetime
) -> Any:
    if mark == "release":
        return release
    if mark == "date":
        return words.day(made)
    of_period = mark.startswith("periode:")
    parts = [part.strip() for part in mark.removeprefix("periode:").split("|")]
    if len(parts) not in (2, 3):
        raise PublishFault(
            f"repère {{{{{mark}}}}} : écrire indicateur|territoire ou indicateur|territoire|période."
        )
    if parts[0] not in names.indicators:
        names.indicator(parts[0])
        raise PublishFault(f"repère {{{{{mark}}}}} : donner l'identifiant d'un seul indicateur.")
    found = connection.execute(
        FIGURE,
        {
            "indicateur": parts[0],
            "territoire": names.territory(parts[1]),
            "periode": parts[2] if len(parts) > 2 else None,
        },
    ).fetchone()
    if found is None:
        return words.MISSING
    period, value, secret = found
    if of_period:
        return words.period(period)
    return value if value is not None else words.why_missing(secret)
