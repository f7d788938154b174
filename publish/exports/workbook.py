"""chiffres_cles.xlsx: for an officer, ready to read and to print; numbers are numbers, absences say why."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import xlsxwriter
from xlsxwriter.worksheet import Worksheet

from publish import words
from publish.exports import key_figures, notes
from publish.exports.styles import Styles, change_pattern, pattern, rank_pattern

TITLES = {
    "DEP": ("Départements", "Les départements"),
    "EPCI": ("EPCI", "Les EPCI"),
    "ZE2020": ("Zones d'emploi", "Les zones d'emploi"),
    "BV2022": ("Bassins de vie", "Les bassins de vie"),
    "COM": ("Communes", "Les communes"),
}


class Book:
    """The workbook being written: the figures of one region from one release."""

    def __init__(self, path: Path, data: pd.DataFrame, region: str, release: str, made: datetime) -> None:
        self.data = data
        self.region = region
        self.release = release
        self.book = xlsxwriter.Workbook(str(path), {"nan_inf_to_errors": False, "default_date_format": "dd/mm/yyyy"})
        self.styles = Styles(self.book)
        own = data[(data.type_territoire == "REG") & (data.code_territoire == region)]
        self.own = own
        self.name = str(own.territoire_libelle.iloc[0]) if len(own) else f"Région {region}"
        # The date of the release, not of the writing: the same release gives the same bytes.
        self.book.set_properties(
            {"title": f"Chiffres clés — {self.name}", "subject": f"Release {release}", "created": made.replace(tzinfo=None)}
        )

    def sheet(self, tab: str, title: str, columns: int, first_row: int, repeat: tuple[int, int], frozen: int) -> Worksheet:
        """A sheet with its title, frozen header and A4 landscape setup."""
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
        return sheet

    def value(
        self, sheet: Worksheet, row: int, column: int, figure: Any, reference_period: str | None = None, **style: Any
    ) -> None:
        """One figure: a number in its format, or the word that says why there is none."""
        if figure is None:
            sheet.write_string(row, column, words.MISSING, self.styles.missing(**style))
            return
        if words.absent(figure.valeur):
            sheet.write_string(row, column, figure.mention, self.styles.missing(**style))
        else:
            shape = pattern(int(figure.decimales), figure.unite, figure.statut)
            sheet.write_number(row, column, float(figure.valeur), self.styles.number(shape, **style))
        if reference_period and figure.periode != reference_period:
            sheet.write_comment(row, column, f"Période : {words.period(figure.periode)}", {"font_size": 9})


def write(path: Path, database: Path, region: str, release: str, made: datetime, data: pd.DataFrame | None = None) -> Path:
    """Writes the workbook of the region's key figures at `path`."""
    data = key_figures.frame(database) if data is None else data
    book = Book(path, data, region, release, made)
    with duckdb.connect(str(database), read_only=True) as connection:
        _region(book)
        _departments(book)
        for level in ("EPCI", "ZE2020", "COM"):
            _wide(book, level, _members(connection, level, region))
        notes.write(book, connection)
    book.book.close()
    return path


def _members(connection: duckdb.DuckDBPyConnection, level: str, region: str) -> set[str]:
    """The territories of a level that touch the region (an EPCI may straddle two)."""
    if level == "COM":
        query = "select territoire from territoires where type_territoire = 'COM' and code_region = ?"
        return {row[0] for row in connection.execute(query, [region]).fetchall()}
    query = """
        select distinct a.type_territoire || '-' || a.code_territoire
        from appartenances a join territoires t on t.territoire = 'COM-' || a.code_commune
        where a.type_territoire = ? and t.code_region = ?
    """
    return {row[0] for row in connection.execute(query, [level, region]).fetchall()}


