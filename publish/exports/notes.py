"""The sheet « Notes et sources »: what each figure means, where it comes from, and under which licence it may be reused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb

from publish import words

if TYPE_CHECKING:
    from publish.exports.workbook import Book

QUERY = """
    with observees as (
        select indicateur, max(publie_le) as publie_le,
            string_agg(distinct millesime_cog::varchar, ', ' order by millesime_cog::varchar) as geographie
        from observations o join (select indicateur, max(periode) as periode from observations group by all) using (indicateur, periode)
        group by all
    ),
    dernieres as (select indicateur, max(periode) as periode from chiffres_cles where valeur is not null group by all)
    select i.theme, i.libelle, i.definition, i.unite, i.champ, i.formule, d.periode, v.geographie, v.publie_le, i.producteur,
        s.titre, i.licence, s.attribution, s.page, i.notes, i.indicateur
    from indicateurs i
    join dernieres d using (indicateur)
    left join observees v using (indicateur)
    left join sources s using (source)
    order by i.ordre, i.indicateur
"""
HEADERS = (
    ("Indicateur", 26), ("Définition", 44), ("Unité", 13), ("Champ et géographie", 26), ("Dernière période", 13),
    ("Producteur et source", 30), ("Licence et mention obligatoire", 30), ("Précautions de lecture", 44),
    ("Identifiant", 26),
)  # fmt: skip


def write(book: Book, connection: duckdb.DuckDBPyConnection) -> None:
    """Adds the sheet, one row per indicator of the workbook, grouped by theme."""
    sheet = book.sheet("Notes et sources", "Notes et sources", len(HEADERS), 4, (3, 3), 1)
    styles = book.styles
    sheet.write(1, 0, "Citer le producteur (mention obligatoire) sous tout chiffre repris. Les chiffres évoluent d'une release à "
                f"l'autre ; ceux-ci sont ceux de la release {book.release}.", styles.subtitle)  # fmt: skip
    from publish.exports.workbook import LEGEND

    sheet.write(2, 0, LEGEND, styles.subtitle)
    for column, (text, width) in enumerate(HEADERS):
        sheet.write(3, column, text, styles.header())
        sheet.set_column(column, column, width)
    sheet.set_row(3, 20)
    cell = styles.text(text_wrap=True, valign="top", font_size=9)
    bold = styles.text(text_wrap=True, valign="top", font_size=9, bold=True)
    grey = styles.text(text_wrap=True, valign="top", font_size=8, font_color="#6B7683")
    row, theme = 4, None
    for line in connection.execute(QUERY).fetchall():
        (group, label, definition, unit, scope, formula, period, geography, published, producer, title, licence,
         attribution, page, notes, indicator) = line  # fmt: skip
        if group != theme:
            theme = group
            for column in range(len(HEADERS)):
                sheet.write_blank(row, column, None, styles.band)
            sheet.write(row, 0, theme, styles.band)
            row += 1
        known = f"publié le {words.day(published)}" if published else "date de publication non donnée"
        texts = [
            label,
            _lines(definition, f"Calcul : {formula}" if formula else None),
            unit,
            _lines(scope, f"Géographie du producteur : COG {geography}" if geography else None),
            _lines(words.period(period), known),
            _lines(producer, title, page),
            _lines(licence, attribution),
            notes or "",
            indicator,
        ]
        height = 1
        for column, text in enumerate(texts):
            style = bold if column == 0 else grey if column == len(texts) - 1 else cell
            sheet.write_string(row, column, text or "", style)
            per_line = HEADERS[column][1] * 1.15
            height = max(height, sum(-(-max(len(part), 1) // int(per_line)) for part in (text or "").split("\n")))
        sheet.set_row(row, 12.5 * height + 4)
        row += 1


def _lines(*parts: str | None) -> str:
    return "\n".join(part for part in parts if part)
