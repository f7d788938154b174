"""A workbook for a choice of territories and indicators: a sheet per theme, series, notes, dictionary."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import duckdb
import xlsxwriter

from publish import words
from publish.exports import COMPARED
from publish.exports import template as templates
from publish.exports.rows import CLOSING, BulkSheet, Cell, Cells, opening
from publish.exports.styles import GREY, LEGEND, Styles, pattern

# A sheet of Excel holds 1,048,576 rows and 16,384 columns.
MAX_ROWS, MAX_COLUMNS = 1_000_000, 16_000
BOUNDS = ("5 ou moins", "95 ou plus")  # a bound, not a measure: it must not enter a mean
TALLEST = 400  # points: Excel shows no row taller than 409
PRINTED_COLUMNS = 14  # figures across a printed page
CHARTED = 12  # territories of a bar chart, curves of a line chart
APART = 20  # times: amounts further apart than this cannot be read on one scale

INDICATORS = """
    select i.indicateur, i.libelle, i.theme, i.definition, i.unite, i.decimales, i.nature, i.frequence,
        i.champ, i.formule, i.notes, i.producteur, i.licence, s.titre, s.attribution, s.page
    from indicateurs i left join sources s using (source)
    where len($indicateurs) = 0 or i.indicateur in (select unnest($indicateurs))
    order by i.ordre, i.indicateur
"""
VALUES = """
    select t.ordre, i.ordre, o.periode, o.valeur, o.statut,
        o.confidentialite is not null and o.confidentialite <> 'F', o.marque_producteur
    from observations o
    join demandes t using (territoire)
    join voulus i using (indicateur)
    where o.modalite = '_T'
    order by i.ordre, t.ordre, o.date_fin
"""


class Wanted(NamedTuple):
    """An indicator of the workbook: a row of INDICATORS."""

    indicateur: str
    libelle: str
    theme: str
    definition: str
    unite: str
    decimales: int
    nature: str
    frequence: str
    champ: str | None
    formule: str | None
    notes: str | None
    producteur: str
    licence: str
    titre: str | None
    attribution: str | None
    page: str | None


class Content(NamedTuple):
    """What is written: the territories (key, level, code, label), the indicators, and for each (indicator,
    territory), by their ranks, its (period, value, status, secret, mark), oldest first."""

    territories: list[tuple[str, str, str, str]]
    indicators: list[Wanted]
    series: dict[tuple[int, int], list[tuple[str, float | None, str | None, bool, str | None]]]


def read(database: Path, territories: Sequence[str], indicators: Sequence[str]) -> Content:
    """The figures of a workbook; every indicator known of one of the territories when none is named."""
    with duckdb.connect(str(database), read_only=True) as connection:
        wanted = [
            Wanted(*row)
            for row in connection.execute(INDICATORS, {"indicateurs": list(indicators)}).fetchall()
        ]
        connection.execute(
            "create temp table demandes as select unnest($t) as territoire, unnest(range(len($t))) as ordre",
            {"t": list(territories)},
        )
        connection.execute(
            "create temp table voulus as select unnest($i) as indicateur, unnest(range(len($i))) as ordre",
            {"i": [w.indicateur for w in wanted]},
        )
        known = connection.execute(
            "select territoire, type_territoire, code_territoire, libelle from territoires join demandes"
            " using (territoire) order by ordre"
        ).fetchall()
        series: dict[tuple[int, int], list[tuple[str, float | None, str | None, bool, str | None]]] = {}
        for territory, indicator, *point in connection.execute(VALUES).fetchall():
            series.setdefault((indicator, territory), []).append(tuple(point))
    present = {indicator for indicator, _ in series}
    kept = [i for i in range(len(wanted)) if i in present or indicators]
    place = {old: new for new, old in enumerate(kept)}
    return Content(
        known, [wanted[i] for i in kept], {(place[i], t): s for (i, t), s in series.items() if i in place}
    )


def write(
    path: Path,
    database: Path,
    territories: Sequence[str],
    indicators: Sequence[str] = (),
    *,
    region: str,
    release: str,
    made: datetime,
    template: Path | None = None,
) -> Path:
    """Writes the workbook, whole or not at all. With `template`, that workbook is filled instead (see
    publish.exports.template). Raises PublishFault when the template asks for what the release has not."""
    content = read(database, territories, indicators)
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".en-cours-{os.getpid()}-{path.name}")
    try:
        if template is not None:
            templates.fill(template, aside, content, database, release, made)
        else:
            _Book(aside, content, release, made).write()
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)
    return path


def _axis(one: Wanted) -> dict[str, object]:
    """The axis of a chart's values."""
    lines = {"visible": True, "line": {"color": "#D5DBE2"}}
    return {"num_format": "#,##0.##" if one.decimales else "#,##0", "major_gridlines": lines}