def _region(book: Book) -> None:
    tab = book.name[:31].replace("/", "-").replace(":", "-")
    sheet = book.sheet(tab, f"Chiffres clés — {book.name}", 9, 4, (3, 3), 1)
    sheet.write(1, 0, f"Dernière valeur connue de chaque indicateur. Référentiel régional, release {book.release}.",
                book.styles.subtitle)  # fmt: skip
    sheet.write(2, 0, LEGEND, book.styles.subtitle)
    headers = ["Indicateur", "Unité", "Période", "Valeur", "Un an avant", "Évolution", "France", "Rang*", "Producteur"]
    for column, text in enumerate(headers):
        sheet.write(3, column, text, book.styles.header("right" if 3 <= column <= 7 else "left"))
    sheet.set_row(3, 20)
    for column, width in enumerate([52, 22, 14, 14, 14, 12, 14, 12, 30]):
        sheet.set_column(column, column, width)
    row, theme = 4, None
    styles = book.styles
    for figure in book.own.itertuples():
        if figure.theme != theme:
            theme = figure.theme
            for column in range(len(headers)):
                sheet.write_blank(row, column, None, styles.band)
            sheet.write(row, 0, theme, styles.band)
            row += 1
        shape = pattern(int(figure.decimales), figure.unite)
        sheet.write(row, 0, figure.libelle, styles.text(text_wrap=True))
        sheet.write(row, 1, figure.unite, styles.text(font_color="#6B7683", text_wrap=True))
        sheet.write(row, 2, words.period(figure.periode), styles.text())
        book.value(sheet, row, 3, figure, bold=True)
        _optional(sheet, row, 4, figure.valeur_un_an_avant, styles.number(shape), styles)
        change = change_pattern(figure.unite_variation, int(figure.decimales))
        _optional(sheet, row, 5, figure.variation, styles.number(change), styles)
        _optional(sheet, row, 6, figure.valeur_france, styles.number(shape), styles)
        if words.absent(figure.rang):
            sheet.write_blank(row, 7, None, styles.text())
        else:
            place = rank_pattern(int(figure.rang), int(figure.nombre_classes))
            sheet.write_number(row, 7, int(figure.rang), styles.number(place))
        sheet.write(row, 8, figure.producteur, styles.text(font_color="#6B7683", text_wrap=True))
        row += 1
    sheet.write(row + 1, 0, RANK, styles.subtitle)


LEGEND = ("secret : couvert par le secret statistique ; n.d. : non disponible ; (p) : provisoire ; (e) : estimé ou prévu ; "
          "une case vide : sans objet.")  # fmt: skip
RANK = "* Parmi les régions dont la valeur est connue ; 1er = valeur la plus élevée."


def _optional(sheet: Worksheet, row: int, column: int, value: Any, style: Any, styles: Styles) -> None:
    if words.absent(value):
        sheet.write_blank(row, column, None, styles.text())
    else:
        sheet.write_number(row, column, float(value), style)


def _departments(book: Book) -> None:
    data = book.data[(book.data.type_territoire == "DEP") & (book.data.code_region == book.region)]
    if data.empty:
        return
    territories = data[["territoire", "territoire_libelle"]].drop_duplicates().sort_values("territoire")
    last = 3 + len(territories) + 1
    sheet = book.sheet("Départements", f"Les départements — {book.name}", last + 1, 4, (3, 3), 1)
    sheet.write(1, 0, "Dernière valeur connue ; une note signale une valeur d'une autre période.", book.styles.subtitle)
    sheet.write(2, 0, LEGEND, book.styles.subtitle)
    headers = ["Indicateur", "Unité", "Période", *territories.territoire_libelle, book.name, "France"]
    for column, text in enumerate(headers):
        sheet.write(3, column, text, book.styles.header("right" if column >= 3 else "left"))
    sheet.set_row(3, 20)
    for column, width in enumerate([52, 22, 14] + [15] * (len(territories) + 2)):
        sheet.set_column(column, column, width)
    known = {(f.indicateur, f.territoire): f for f in data.itertuples()}
    whole = {f.indicateur: f for f in book.own.itertuples()}
    row, theme = 4, None
    styles = book.styles
    for indicator, group in data.groupby("indicateur", sort=False):
        if group.valeur.isna().all():
            continue
        one = next(group.itertuples())
        if one.theme != theme:
            theme = one.theme
            for column in range(len(headers)):
                sheet.write_blank(row, column, None, styles.band)
            sheet.write(row, 0, theme, styles.band)
            row += 1
        period = str(group.periode.mode().iloc[0])
        sheet.write(row, 0, one.libelle, styles.text(text_wrap=True))
        sheet.write(row, 1, one.unite, styles.text(font_color="#6B7683", text_wrap=True))
        sheet.write(row, 2, words.period(period), styles.text())
        for column, territory in enumerate(territories.territoire, start=3):
            book.value(sheet, row, column, known.get((indicator, territory)), period)
        book.value(sheet, row, last - 1, whole.get(indicator), period, bold=True)
        shape = pattern(int(one.decimales), one.unite)
        reference = whole.get(indicator)
        france = reference.valeur_france if reference is not None else one.valeur_france
        _optional(sheet, row, last, france, styles.number(shape), styles)
        row += 1


