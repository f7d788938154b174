"""What the columns of failing rows are called in the page and the workbook of the judgement."""

from __future__ import annotations

import math
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

HEADERS = {
    "indicateur": "Indicateur",
    "territoire": "Territoire",
    "type_territoire": "Niveau",
    "niveau": "Niveau",
    "periode": "Période",
    "modalite": "Détail",
    "avant": "Avant",
    "apres": "Après",
    "ecart": "Écart",
    "unite_ecart": "en",
    "fois_l_usage": "× l'habitude",
    "derniere_livraison": "Dernière livraison",
    "dernier_resultat": "Dernier essai",
    "dernier_motif": "Motif",
    "connue": "Valeurs connues",
    "derniere_periode": "Dernière période",
    "attendue_avant": "Suivante attendue avant le",
    "parts": "Somme de",
    "somme": "Somme des parts",
    "reference": "Comparé à",
    "siret": "SIRET",
    "publie": "Publié",
    "calcule": "Calculé",
    "valeur_precedente": "Valeur précédente",
    "valeur_avant": "Valeur d'avant",
    "ecart_usuel": "Écart usuel",
    "series": "Séries",
    "jusqu_au": "Attendues jusqu'au",
    "code_territoire": "Code",
    "ce_qui_doit_etre_vrai": "Ce qui doit être vrai",
}
SHOWN = 12  # rows named in the detail of a check; the page and the workbook hold more
# Tables whose rows have a name, and the column that identifies them.
NAMED = (("indicateurs", "indicateur"), ("territoires", "territoire"), ("modalites", "modalite"))


def header(name: str) -> str:
    """The French header of a column; an unknown one keeps its name, its underscores as spaces."""
    return HEADERS.get(name, name.replace("_", " ").capitalize())


def labels(candidate: Path) -> dict[str, dict[str, str]]:
    """What indicators, territories and breakdowns are called, by column; empty for what the candidate
    does not have."""
    found: dict[str, dict[str, str]] = {}
    if not candidate.exists():
        return found
    with duckdb.connect(str(candidate), read_only=True) as connection:
        there = {t for (t,) in connection.execute("select table_name from duckdb_tables()").fetchall()}
        for table, key in NAMED:
            if table in there:
                found[key] = dict(connection.execute(f"select {key}, libelle from main.{table}").fetchall())
    for column in ("autre_indicateur", "reference"):  # an indicator too
        found[column] = found.get("indicateur", {})
    return found


def number(value: int) -> str:
    """A whole number with its thousands apart."""
    return f"{value:,}".replace(",", "\u202f")


def lines(count: int) -> str:
    """A number of rows, in words."""
    return f"{number(count)} ligne{'s' if count > 1 else ''}"


def listed(rows: list[dict[str, Any]], count: int) -> str:
    """The first rows of those at fault, and how many of the `count` there are beside."""
    named = [", ".join(f"{key} {shown(value)}" for key, value in row.items()) for row in rows[:SHOWN]]
    return " ; ".join(named) + (f" … et {number(count - SHOWN)} autres" if count > SHOWN else "")


def shown(value: Any) -> str:
    """A value as a French reader expects it."""
    if value is None or (isinstance(value, float) and math.isnan(value)) or str(value) in ("<NA>", "NaT"):
        return "absent"
    if isinstance(value, Decimal):
        return shown(float(value))
    if isinstance(value, float) and math.isinf(value):
        return "infini"
    if isinstance(value, float):
        whole = abs(value) >= 1e6 or (abs(value) >= 1e4 and value == round(value))
        return number(round(value)) if whole else f"{value:.6g}".replace(".", ",")
    return str(value)
