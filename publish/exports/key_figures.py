"""The key figures with their labels, read from a release, and as CSV and Parquet."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import duckdb

from publish import words


class Figure(NamedTuple):
    """One key figure of one territory, with what is needed to print it. Fields as in FIGURES."""

    type_territoire: str
    code_territoire: str
    territoire: str
    territoire_libelle: str
    code_region: str | None
    code_departement: str | None
    est_interregional: bool | None
    theme: str
    indicateur: str
    libelle: str
    unite: str
    decimales: int
    periode: str
    valeur: float | None
    mention: str
    statut: str | None
    valeur_un_an_avant: float | None
    variation: float | None
    unite_variation: str | None
    valeur_france: float | None
    rang: int | None
    nombre_classes: int | None
    producteur: str
    motif: str | None


# `mention`: why there is no value, in a word; CL_CONF_STATUS F is free, anything else protects.
MENTION = f"""
    case when k.valeur is not null and k.marque_producteur in ('5 ou moins', '95 ou plus')
            then k.marque_producteur
        when k.valeur is not null then ''
        when k.confidentialite is not null and k.confidentialite <> 'F' then '{words.SECRET}'
        else '{words.MISSING}' end
"""

FIGURES = f"""
    select
        t.type_territoire, t.code_territoire, t.territoire, t.libelle, t.code_region,
        t.code_departement, t.est_interregional,
        i.theme, i.indicateur, i.libelle, i.unite, i.decimales, k.periode, k.valeur, {MENTION}, k.statut,
        k.valeur_un_an_avant, k.variation, k.unite_variation, k.valeur_france, k.rang,
        k.nombre_classes, i.producteur, k.motif
    from chiffres_cles k
    join territoires t using (territoire)
    join indicateurs i using (indicateur)
    where t.type_territoire in (select unnest($niveaux))
    order by i.ordre, i.indicateur, t.type_territoire, t.code_territoire
"""

# The columns of the flat files, in reading order; numbers are marked, a French spreadsheet wants their comma.
FLAT = (
    ("t.type_territoire", "type_territoire"),
    ("t.code_territoire", "code_territoire"),
    ("t.libelle", "territoire_libelle"),
    ("i.theme", "theme"),
    ("k.indicateur", "indicateur"),
    ("i.libelle", "libelle"),
    ("i.unite", "unite"),
    ("k.periode", "periode"),
    ("k.valeur", "valeur"),
    (MENTION, "mention"),
    ("k.statut", "statut"),
    ("k.confidentialite", "confidentialite"),
    ("k.methode", "methode"),
    ("k.periode_un_an_avant", "periode_un_an_avant"),
    ("k.valeur_un_an_avant", "valeur_un_an_avant"),
    ("k.variation", "variation"),
    ("k.unite_variation", "unite_variation"),
    ("k.rupture", "rupture"),
    ("k.valeur_departement", "valeur_departement"),
    ("k.valeur_region", "valeur_region"),
    ("k.valeur_france", "valeur_france"),
    ("k.rang", "rang"),
    ("k.nombre_classes", "nombre_classes"),
    ("k.quartile", "quartile"),
    ("k.motif", "motif"),
    ("i.source", "source"),
    ("i.producteur", "producteur"),
)
DECIMAL = {
    "valeur",
    "valeur_un_an_avant",
    "variation",
    "valeur_departement",
    "valeur_region",
    "valeur_france",
}


def read(database: Path, levels: Iterable[str]) -> list[Figure]:
    """The key figures of some levels, in the dictionary's order, then by territory code."""
    with duckdb.connect(str(database), read_only=True) as connection:
        rows = connection.execute(FIGURES, {"niveaux": list(levels)}).fetchall()
    return [Figure(*row) for row in rows]


def by_indicator(figures: Iterable[Figure]) -> dict[str, list[Figure]]:
    """Figures grouped by indicator, in their order, without the indicators that have no value at all."""
    groups: dict[str, list[Figure]] = {}
    for figure in figures:
        groups.setdefault(figure.indicateur, []).append(figure)
    return {key: group for key, group in groups.items() if any(f.valeur is not None for f in group)}


def usual_period(figures: Iterable[Figure]) -> str:
    """The period of most of them, the latest of equals: that of the column's header."""
    count = Counter(figure.periode for figure in figures)
    return max(count, key=lambda period: (count[period], period))


def write_flat(database: Path, folder: Path) -> list[Path]:
    """chiffres_cles.csv (UTF-8 with its mark, `;`, decimal comma: what a French spreadsheet opens without
    asking, and 6.9 would become the 6th of September) and chiffres_cles.parquet (numbers as numbers). Every
    level of the release.
    """
    csv, parquet, bare = (
        folder / "chiffres_cles.csv",
        folder / "chiffres_cles.parquet",
        folder / ".chiffres_cles.csv",
    )
    comma = ", ".join(
        f"replace({name}::varchar, '.', ',') as {name}" if name in DECIMAL else name for _, name in FLAT
    )
    plain = ", ".join(f"({expression}) as {name}" for expression, name in FLAT)
    source = """
        from chiffres_cles k
        join territoires t using (territoire)
        join indicateurs i using (indicateur)
        order by t.type_territoire, t.code_territoire, i.ordre, i.indicateur"""
    with duckdb.connect(str(database), read_only=True) as connection:
        connection.execute(
            f"copy (select {plain} {source}) to '{_path(parquet)}' (format parquet, compression zstd)"
        )
        connection.execute(
            f"copy (select {comma} from '{_path(parquet)}') to '{_path(bare)}'"
            " (format csv, header, delimiter ';')"
        )
    with bare.open("rb") as read, csv.open("wb") as written:
        written.write(b"\xef\xbb\xbf")  # DuckDB writes no mark, without which Excel reads the accents wrong
        shutil.copyfileobj(read, written)
    bare.unlink()
    return [csv, parquet]


def _path(path: Path) -> str:
    return str(path).replace("'", "''")
