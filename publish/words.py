"""How figures, dates and statuses are said in French, on screen and in files."""

from __future__ import annotations

import math
import re
import unicodedata
from datetime import datetime

THIN = "\u202f"  # narrow no-break space: between thousands and before units
NBSP = "\u00a0"  # before a colon
MINUS = "\u2212"
MONTHS = (
    "janvier",
    "février",
    "mars",
    "avril",
    "mai",
    "juin",
    "juillet",
    "août",
    "septembre",
    "octobre",
    "novembre",
    "décembre",
)
# What the word of a missing figure is, by what the release says of it (rule 4 of the house: never 0, never
# blank).
SECRET = "secret"
MISSING = "n.d."


def absent(value: object) -> bool:
    """True for None, NaN and pandas' NA."""
    return value is None or (isinstance(value, float) and math.isnan(value)) or str(value) == "<NA>"


def number(value: float | None, decimals: int = 0, sign: bool = False) -> str:
    """3345842 → « 3 345 842 » ; -0.34, 1 decimal, signed → « −0,3 »."""
    if value is None or absent(value):
        return MISSING
    text = f"{abs(value):,.{decimals}f}".replace(",", THIN).replace(".", ",")
    zero = not text.strip("0,")
    mark = "" if zero else MINUS if value < 0 else "+" if sign else ""
    return mark + text


def short_unit(unit: str) -> str:
    """The unit as it is glued to a number, empty when it is a word of its own column."""
    return "%" if unit.startswith("%") else "€" if unit.startswith("euro") else ""


def labelled(label: str, unit: str) -> str:
    """« Défaillances (unités légales) »: the unit after a label, unless the label says it already or the
    numbers carry it (%, €)."""
    said = f" {sort_key(label)} "
    if short_unit(unit) or unit in ("habitants", "emplois") or f" {sort_key(unit)} " in said:
        return label
    return f"{label} ({unit})"


def valued(value: float | None, decimals: int, unit: str, confidential: str | None = None) -> str:
    """A value with its short unit, or the word that says why there is none."""
    if value is None or absent(value):
        return why_missing(confidential)
    short = short_unit(unit)
    return number(value, decimals) + (THIN + short if short else "")


def why_missing(confidential: str | None) -> str:
    """« secret » when SDMX CONF_STATUS protects it, « n.d. » when it is not available."""
    return MISSING if confidential is None or absent(confidential) or confidential == "F" else SECRET


def change(value: float | None, unit: str | None, decimals: int) -> str:
    """An evolution: « +0,3 pt », « −1,2 % », empty when there is none."""
    if value is None or absent(value):
        return ""
    if unit == "points":
        return number(value, max(decimals, 1), sign=True) + THIN + "pt"
    if unit == "%":
        return number(value, 1, sign=True) + THIN + "%"
    return number(value, decimals, sign=True)


def period(code: str | None) -> str:
    """« 2023-T3 » → « T3 2023 » ; « 2025-08 » → « août 2025 » ; « 2023 » stays."""
    if not code or absent(code):
        return ""
    if match := re.fullmatch(r"(\d{4})-(T[1-4]|S[12])", code):
        return f"{match[2]} {match[1]}"
    if match := re.fullmatch(r"(\d{4})-(\d{2})", code):
        return f"{MONTHS[int(match[2]) - 1]} {match[1]}"
    return code


def day(moment: datetime | None) -> str:
    """A date as 23/11/2026, empty when unknown."""
    return "" if moment is None or str(moment) == "NaT" else f"{moment:%d/%m/%Y}"


def ordinal(rank: int) -> str:
    """1 → 1er, 2 → 2e."""
    return f"{rank}er" if rank == 1 else f"{rank}e"


def plural(count: int, word: str, several: str | None = None) -> str:
    """« 1 ligne », « 2 644 lignes »."""
    return f"{number(count)} {word if abs(count) < 2 else several or word + 's'}"


def sort_key(label: str) -> str:
    """Labels in the order of a French index: accents, case, apostrophes and hyphens do not count."""
    bare = unicodedata.normalize("NFKD", label.casefold().replace("œ", "oe"))
    return re.sub(r"[^a-z0-9]+", " ", "".join(c for c in bare if not unicodedata.combining(c))).strip()


def size(octets: float) -> str:
    """Bytes in the unit that reads best."""
    for unit in ("o", "ko", "Mo"):
        if octets < 1000:
            return f"{number(octets, 0 if unit == 'o' or octets >= 10 else 1)} {unit}"
        octets /= 1000
    return f"{number(octets, 1)} Go"
