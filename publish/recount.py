"""Figures that the models count or sum from the rows of one delivery, made again from those rows, read again
from the archived bytes, without any of the models' SQL. One recipe per source; `publish.verify` uses them."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from datetime import date

from publish.witness import bare, number

Rows = Sequence[Mapping[str, object]]
# Départements of metropolitan France, Corsica counted as two: the sum is told of all of them or not at all.
METROPOLITAN = 96


def _sum(cells: Sequence[object], wanted: int) -> float | None:
    """The sum of that many numbers; None when one is missing, or is a mark."""
    values = [number(cell) for cell in cells]
    known = [value for value in values if value is not None]
    return math.fsum(known) if len(known) == len(values) == wanted else None


def over_indebtedness(
    rows: Rows, territory: str, period: str, mode: str, labels: Mapping[str, str]
) -> float | None:
    """Files of one year: the portal's sum of twelve months of a département, or the sum of the 96."""
    kind, _, code = territory.partition("-")
    of_year = [row for row in rows if row["annee"] == period and number(row["mois"]) == 12]
    if kind == "FRANCE":
        return _sum([row["depots"] for row in of_year], METROPOLITAN)
    if kind != "DEP":
        return None
    return _sum([row["depots"] for row in of_year if f".D{code}." in str(row["series_key"])], 1)


def legal_units(
    rows: Rows, territory: str, period: str, mode: str, labels: Mapping[str, str]
) -> float | None:
    """Units of a sector named by its first and last sections (`BE`: B to E; `FZ`: F alone)."""
    kind, _, code = territory.partition("-")
    sector = mode.partition(":")[2]
    first, last = sector[0], sector[-1].replace("Z", sector[0])
    sections = [chr(n) for n in range(ord(first), ord(last) + 1)]
    wanted = {"ANNEE": period, "REG": "FR" if kind == "FRANCE" else code}
    found = [
        row["NB_UL"]
        for row in rows
        if row["A21"] in sections and all(row[column] == cell for column, cell in wanted.items())
    ]
    return _sum(found, len(sections))


def labels_in_force(
    rows: Rows, territory: str, period: str, mode: str, labels: Mapping[str, str]
) -> float | None:
    """Labels of living heritage in force on the day of the newest one, by region and universe."""
    day = max(date.fromisoformat(str(row["Date de labellisation"])[:10]) for row in rows)
    if f"{day:%Y-%m}" != period:
        return None
    regions = {bare(label) for place, label in labels.items() if place.startswith("REG-")}
    wanted = {bare(labels[territory])} if territory.startswith("REG-") else regions
    universe = mode.partition(":")[2]
    return float(
        sum(
            bare(row["Région"]) in wanted
            and date.fromisoformat(str(row["Date de fin de labellisation"])[:10]) >= day
            and (mode == "_T" or str(row["Univers"]).lower() == universe)
            for row in rows
        )
    )


RECIPES: dict[str, Callable[[Rows, str, str, str, Mapping[str, str]], float | None]] = {
    "bdf__surendettement_annuel": over_indebtedness,
    "insee__unites_legales_regions": legal_units,
    "economie__epv": labels_in_force,
}
