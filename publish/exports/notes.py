"""The sheet « Notes et sources »: what each figure means, where it comes from, and under which licence it
may be reused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb

from publish import words
from publish.exports.styles import GREY

if TYPE_CHECKING:
    from publish.exports.workbook import Book

QUERY = """
    with periodes as (
        select indicateur, max(periode) as periode from observations group by all
    ),
    observees as (
        select indicateur, max(publie_le) as publie_le,
            string_agg(distinct millesime_cog::varchar, ', ' order by millesime_cog::varchar) as geographie
        from observations join periodes using (indicateur, periode)
        group by all
    ),
    dernieres as (
        select indicateur, max(periode) as periode from chiffres_cles where valeur is not null group by all
    )
    select i.theme, i.libelle, i.definition, i.unite, i.champ, i.formule, d.periode, v.geographie,
        v.publie_le, i.producteur, s.titre, i.licence, s.attribution, s.page, i.notes, i.indicateur
    from indicateurs i
    join dernieres d using (indicateur)
    left join observees v using (indicateur)
    left join sources s using (source)
    order by i.ordre, i.indicateur
"""
HEADERS = (
    ("Indicateur", 30),
    ("Définition et calcul", 48),
    ("Champ, géographie, dernière période", 32),
    ("Source, licence et mention obligatoire", 46),
    ("Précautions de lecture", 44),
)
# A computed row height must hold whatever the reader's font: characters per unit of width, on the narrow
# side.
DENSITY = 1.12


def write(book: Book, connection: duckdb.DuckDBPyConnection) -> None:
    """Adds the sheet, one row per indicator of the workbook, grouped by theme."""
    styles = book.styles
    said = (
        "Citer le producteur (mention obligatoire) sous tout chiffre repris. Les chiffres évoluent d'une"
        f" release à l'autre ; ceux-ci sont ceux de la release {book.release}."
    )
    sheet = book.sheet("Notes et sources", "Notes et sources", said, 4, (3, 3), 1)
    for column, (text, width) in enumerate(HEADERS):
        sheet.write(3, column, text, styles.header())
        sheet.set_column(column, column, width)
    sheet.set_row(3, 20)
    cell = styles.text(text_wrap=True, valign="top", font_size=9)
    bold = styles.get(font_size=9, bold=True)
    grey = styles.get(font_size=8, font_color=GREY)
    wrap = styles.text(text_wrap=True, valign="top")
    row, theme = 4, ""
    for line in connection.execute(QUERY).fetchall():
        (
            group,
            label,
            definition,
            unit,
            scope,
            formula,
            period,
            geography,
            published,
            producer,
            title,
            licence,
            attribution,
            page,
            notes,
            indicator,
        ) = line
        if group != theme:
            theme = group
            book.band(sheet, row, theme, len(HEADERS))
            row += 1
        known = (
            f"publiée le {words.day(published)}"
            if published
            else "date de publication non donnée par le producteur"
        )
        texts = [
            _lines(label, f"({unit})", indicator),
            _lines(
                definition, f"Calcul : {formula}" if formula and formula != "Chiffre du producteur" else None
            ),
            _lines(
                scope,
                f"Géographie du producteur : COG {geography}" if geography else None,
                f"Dernière période : {words.period(period)}, {known}",
            ),
            _lines(f"{producer} — {title}" if title else producer, page, attribution, licence),
            notes or "",
        ]
        height = 1
        for column, text in enumerate(texts):
            if column:
                sheet.write_string(row, column, text, cell)
            else:
                sheet.write_rich_string(row, 0, *[bold, label, cell, f"\n({unit})\n", grey, indicator], wrap)
            per_line = int(HEADERS[column][1] * DENSITY)
            height = max(height, sum(-(-max(len(part), 1) // per_line) for part in text.split("\n")))
        sheet.set_row(row, 12 * height + 4)
        row += 1


def _lines(*parts: str | None) -> str:
    return "\n".join(part for part in parts if part)
