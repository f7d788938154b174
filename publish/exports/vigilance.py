"""vigilance.xlsx: what is suspicious and not provably wrong, sorted by question, for a reader named in
expectations/vigilance.csv. It never blocks a release.

Its rows are the failing rows of the warnings (`vigilance:` in the suites) and the tables of models/qualite.
The workbook of a refused candidate opens on what refused it, row by row.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import xlsxwriter

from expectations.columns import header, labels, shown
from expectations.frames import DATA
from expectations.model import Controle, Verdict
from publish import words
from publish.exports.styles import GREY, PALE, Styles

FILE = "vigilance.xlsx"
REGISTER = DATA / "vigilance.csv"
LIMIT = 5000  # rows of one sheet: nobody reads more, and the total is written above them
REFUSED = "refus"

WIDTHS = {
    "indicateur": 46,
    "territoire": 28,
    "periode": 15,
    "modalite": 26,
    "ecart": 9,
    "unite_ecart": 8,
    "fois_l_usage": 10,
    "motif": 40,
    "raison": 56,
    "constat": 44,
    "exemples": 44,
    "ce_qui_doit_etre_vrai": 56,
    "source": 30,
}
NARROW, WIDEST = 13, 50
WRAPPED = ("motif", "raison", "constat", "exemples", "ce_qui_doit_etre_vrai")


@dataclass(frozen=True)
class Question:
    """One sheet: what it asks, who reads it, and what they do."""

    objet: str
    titre: str
    lecteur: str
    geste: str


@dataclass
class Sheet:
    """A question and its rows."""

    question: Question
    rows: list[dict[str, Any]]
    phrases: list[str]


def questions() -> list[Question]:
    """The register, in its order: the order of the sheets."""
    with REGISTER.open(encoding="utf-8") as handle:
        return [Question(**row) for row in csv.DictReader(handle, delimiter=";")]


def collect(candidate: Path, verdict: Verdict) -> list[Sheet]:
    """The sheets that have something to show, refusals first.

    Raises KeyError when a warning or a model of models/qualite has no line in the register: nobody would
    read it (tests/conventions holds it too).
    """
    asked = {q.objet: q for q in questions()}
    found: dict[str, Sheet] = {}
    for controle in verdict.controles:
        if controle.vigilance and controle.resultat in ("averti", "echoue"):
            sheet = found.setdefault(controle.vigilance, Sheet(asked[controle.vigilance], [], []))
            sheet.rows += controle.lignes
            sheet.phrases.append(controle.phrase)
    if candidate.exists():
        for table, rows in _quality_tables(candidate):
            if rows:
                found[table] = Sheet(asked[table], rows, [])
    sheets = [found[q] for q in asked if q in found]
    if verdict.refus:
        sheets.insert(0, _refusals(verdict.refus))
    return sheets


def _refusals(refused: list[Controle]) -> Sheet:
    rows = []
    for controle in refused:
        places = controle.lignes or ({"constat": controle.detail},)
        for place in places[:200]:
            where = {
                k: v for k, v in place.items() if k in ("indicateur", "territoire", "periode", "modalite")
            }
            rest = " ; ".join(f"{header(k).lower()} {shown(v)}" for k, v in place.items() if k not in where)
            if controle.famille == "integrite":  # the datasets behind, which the rows do not name
                rest += "".join(controle.detail.rpartition(" (données de ")[1:])
            rows.append({"ce_qui_doit_etre_vrai": controle.phrase, **where, "constat": rest})
    question = Question(
        REFUSED,
        "Ce qui a fait refuser la candidate",
        "Responsable des données",
        "Rien n'a été publié. Comparer chaque ligne à la publication du producteur ;"
        " docs/when-it-fails.md dit la suite.",
    )
    return Sheet(question, rows, [])


def _quality_tables(candidate: Path) -> list[tuple[str, list[dict[str, Any]]]]:
    with duckdb.connect(str(candidate), read_only=True) as connection:
        named = connection.execute(
            "select schema_name, table_name from duckdb_tables() where starts_with(table_name, 'qc__')"
            " order by table_name"
        ).fetchall()
        tables = []
        for schema, table in named:
            result = connection.execute(f'select * from "{schema}"."{table}" order by all')
            names = [column[0] for column in result.description or []]
            hidden = {"livraison", "ligne"}
            tables.append(
                (
                    table,
                    [
                        {n: v for n, v in zip(names, row, strict=True) if n not in hidden}
                        for row in result.fetchall()
                    ],
                )
            )
    return tables


def write(path: Path, candidate: Path, verdict: Verdict, *, title: str, made: datetime) -> list[Sheet]:
    """Writes the workbook at `path` and returns what it shows, for NOTE.md."""
    sheets = collect(candidate, verdict)
    named = labels(candidate)
    book = xlsxwriter.Workbook(str(path), {"default_date_format": "dd/mm/yyyy"})
    book.set_properties({"title": f"Vigilance — {title}", "created": made.replace(tzinfo=None)})
    styles = Styles(book)
    _contents(book, styles, sheets, title)
    for sheet in sheets:
        _sheet(book, styles, sheet, named)
    book.close()
    return sheets


def _contents(book: xlsxwriter.Workbook, styles: Styles, sheets: list[Sheet], title: str) -> None:
    page = book.add_worksheet("À lire d'abord")
    _printed(page, "À lire d'abord")
    page.write(0, 0, f"Vigilance — {title}", styles.title)
    page.set_row(0, 26)
    said = (
        "Ce classeur montre ce qui surprend sans être prouvé faux. Il ne bloque rien : chaque feuille a un"
        " lecteur, qui décide et l'écrit dans la colonne « Décision »."
    )
    page.write(1, 0, said, styles.subtitle)
    if not sheets:
        page.write(3, 0, "Rien à signaler.", styles.text())
    for column, (text, width) in enumerate(
        (("Feuille", 46), ("Lignes", 9), ("Lecteur", 34), ("Ce qu'il y a à faire", 90))
    ):
        page.write(
            3 if sheets else 4, column, text, styles.header("right" if column == 1 else "left")
        ) if sheets else None
        page.set_column(column, column, width)
    for row, sheet in enumerate(sheets, start=4):
        q = sheet.question
        page.write_url(
            row, 0, f"internal:'{_tab(q)}'!A1", styles.text(font_color="#1F3A5F", underline=1), q.titre
        )
        page.write_number(row, 1, len(sheet.rows), styles.number("#,##0"))
        page.write_string(row, 2, q.lecteur, styles.text())
        page.write_string(row, 3, q.geste, styles.text(text_wrap=True))
        page.set_row(row, 30)


def _sheet(book: xlsxwriter.Workbook, styles: Styles, sheet: Sheet, named: dict[str, dict[str, str]]) -> None:
    tab = _tab(sheet.question)
    page = book.add_worksheet(tab)
    _printed(page, tab)
    page.write(0, 0, sheet.question.titre, styles.title)
    page.set_row(0, 26)
    more = f" Les {words.number(LIMIT)} premières sont montrées." if len(sheet.rows) > LIMIT else ""
    page.write(
        1,
        0,
        f"{words.plural(len(sheet.rows), 'ligne')}.{more} Lecteur : {sheet.question.lecteur}."
        f" {sheet.question.geste}",
        styles.subtitle,
    )
    attente = " ".join(dict.fromkeys(sheet.phrases))
    page.write(2, 0, f"Ce qui était attendu : {attente}" if attente else "", styles.subtitle)
    columns = [*dict.fromkeys(key for row in sheet.rows for key in row)]
    columns = [c for c in columns if any(row.get(c) not in (None, "") for row in sheet.rows)]
    for number, name in enumerate(columns):
        page.write(4, number, header(name), styles.header("right" if _numeric(sheet.rows, name) else "left"))
        page.set_column(number, number, _width(sheet.rows, name))
    page.set_row(4, 30)
    page.write(4, len(columns), "Décision", styles.header(indent=1))
    page.set_column(len(columns), len(columns), 40)
    for index, row in enumerate(sheet.rows[:LIMIT], start=5):
        for number, name in enumerate(columns):
            _cell(page, styles, index, number, name, row.get(name), named)
        page.write_blank(index, len(columns), None, styles.text(bg_color=PALE))
    page.freeze_panes(5, 1)
    page.autofilter(4, 0, 4 + min(len(sheet.rows), LIMIT), len(columns))
    page.repeat_rows(4)


def _cell(
    page: Any, styles: Styles, row: int, column: int, name: str, value: Any, named: dict[str, dict[str, str]]
) -> None:
    if value is None or words.absent(value):
        page.write_blank(row, column, None, styles.text())
    elif isinstance(value, bool) or (not isinstance(value, (int, float)) and not hasattr(value, "item")):
        text = str(value)
        if name in named:
            known = named[name].get(text)
            text = f"{known} ({text})" if known and name == "territoire" else known or text
        elif name == "periode":
            text = words.period(text)
        grey = {"font_color": GREY} if name in ("unite_ecart", "niveau", "type_territoire") else {}
        page.write_string(row, column, text, styles.text(**grey, text_wrap=name in WRAPPED))
    else:
        number = float(value)
        whole = number == round(number)
        page.write_number(row, column, number, styles.number("#,##0" if whole else "#,##0.0##"))


def _width(rows: list[dict[str, Any]], name: str) -> int:
    """Wide enough for its texts, unless they are wrapped."""
    if name in WIDTHS or name in WRAPPED or _numeric(rows, name):
        return WIDTHS.get(name, NARROW)
    return max(NARROW, min(WIDEST, 2 + max(len(str(row.get(name) or "")) for row in rows[:LIMIT])))


def _numeric(rows: list[dict[str, Any]], name: str) -> bool:
    return all(not isinstance(row.get(name), str) for row in rows)


def _tab(question: Question) -> str:
    """A name of sheet: 31 characters, none of those that spreadsheets refuse."""
    return question.titre.translate(str.maketrans("/:\\?*[]", "-------"))[:31].rstrip()


def _printed(page: Any, tab: str) -> None:
    page.hide_gridlines(2)
    page.set_landscape()
    page.set_paper(9)
    page.fit_to_pages(1, 0)
    page.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
    page.set_footer(f"&L&8Référentiel régional — vigilance&C&8{tab.replace('&', '&&')}&R&8&P / &N")
