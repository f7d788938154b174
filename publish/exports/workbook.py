"""chiffres_cles.xlsx: for an officer, ready to read and to print; numbers are numbers, absences say why."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import duckdb
import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from publish import words
from publish.exports import key_figures, notes
from publish.exports.key_figures import Figure
from publish.exports.styles import GREY, LEGEND, PALE, Styles, change_pattern, pattern, rank_pattern

LEVELS = {
    "EPCI": ("EPCI", "Les EPCI"),
    "ZE2020": ("Zones d'emploi", "Les zones d'emploi"),
    "COM": ("Communes", "Les communes"),
}
RANK = "* Parmi les régions dont la valeur est connue ; 1er = valeur la plus élevée."


class Book:
    """The workbook being written: the figures of one region from one release."""

    def __init__(self, path: Path, figures: list[Figure], region: str, release: str, made: datetime) -> None:
        self.figures = figures
        self.region = region
        self.release = release
        self.book = xlsxwriter.Workbook(str(path))
        self.styles = Styles(self.book)
        self.own = {
            f.indicateur: f for f in figures if f.type_territoire == "REG" and f.code_territoire == region
        }
        self.name = next((f.territoire_libelle for f in self.own.values()), f"Région {region}")
        # The date of the release, not of the writing: the same release gives the same bytes.
        self.book.set_properties(
            {
                "title": f"Chiffres clés — {self.name}",
                "subject": f"Release {release}",
                "created": made.replace(tzinfo=None),
            }
        )

    def sheet(
        self, tab: str, title: str, subtitle: str, first_row: int, repeat: tuple[int, int], frozen: int
    ) -> Worksheet:
        """A sheet with its title, legend, frozen header and A4 landscape setup; cells start at
        `first_row`."""
        sheet = self.book.add_worksheet(tab)
        sheet.hide_gridlines(2)
        sheet.set_landscape()
        sheet.set_paper(9)  # A4
        sheet.fit_to_pages(1, 0)
        sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
        sheet.repeat_rows(*repeat)
        sheet.set_footer(f"&L&8Référentiel régional — release {self.release}&C&8{tab}&R&8&P / &N")
        sheet.freeze_panes(first_row, frozen)
        sheet.write(0, 0, title, self.styles.title)
        sheet.set_row(0, 26)
        sheet.write(1, 0, subtitle, self.styles.subtitle)
        sheet.write(2, 0, LEGEND, self.styles.subtitle)
        return sheet

    def header(
        self, sheet: Worksheet, row: int, texts: list[str], numbers_from: int, widths: list[float]
    ) -> None:
        """One row of header; columns of figures are aligned right like their figures."""
        for column, text in enumerate(texts):
            sheet.write(row, column, text, self.styles.header("right" if column >= numbers_from else "left"))
            sheet.set_column(column, column, widths[min(column, len(widths) - 1)])

    def band(self, sheet: Worksheet, row: int, text: str, columns: int) -> None:
        """A row that names a theme."""
        for column in range(columns):
            sheet.write_blank(row, column, None, self.styles.band)
        sheet.write_string(row, 0, text, self.styles.band)

    def value(
        self,
        sheet: Worksheet,
        row: int,
        column: int,
        figure: Figure | None,
        expected_period: str | None = None,
        **style: object,
    ) -> None:
        """One figure: a number in its format, or the word that says why there is none."""
        if figure is None or figure.valeur is None:
            sheet.write_string(
                row, column, figure.mention if figure else words.MISSING, self.styles.missing(**style)
            )
        else:
            shape = pattern(figure.decimales, figure.unite, figure.statut)
            sheet.write_number(row, column, figure.valeur, self.styles.number(shape, **style))
        if figure is not None and expected_period and figure.periode != expected_period:
            sheet.write_comment(row, column, f"Période : {words.period(figure.periode)}", {"font_size": 9})

    def optional(self, sheet: Worksheet, row: int, column: int, value: float | None, style: Format) -> None:
        """A number, or an empty cell where there is nothing to compare with."""
        if value is None:
            sheet.write_blank(row, column, None, self.styles.text())
        else:
            sheet.write_number(row, column, value, style)


def write(path: Path, database: Path, region: str, release: str, made: datetime) -> Path:
    """Writes the workbook of the region's key figures at `path`."""
    book = Book(path, key_figures.read(database, ["REG", "DEP", *LEVELS]), region, release, made)
    with duckdb.connect(str(database), read_only=True) as connection:
        _region(book)
        _departments(book)
        for level in LEVELS:
            _wide(book, level, _members(connection, level, region))
        notes.write(book, connection)
    book.book.close()
    return path


