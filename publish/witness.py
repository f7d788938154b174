"""Does a row of a producer's delivery say a published figure? Told without any of the models' SQL: the row,
read again from the archived bytes, must hold the value, the place and the period, however its producer
writes them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

MONTHS = (
    "janvier",
    "fevrier",
    "mars",
    "avril",
    "mai",
    "juin",
    "juillet",
    "aout",
    "septembre",
    "octobre",
    "novembre",
    "decembre",
)
# What the columns of places are called, in part.
PLACES = ("reg", "dep", "com", "geo", "zone", "area", "territoire", "titr", "libelle", "series", "epci")
Row = Mapping[str, object]


def bare(text: object) -> str:
    """Letters and digits only, without accents, in lower case."""
    plain = unicodedata.normalize("NFKD", str(text).casefold())
    return re.sub(r"[^a-z0-9]", "", plain)


def tokens(row: Row) -> set[str]:
    """The words of all cells: `DIREN.M.R28` gives diren, m, r28."""
    found: set[str] = set()
    for value in row.values():
        if value is not None:
            plain = unicodedata.normalize("NFKD", str(value).casefold())
            found |= set(re.findall(r"[a-z0-9]+", plain))
    return found


def number(text: object) -> float | None:
    """A producer's cell as a number: decimal comma or point, spaces between thousands; None for words."""
    plain = re.sub(r"\s", "", str(text)).replace(",", ".")
    return float(plain) if re.fullmatch(r"[+-]?\d+(\.\d*)?([eE][+-]?\d+)?", plain) else None


def says_value(row: Row, value: float) -> str | None:
    """The column that holds the value, exactly; None when no cell does."""
    for column, cell in row.items():
        if cell is not None and number(cell) == value:
            return column
    return None


def period_forms(period: str) -> set[str]:
    """How producers write a period, reduced to letters and digits: 2023-T3 is 2023t3, 2023q3, 202309…"""
    year = period[:4]
    if "-T" in period:
        quarter = int(period[-1])
        first, last = 3 * quarter - 2, 3 * quarter
        forms = {f"{year}t{quarter}", f"{year}q{quarter}", f"t{quarter}{year}", f"{quarter}t{year}"}
        return forms | {f"{year}{month:02d}" for month in (first, last)} | {f"{MONTHS[last - 1]}{year}"}
    if len(period) == 7:
        month = int(period[5:])
        return {
            f"{year}{month:02d}",
            f"{month:02d}{year}",
            f"{MONTHS[month - 1]}{year}",
            f"{year}m{month:02d}",
        }
    # a delivery of a year is named with two digits too (BTT2022, P21_POP)
    return {year, f"p{year[2:]}", f"{year[2:]}"}


def says_period(row: Row, period: str, beside: str) -> bool:
    """Whether a cell, the name of a column, or what names the delivery (`beside`) says the period."""
    forms = period_forms(period)
    texts = [bare(cell) for cell in row.values() if cell is not None]
    texts += [bare(column) for column in row] + [bare(beside)]
    return any(form in text for form in forms for text in texts)


def says_place(row: Row, territory: str, label: str, beside: str) -> bool:
    """Whether the row names the place, by its code alone or as the BDM and Webstat prefix it, or by its
    label."""
    kind, _, code = territory.partition("-")
    words = tokens(row) | set(re.findall(r"[a-z0-9]+", beside.casefold()))
    low = code.casefold()
    known = {low, low.lstrip("0") or low, f"r{low}", f"d{low}", f"{kind.casefold()}{low}"}
    if kind == "FRANCE":
        known = {low, "fr", "fe", "fm", "france"}  # no prefix: `DF` is a word of Webstat's keys
    # some files hold the département and the number of the commune in two cells
    if words & known or (kind == "COM" and {low[:2], low[2:]} <= words):
        return True
    if kind == "FRANCE" and not any(stem in bare(column) for column in row for stem in PLACES):
        return True  # a national file names no place at all
    wanted = bare(label)
    return bool(wanted) and any(wanted in bare(cell) for cell in row.values() if cell is not None)
