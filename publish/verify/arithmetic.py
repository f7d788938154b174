"""Sums, ratios and evolutions made again from their published terms, by arithmetic of our own."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from publish.verify.release import Key, Release

TOLERANCE = 1e-9


def close(a: float | None, b: float) -> bool:
    """Equal to the last digits that a sum of doubles can promise."""
    return a is not None and math.isclose(a, b, rel_tol=TOLERANCE, abs_tol=1e-6 if abs(b) > 1 else 1e-9)


def previous_period(period: str, lag: int) -> str:
    """The period that many periods earlier."""
    year = int(period[:4])
    if len(period) == 4:
        return str(year - lag)
    if "-T" in period:
        index = year * 4 + int(period[-1]) - 1 - lag
        return f"{index // 4}-T{index % 4 + 1}"
    index = year * 12 + int(period[5:]) - 1 - lag
    return f"{index // 12}-{index % 12 + 1:02d}"


# The figures in force as they were received, one a place: two producers may give the same (populations), of
# which the one that the figure is said to be of goes first, even where it keeps its value to itself.
RECEIVED = """
    select territoire, millesime_cog, arg_min_null(valeur, source <> ?) as valeur from observations_historique
    where connu_jusqua is null and not est_retrait and indicateur = ? and periode = ? and modalite = ?
    group by all
"""


class Arithmetic:
    """Our own making of sums and ratios; `terms` collects the producers' figures that were used."""

    def __init__(self, release: Release) -> None:
        self.release = release
        self.terms: dict[Key, dict[str, Any]] = {}

    def value(self, key: Key) -> float | None:
        """The published value of a term, remembered."""
        found = self.release.figure(key)
        if found is None:
            indicator = self.release.indicators.get(key[0])
            return (
                0.0 if indicator and indicator["absence"] == "nulle" and key[1].startswith("COM-") else None
            )
        self.terms[key] = found
        return None if found["valeur"] is None else float(found["valeur"])

    def computed(self, figure: dict[str, Any]) -> float | None:
        """A ratio, an evolution or a density from its terms; None when the dictionary says nothing of it."""
        key = (figure["indicateur"], figure["territoire"], figure["periode"], figure["modalite"])
        one = self.release.indicators[key[0]]
        top_mode = one["numerateur_modalite"] or key[3]
        if one["calcul"] == "publie":
            return 0.0 if one["absence"] == "nulle" else None
        top = self.value((one["numerateur"], key[1], key[2], top_mode))
        factor = float(one["facteur"] or 1)
        if top is None:
            return None
        if one["calcul"] == "densite":
            area = self.release.areas.get(key[1])
            return factor * top / area if area else None
        if one["calcul"] == "ratio":
            bottom = self.value((one["denominateur"], key[1], key[2], one["denominateur_modalite"] or key[3]))
            return factor * top / bottom if bottom else None
        before = self.value((one["numerateur"], key[1], previous_period(key[2], one["decalage"]), key[3]))
        if not before:
            return None
        if one["calcul"] == "evolution":
            return factor * (top / before - 1)
        per_year = {4: 1, 6: 12}.get(len(key[2]), 12) if "-T" not in key[2] else 4
        return float(factor * ((top / before) ** (per_year / one["decalage"]) - 1))

    def summed(self, figure: dict[str, Any]) -> float | None:
        """The sum of communes, of départements or of a breakdown, the one that is complete and equal."""
        found = None
        for parts in self._parts(figure):
            values = [self.value(key) for key in parts]
            if values and None not in values:
                found = math.fsum(v for v in values if v is not None)
                if close(found, figure["valeur"]):
                    return found
        return found

    def _parts(self, figure: dict[str, Any]) -> Iterator[list[Key]]:
        indicator, place, period, mode = (
            figure[name] for name in ("indicateur", "territoire", "periode", "modalite")
        )
        kind, _, code = place.partition("-")
        members = [
            f"COM-{row[0]}"
            for row in self.release.connection.execute(
                "select code_commune from appartenances where millesime_cog = ? and type_territoire = ? and"
                " code_territoire = ?",
                [self.release.cog, kind, code],
            ).fetchall()
        ]
        if members:
            yield [(indicator, member, period, mode) for member in sorted(members)]
        departments = [
            row[0]
            for row in self.release.connection.execute(
                "select distinct territoire from territoires where type_territoire = 'DEP' and"
                " code_region = ? and ? = 'REG'",
                [code, kind],
            ).fetchall()
        ]
        if kind == "PROJET" and members:
            departments = sorted(
                {
                    "DEP-" + row[0]
                    for row in self.release.connection.execute(
                        "select code_departement from territoires where territoire in"
                        " (select unnest(?::varchar[]))",
                        [members],
                    ).fetchall()
                }
            )
        if departments:
            yield [(indicator, department, period, mode) for department in sorted(departments)]
        if mode == "_T":
            details = sorted(self.release.modes.get((indicator, place, period), []))
            for axis in sorted({detail.partition(":")[0] for detail in details}):
                yield [
                    (indicator, place, period, detail) for detail in details if detail.startswith(axis + ":")
                ]

    def _received(self, figure: dict[str, Any]) -> list[str]:
        """The parameters of RECEIVED for what a figure is made of."""
        record = self.release.records.get(figure["livraison"])
        source = record["source"] if record else ""
        return [source, figure["indicateur"], figure["periode"], figure["modalite"]]

    def carried(self, figure: dict[str, Any]) -> float | None:
        """A commune of today from the communes that it was, by the published passages."""
        _, _, code = figure["territoire"].partition("-")
        rows = self.release.rows(
            f"select p.poids, h.valeur from passages p left join ({RECEIVED}) h on"
            " h.territoire = 'COM-' || p.code_source and h.millesime_cog = p.cog_source"
            " where p.cog_source = ? and p.cog_cible = ? and p.code_cible = ?",
            [*self._received(figure), figure["millesime_cog"], self.release.cog, code],
        )
        zero = self.release.indicators[figure["indicateur"]]["absence"] == "nulle"
        values = [0.0 if r["valeur"] is None and zero else r["valeur"] for r in rows]
        if not rows or None in values or any(r["poids"] is None for r in rows):
            return None
        return math.fsum(r["poids"] * v for r, v in zip(rows, values, strict=True))

    def carried_zone(self, figure: dict[str, Any]) -> float | None:
        """The sum of all the communes of a zone, carried from their geography by the published passages: an
        EPCI may hold communes of another region, which the release only keeps as they were received."""
        kind, _, code = figure["territoire"].partition("-")
        rows = self.release.connection.execute(
            "select p.poids, h.valeur from appartenances a join passages p on p.code_cible = a.code_commune"
            f" and p.cog_cible = a.millesime_cog left join ({RECEIVED}) h on"
            " h.territoire = 'COM-' || p.code_source and h.millesime_cog = p.cog_source"
            " where a.type_territoire = ? and a.code_territoire = ? and a.millesime_cog = ?"
            " and p.cog_source = ?",
            [*self._received(figure), kind, code, self.release.cog, figure["millesime_cog"]],
        ).fetchall()
        if not rows or any(weight is None or value is None for weight, value in rows):
            return None
        return math.fsum(weight * value for weight, value in rows)