class _Book:
    def __init__(self, path: Path, content: Content, release: str, made: datetime) -> None:
        self.content, self.release, self.made = content, release, made
        self.book = xlsxwriter.Workbook(str(path), {"in_memory": True})
        self.book.set_properties(
            {
                "title": "Référentiel régional — extrait",
                "subject": f"Release {release}",
                "created": made.replace(tzinfo=None),
            }
        )
        self.styles = Styles(self.book)
        self.tabs: set[str] = set()
        # The cell's format by (decimals, unit, status): a few dozen serve a hundred thousand cells.
        self.openings: dict[tuple[int, str, str | None], str] = {}
        self.cells = Cells()
        missing = self.styles.missing()
        self.words = {w: self.cells.text(w, missing) for w in (words.SECRET, words.MISSING, *BOUNDS)}

    def write(self) -> None:
        present = {index for index, _ in self.content.series}
        themes: dict[str, list[int]] = {}
        empty: list[str] = []
        for index, one in enumerate(self.content.indicators):
            # A column of "n.d." teaches nothing that a line of the first sheet does not say.
            if index in present:
                themes.setdefault(one.theme, []).append(index)
            else:
                empty.append(one.libelle)
        self._front(list(themes), empty)
        for theme, members in themes.items():
            self._last_values(theme, members)
            self._series(theme, members)
        self._dictionary()
        self._sources()
        self.book.close()

    def _tab(self, text: str) -> str:
        base = re.sub(r"[\[\]:*?/\\']", "-", text)[:31]
        tab, number = base, 2
        while tab.casefold() in self.tabs:
            tab = f"{base[:28]} {number}"
            number += 1
        self.tabs.add(tab.casefold())
        return tab

    def _sheet(self, tab: str, title: str, said: str) -> BulkSheet:
        sheet: BulkSheet = self.book.add_worksheet(self._tab(tab), worksheet_class=BulkSheet)
        sheet.hide_gridlines(2)
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        sheet.set_footer(f"&L&8Référentiel régional — release {self.release}&R&8&P / &N")
        sheet.write_string(0, 0, title, self.styles.title)
        sheet.set_row(0, 26)
        sheet.write_string(1, 0, said, self.styles.subtitle)
        sheet.write_string(2, 0, LEGEND, self.styles.subtitle)
        return sheet

    @staticmethod
    def _printed(sheet: BulkSheet, names: int, figures: int, heads: tuple[int, int]) -> None:
        """On paper: as many pages side by side as keep the figures readable, heads and names on each."""
        sheet.fit_to_pages(-(-max(figures, 1) // PRINTED_COLUMNS), 0)
        sheet.repeat_rows(*heads)
        sheet.repeat_columns(0, names - 1)

    def _value(
        self, one: Wanted, point: tuple[str, float | None, str | None, bool, str | None] | None
    ) -> Cell:
        if point is None:
            return self.words[words.MISSING]
        _, value, status, secret, mark = point
        if value is None:
            return self.words[words.SECRET if secret else words.MISSING]
        if mark in BOUNDS:
            return self.words[mark or ""]
        key = (one.decimales, one.unite, status)
        start = self.openings.get(key)
        if start is None:
            start = self.openings[key] = opening(self.styles.number(pattern(*key)))
        return start + repr(value) + CLOSING

    def _front(self, themes: list[str], empty: list[str]) -> None:
        said = f"Release {self.release}, extraite le {words.day(self.made)}."
        sheet = self._sheet("Lisez-moi", "Référentiel régional de données socio-économiques", said)
        sheet.set_column(0, 0, 34)
        sheet.set_column(1, 1, 90)
        bold, plain = self.styles.get(bold=True), self.styles.get(text_wrap=True, valign="top")
        lines = [
            ("Territoires", words.plural(len(self.content.territories), "territoire")),
            ("Indicateurs", words.plural(len(self.content.indicators) - len(empty), "indicateur")),
            ("Une feuille par thème", " ; ".join(themes)),
            (
                "Dernières valeurs",
                "Une ligne par territoire, une colonne par indicateur ; la période est sous le nom. Une"
                " cellule d'une autre période que sa colonne porte « n.d. » : voir la feuille des séries.",
            ),
            (
                "Séries",
                "Une ligne par territoire et indicateur, une colonne par période connue, de la plus ancienne"
                " à la plus récente.",
            ),
            (
                "Nombres",
                "Les cellules contiennent des nombres, à la précision du référentiel ; l'unité et le statut"
                " sont dans le format d'affichage.",
            ),
            (
                "Absences",
                "secret : couvert par le secret statistique, ne pas le reconstituer par différence. n.d. :"
                " non disponible. Ni l'un ni l'autre ne vaut zéro.",
            ),
            ("Réutilisation", "Citer la source de chaque indicateur (feuille Sources) et la release."),
        ]
        if empty:
            lines.insert(2, ("Sans chiffre pour ces territoires", " ; ".join(empty) + "."))
        for row, (label, text) in enumerate(lines, start=4):
            sheet.write_string(row, 0, label, bold)
            sheet.write_string(row, 1, text, plain)
            sheet.set_row(row, min(15 * (1 + len(text) // 110), TALLEST))

    def _last_values(self, theme: str, members: list[int]) -> None:
        content, styles = self.content, self.styles
        sheet = self._sheet(theme, theme, "Dernière valeur connue de chaque indicateur.")
        sheet.freeze_panes(5, 3)
        self._printed(sheet, names=3, figures=len(members), heads=(3, 4))
        sheet.set_column(0, 0, 9)
        sheet.set_column(1, 1, 12)
        sheet.set_column(2, 2, 34)
        sheet.set_column(3, 2 + len(members), 15)
        for column, head in enumerate(("Niveau", "Code", "Territoire")):
            sheet.write_string(3, column, head, styles.header())
            sheet.write_blank(4, column, None, styles.header())
        sheet.set_row(3, 58)
        sheet.set_row(4, 28)
        periods = []
        for column, index in enumerate(members, start=3):
            one = content.indicators[index]
            ends = [
                s[-1][0] for t in range(len(content.territories)) if (s := content.series.get((index, t)))
            ]
            periods.append(max(set(ends), key=lambda p: (ends.count(p), p)) if ends else "")
            sheet.write_string(3, column, one.libelle, styles.header("right"))
            sheet.write_string(4, column, f"{one.unite}\n{words.period(periods[-1])}", styles.header("right"))
        text_style, code_style, text = styles.text(), styles.text(font_color=GREY), self.cells.text
        value, series = self._value, content.series
        rows = []
        for rank, (_, level, code, label) in enumerate(content.territories):
            row: list[Cell | None] = [
                text(level, code_style),
                text(code, code_style),
                text(label, text_style),
            ]
            for index, period in zip(members, periods, strict=True):
                points = series.get((index, rank))
                last = points[-1] if points and points[-1][0] == period else None
                row.append(value(content.indicators[index], last))
            rows.append(row)
        sheet.fill(5, rows)
        sheet.autofilter(4, 0, 4 + len(rows), 2 + len(members))
        self._bars(sheet, members, periods, len(rows))

    def _shown(self, members: Sequence[int], count: int) -> tuple[int, set[int]]:
        """What a chart shows, an indicator and ranks of territories: the first indicator of the first `count`
        territories. Where levels are mixed and its amounts too far apart to be read together (an EPCI and
        France), the first rate; where there is none, without the largest territories."""

        def known(index: int) -> dict[int, float]:
            points = {rank: self.content.series.get((index, rank), ()) for rank in range(count)}
            return {rank: abs(series[-1][1]) for rank, series in points.items() if series and series[-1][1]}

        amounts = known(members[0])
        most = APART * min(amounts.values(), default=0)
        levels = {level for _, level, _, _ in self.content.territories[:count]}
        if len(levels) == 1 or all(amount <= most for amount in amounts.values()):
            return members[0], set(range(count))
        for index in members:
            if self.content.indicators[index].nature in COMPARED and len(known(index)) > 1:
                return index, set(range(count))
        return members[0], {rank for rank, amount in amounts.items() if amount <= most}

    def _bars(self, sheet: BulkSheet, members: list[int], periods: list[str], rows: int) -> None:
        """A native bar chart of one indicator, for the first territories."""
        index, _ = self._shown(members, CHARTED)  # territories follow each other: none can be left out
        shown = members.index(index)
        one, column = self.content.indicators[index], 3 + shown
        last = 4 + min(rows, CHARTED)
        chart = self.book.add_chart({"type": "bar"})
        chart.add_series(
            {
                "name": f"{one.libelle} ({words.period(periods[shown])})",
                "categories": [sheet.name, 5, 2, last, 2],
                "values": [sheet.name, 5, column, last, column],
                "fill": {"color": "#1F3A5F"},
                "gap": 60,
            }
        )
        chart.set_title({"name": f"{one.libelle} ({one.unite})", "name_font": {"size": 11}})
        chart.set_legend({"none": True})
        chart.set_y_axis({"reverse": True, "label_position": "low"})
        chart.set_x_axis(_axis(one))
        chart.set_size({"width": 560, "height": 120 + 20 * min(rows, CHARTED)})
        sheet.insert_chart(5, 4 + len(members), chart)

    def _series(self, theme: str, members: list[int]) -> None:
        content, styles = self.content, self.styles
        by_frequency: dict[str, list[int]] = {}
        for index in members:
            by_frequency.setdefault(content.indicators[index].frequence, []).append(index)
        words_ = {"A": "annuelles", "T": "trimestrielles", "M": "mensuelles", "S": "semestrielles"}
        for frequency, indexes in by_frequency.items():
            keys = [
                (i, t)
                for i in indexes
                for t in range(len(content.territories))
                if len(content.series.get((i, t), ())) > 1
            ]
            if not keys:
                continue
            if len(keys) > MAX_ROWS:
                raise ValueError(f"{len(keys)} series do not fit a sheet")
            periods = sorted({point[0] for key in keys for point in content.series[key]})[-MAX_COLUMNS:]
            place = {period: column for column, period in enumerate(periods, start=4)}
            said = words_.get(frequency, frequency)
            sheet = self._sheet(
                f"{theme[:14]} séries {said[:12]}", f"{theme} — séries {said}", "Une colonne par période."
            )
            sheet.freeze_panes(4, 4)
            self._printed(sheet, names=4, figures=len(periods), heads=(3, 3))
            for column, (head, width) in enumerate(
                (("Indicateur", 40), ("Code", 12), ("Territoire", 28), ("Unité", 16))
            ):
                sheet.write_string(3, column, head, styles.header())
                sheet.set_column(column, column, width)
            sheet.set_column(4, 3 + len(periods), 11)
            for period, column in place.items():
                sheet.write_string(3, column, words.period(period), styles.header("right"))
            text_style, code_style = styles.text(), styles.text(font_color=GREY)
            text, value = self.cells.text, self._value
            rows = []
            for index, rank in keys:
                one, territory = content.indicators[index], content.territories[rank]
                row: list[Cell | None] = [None] * (4 + len(periods))
                row[:4] = [
                    text(one.libelle, text_style),
                    text(territory[2], code_style),
                    text(territory[3], text_style),
                    text(one.unite, code_style),
                ]
                for point in content.series[index, rank]:
                    column = place.get(point[0], -1)
                    if column > 0:
                        row[column] = value(one, point)
                rows.append(row)
            sheet.fill(4, rows)
            sheet.autofilter(3, 0, 3 + len(rows), 3)
            self._curves(sheet, keys, len(periods))

    def _curves(self, sheet: BulkSheet, keys: list[tuple[int, int]], periods: int) -> None:
        """A native line chart of one indicator's first territories, under the table."""
        shown, ranks = self._shown(list(dict.fromkeys(index for index, _ in keys)), CHARTED // 2)
        one = self.content.indicators[shown]
        rows = [(row, rank) for row, (index, rank) in enumerate(keys, start=4) if index == shown]
        first = [row for row, rank in rows if rank in ranks] or [row for row, _ in rows[: CHARTED // 2]]
        chart = self.book.add_chart({"type": "line"})
        for row in first:
            chart.add_series(
                {
                    "name": [sheet.name, row, 2],
                    "categories": [sheet.name, 3, 4, 3, 3 + periods],
                    "values": [sheet.name, row, 4, row, 3 + periods],
                    "line": {"width": 1.75},
                }
            )
        chart.set_title({"name": f"{one.libelle} ({one.unite})", "name_font": {"size": 11}})
        chart.set_legend({"position": "bottom"})
        chart.set_y_axis(_axis(one))
        chart.show_blanks_as("gap")
        chart.show_na_as_empty_cell()
        chart.set_size({"width": 860, "height": 340})
        sheet.insert_chart(5 + len(keys), 0, chart)

    def _dictionary(self) -> None:
        sheet = self._sheet("Dictionnaire", "Dictionnaire", "Ce que chaque chiffre veut dire, et ses pièges.")
        heads = (
            ("Indicateur", 34),
            ("Identifiant", 30),
            ("Thème", 16),
            ("Unité", 16),
            ("Définition", 60),
            ("Calcul", 40),
            ("Champ", 40),
            ("Précautions", 50),
            ("Producteur", 24),
            ("Licence", 18),
        )
        self._text_table(
            sheet,
            heads,
            [
                (
                    o.libelle,
                    o.indicateur,
                    o.theme,
                    o.unite,
                    o.definition,
                    o.formule or "",
                    o.champ or "",
                    o.notes or "",
                    o.producteur,
                    o.licence,
                )
                for o in self.content.indicators
            ],
        )

    def _sources(self) -> None:
        said = "Citer ces mentions sous tout chiffre repris."
        sheet = self._sheet("Sources", "Sources et licences", said)
        found = {
            (o.titre or o.producteur, o.producteur, o.attribution or "", o.licence, o.page or "")
            for o in self.content.indicators
        }
        heads = (
            ("Source", 50),
            ("Producteur", 30),
            ("Mention obligatoire", 60),
            ("Licence", 24),
            ("Page", 50),
        )
        self._text_table(sheet, heads, sorted(found))

    def _text_table(
        self, sheet: BulkSheet, heads: Sequence[tuple[str, int]], rows: Sequence[tuple[str, ...]]
    ) -> None:
        for column, (text, width) in enumerate(heads):
            sheet.write_string(3, column, text, self.styles.header())
            sheet.set_column(column, column, width)
        sheet.freeze_panes(4, 1)
        cell = self.styles.text(text_wrap=True, valign="top", font_size=9)
        for number, row in enumerate(rows, start=4):
            height = 1
            for column, (text, (_, width)) in enumerate(zip(row, heads, strict=True)):
                sheet.write_string(number, column, text, cell)
                height = max(height, -(-len(text) // int(width * 1.05)))
            sheet.set_row(number, 12.5 * height + 3)