def _members(connection: duckdb.DuckDBPyConnection, level: str, region: str) -> set[str]:
    """The territories of a level that touch the region (an EPCI may straddle two)."""
    if level == "COM":
        query = "select territoire from territoires where type_territoire = 'COM' and code_region = $region"
        return {row[0] for row in connection.execute(query, {"region": region}).fetchall()}
    query = """
        select distinct a.type_territoire || '-' || a.code_territoire
        from appartenances a join territoires t on t.territoire = 'COM-' || a.code_commune
        where a.type_territoire = $niveau and t.code_region = $region
    """
    return {row[0] for row in connection.execute(query, {"niveau": level, "region": region}).fetchall()}


def _region(book: Book) -> None:
    styles = book.styles
    tab = book.name.translate(str.maketrans("/:\\?*[]", "-------"))[:31]
    said = f"Dernière valeur connue de chaque indicateur. Référentiel régional, release {book.release}."
    sheet = book.sheet(tab, f"Chiffres clés — {book.name}", said, 4, (3, 3), 1)
    headers = ["Indicateur", "Unité", "Période", "Valeur", "Un an avant", "Évolution", "France", "Rang*"]
    book.header(sheet, 3, headers, 3, [54, 24, 14, 15, 14, 12, 14, 13])
    sheet.write(3, 8, "Producteur", styles.header("left", indent=1))
    sheet.set_column(8, 8, 30)
    sheet.set_row(3, 20)
    row, theme = 4, ""
    for figure in book.own.values():
        if figure.theme != theme:
            theme = figure.theme
            book.band(sheet, row, theme, 9)
            row += 1
        shape = pattern(figure.decimales, figure.unite)
        sheet.write_string(row, 0, figure.libelle, styles.text(text_wrap=True))
        sheet.write_string(row, 1, figure.unite, styles.text(font_color=GREY, text_wrap=True))
        sheet.write_string(row, 2, words.period(figure.periode), styles.text())
        book.value(sheet, row, 3, figure, bold=True)
        if figure.valeur is None:  # why, over the cells that have nothing to compare
            for column in range(4, 9):
                sheet.write_blank(row, column, None, styles.text())
            sheet.write_string(
                row, 4, figure.motif or "", styles.text(font_color=GREY, italic=True, font_size=9)
            )
            row += 1
            continue
        book.optional(sheet, row, 4, figure.valeur_un_an_avant, styles.number(shape))
        change = change_pattern(figure.unite_variation, figure.decimales)
        book.optional(sheet, row, 5, figure.variation, styles.number(change))
        book.optional(sheet, row, 6, figure.valeur_france, styles.number(shape))
        place = rank_pattern(figure.rang, figure.nombre_classes or 0) if figure.rang else "0"
        book.optional(sheet, row, 7, figure.rang, styles.number(place))
        sheet.write_string(row, 8, figure.producteur, styles.text(font_color=GREY, text_wrap=True, indent=1))
        row += 1
    sheet.write(row + 1, 0, RANK, styles.subtitle)