def _wide(book: Book, level: str, members: set[str]) -> None:
    """One row per territory, one column per indicator that the level knows; filters on the header."""
    data = book.data[(book.data.type_territoire == level) & book.data.territoire.isin(members)]
    data = data[data.groupby("indicateur").valeur.transform("count") > 0]
    if data.empty:
        return
    tab, title = TITLES[level]
    indicators = data.drop_duplicates("indicateur")
    labels = ["Code", "Territoire"] + (["Département"] if level == "COM" else [])
    offset = len(labels)
    last = offset + len(indicators) - 1
    sheet = book.sheet(tab, f"{title} — {book.name}", last + 1, 6, (3, 4), 2)
    sheet.write(1, 0, f"{words.plural(data.territoire.nunique(), 'territoire')}. Une note signale une valeur d'une autre "
                "période que celle de la colonne ; * : à cheval sur plusieurs régions.", book.styles.subtitle)  # fmt: skip
    sheet.write(2, 0, LEGEND, book.styles.subtitle)
    styles = book.styles
    for column, text in enumerate(labels):
        sheet.write(3, column, "", styles.header())
        sheet.write(4, column, text, styles.header())
    sheet.set_row(3, 58)
    sheet.set_row(4, 30)
    sheet.set_column(0, 0, 11)
    sheet.set_column(1, 1, 40)
    sheet.set_column(2, last, 15)
    periods: dict[str, str] = {}
    whole = {f.indicateur: f for f in book.own.itertuples()}
    sheet.write(5, 0, "", styles.band)
    sheet.write(5, 1, book.name, styles.band)
    if level == "COM":
        sheet.write(5, 2, "", styles.band)
    for column, one in enumerate(indicators.itertuples(), start=offset):
        periods[one.indicateur] = str(data[data.indicateur == one.indicateur].periode.mode().iloc[0])
        sheet.write(3, column, one.libelle, styles.header("right"))
        unit = f"{one.unite}\n{words.period(periods[one.indicateur])}"
        sheet.write(4, column, unit, styles.header("right"))
        reference = whole.get(one.indicateur)
        if reference is None:  # nothing is published for the region at this level of detail
            sheet.write_blank(5, column, None, styles.band)
        else:
            book.value(sheet, 5, column, reference, periods[one.indicateur], bold=True, bg_color="#E8EDF3")
    known = {(f.territoire, f.indicateur): f for f in data.itertuples()}
    rows = data.drop_duplicates("territoire").sort_values("territoire_libelle")
    ids = list(indicators.indicateur)
    for row, territory in enumerate(rows.itertuples(), start=6):
        sheet.write_string(row, 0, str(territory.code_territoire), styles.text(font_color="#6B7683"))
        star = "*" if territory.est_interregional is True or str(territory.est_interregional) == "True" else ""
        sheet.write_string(row, 1, territory.territoire_libelle + star, styles.text())
        if level == "COM":
            sheet.write_string(row, 2, str(territory.code_departement or ""), styles.text(font_color="#6B7683"))
        for column, indicator in enumerate(ids, start=offset):
            book.value(sheet, row, column, known.get((territory.territoire, indicator)), periods[indicator])
    sheet.autofilter(4, 0, 5 + len(rows), last)
