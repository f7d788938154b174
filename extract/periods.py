"""The periods that a dataset must hold: from the first one expected to its own last one, without a hole."""

from __future__ import annotations

import re
from typing import Any

from extract.errors import DeliveryRefused
from extract.reading.table import Table, quoted

# how a year is divided, and how producers write it: 2023, 2023-Q3, 2023-T3, 2023T3, 2023-09, 2023-09-30
FORMS: dict[str, tuple[int, re.Pattern[str]]] = {
    "annee": (1, re.compile(r"(\d{4})")),
    "trimestre": (4, re.compile(r"(\d{4})-?[QT]([1-4])")),
    "mois": (12, re.compile(r"(\d{4})-?(0[1-9]|1[0-2])(?:-\d\d)?")),
}
SHOWN = 6


def check_periods(table: Table, expected: dict[str, Any]) -> None:
    """Raise DeliveryRefused when a period is not written as expected, when the first one is missing, or when
    one is missing between the first and the last."""
    column, (parts, form) = expected["colonne"], FORMS[expected["forme"]]
    query = f"select distinct {quoted(column)} from brut where {quoted(column)} is not null"
    written = {str(row[0]) for row in table.connection.execute(query).fetchall()}
    strange = sorted(text for text in written if not form.fullmatch(text))
    if strange:
        shown = ", ".join(f"« {text} »" for text in strange[:SHOWN])
        raise DeliveryRefused(f"colonne {column} : période qui n'est pas « {expected['forme']} » : {shown}")
    held = {number(text, parts, form) for text in written}
    if not held:
        raise DeliveryRefused(f"colonne {column} : aucune période")
    first = number(expected["depuis"], parts, form) if "depuis" in expected else min(held)
    absent = sorted(set(range(first, max(held) + 1)) - held)
    if first not in held and first not in absent:  # all that was received is older
        absent.insert(0, first)
    if absent:
        shown = ", ".join(words(one, expected["forme"], parts) for one in absent[:SHOWN])
        raise DeliveryRefused(f"colonne {column} : période attendue absente : {shown}")


def number(text: str, parts: int, form: re.Pattern[str]) -> int:
    """A period as a count of periods since year 0."""
    match = form.fullmatch(text)
    if match is None:
        raise DeliveryRefused(f"période incompréhensible : « {text} »")
    within = int(match.group(2)) - 1 if parts > 1 else 0
    return int(match.group(1)) * parts + within


def words(period: int, form: str, parts: int) -> str:
    """The period as the reference writes it: 2023, 2023-T3, 2023-09."""
    year, within = divmod(period, parts)
    return {"annee": f"{year:04}", "trimestre": f"{year:04}-T{within + 1}"}.get(
        form, f"{year:04}-{within + 1:02}"
    )