def _departments(book: Book) -> None:
    figures = [f for f in book.figures if f.type_territoire == "DEP" and f.code_region == book.region]
    groups = key_figures.by_indicator(figures)
    if not groups:
        return
    styles = book.styles
    territories = dict(sorted({f.territoire: f.territoire_libelle for f in figures}.items()))
    said = (
        "Dernière valeur connue ; une note de cellule signale une valeur d'une autre période que celle de la"
        " ligne."
    )
    sheet = book.sheet("Départements", f"Les départements — {book.name}", said, 4, (3, 3), 1)
    headers = ["Indicateur", "Unité", "Période", *territories.values(), book.name, "France"]
    book.header(sheet, 3, headers, 3, [54, 24, 14, 15])
    sheet.set_row(3, 20)
    last, row, theme = len(headers) - 1, 4, ""
    for indicator, group in groups.items():
        one, period = group[0], key_figures.usual_period(group)
        if one.theme != theme:
            theme = one.theme
            book.band(sheet, row, theme, len(headers))
            row += 1
        sheet.write_string(row, 0, one.libelle, styles.text(text_wrap=True))
        sheet.write_string(row, 1, one.unite, styles.text(font_color=GREY, text_wrap=True))
        sheet.write_string(row, 2, words.period(period), styles.text())
        known = {f.territoire: f for f in group}
        for column, territory in enumerate(territories, start=3):
            book.value(sheet, row, column, known.get(territory), period)
        own = book.own.get(indicator)
        book.value(sheet, row, last - 1, own, period, bold=True, bg_color=PALE)
        # France is compared at the period of the line only: another period's would be another question.
        france = next((f.valeur_france for f in group if f.periode == period), None)
        book.optional(sheet, row, last, france, styles.number(pattern(one.decimales, one.unite)))
        row += 1


def _wide(book: Book, level: str, members: set[str]) -> None:
    """One row per territory, one column per indicator that the level knows; filters on the header."""
    figures = [f for f in book.figures if f.type_territoire == level and f.territoire in members]
    groups = key_figures.by_indicator(figures)
    if not groups:
        return
    styles = book.styles
    tab, title = LEVELS[level]
    labels = ["Code", "Territoire"] + (["Dépt"] if level == "COM" else [])
    offset, last = len(labels), len(labels) + len(groups) - 1
    rows = sorted(
        {f.territoire: f for f in figures}.values(), key=lambda f: words.sort_key(f.territoire_libelle)
    )
    said = (
        f"{words.plural(len(rows), 'territoire')}. Une note de cellule signale une valeur d'une autre période"
        " que celle de la colonne ; * : à cheval sur plusieurs régions."
    )
    sheet = book.sheet(tab, f"{title} — {book.name}", said, 6, (3, 4), 2)
    # As many pages side by side as keep the figures readable, the names repeated on each.
    sheet.fit_to_pages(-(-len(groups) // 10), 0)
    sheet.repeat_columns(0, offset - 1)
    sheet.set_row(3, 70)
    sheet.set_row(4, 30)
    sheet.set_column(0, 0, 11)
    sheet.set_column(1, 1, 40)
    sheet.set_column(2, last, 13)
    if level == "COM":
        sheet.set_column(2, 2, 6)
    for column, text in enumerate(labels):
        sheet.write_blank(3, column, None, styles.header())
        sheet.write_string(4, column, text, styles.header())
        sheet.write_string(5, column, book.name if column == 1 else "", styles.band)
    for column, (indicator, group) in enumerate(groups.items(), start=offset):
        period = key_figures.usual_period(group)
        sheet.write_string(3, column, group[0].libelle, styles.header("right"))
        sheet.write_string(4, column, f"{group[0].unite}\n{words.period(period)}", styles.header("right"))
        own = book.own.get(indicator)
        if own is None or own.valeur is None:  # nothing stands for the region: a median is not summed
            sheet.write_string(5, column, words.MISSING, styles.missing(bg_color=PALE))
        else:
            book.value(sheet, 5, column, own, period, bold=True, bg_color=PALE)
        known = {f.territoire: f for f in group}
        for row, territory in enumerate(rows, start=6):
            book.value(sheet, row, column, known.get(territory.territoire), period)
    grey = styles.text(font_color=GREY)
    for row, territory in enumerate(rows, start=6):
        sheet.write_string(row, 0, territory.code_territoire, grey)
        sheet.write_string(
            row, 1, territory.territoire_libelle + ("*" if territory.est_interregional else ""), styles.text()
        )
        if level == "COM":
            sheet.write_string(row, 2, territory.code_departement or "", grey)
    sheet.autofilter(4, 0, 5 + len(rows), last)
