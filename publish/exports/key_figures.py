"""The key figures as one frame, read from a release, and as CSV and Parquet."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pandas as pd

from publish import words

# Named levels, from the whole to the finest; the workbook has a sheet for each that the release fills.
LEVELS = ("REG", "DEP", "EPCI", "ZE2020", "BV2022", "COM")

FRAME = """
    select
        t.type_territoire, t.code_territoire, t.libelle as territoire_libelle, t.code_departement, t.est_interregional,
        k.*,
        i.libelle, i.theme, i.unite, i.decimales, i.nature, i.frequence, i.source, i.producteur, i.ordre, i.sens,
        t.code_region
    from chiffres_cles k
    join territoires t using (territoire)
    join indicateurs i using (indicateur)
    order by i.ordre, i.indicateur, t.type_territoire, t.code_territoire
"""

# The columns of the flat files, in reading order.
FLAT = [
    "type_territoire", "code_territoire", "territoire_libelle", "theme", "indicateur", "libelle", "unite", "periode",
    "valeur", "mention", "statut", "confidentialite", "methode", "periode_un_an_avant", "valeur_un_an_avant", "variation",
    "unite_variation", "valeur_departement", "valeur_region", "valeur_france", "rang", "nombre_classes", "quartile",
    "motif", "source", "producteur",
]  # fmt: skip


def frame(database: Path) -> pd.DataFrame:
    """One row per (territoire, indicateur) with labels, unit, decimals, and `mention`: why there is no value."""
    with duckdb.connect(str(database), read_only=True) as connection:
        data = connection.execute(FRAME).df()
    data["mention"] = [
        words.why_missing(confidential) if words.absent(value) else ""
        for value, confidential in zip(data["valeur"], data["confidentialite"], strict=True)
    ]
    return data


def write_flat(data: pd.DataFrame, folder: Path) -> list[Path]:
    """chiffres_cles.csv (UTF-8 with its mark, `;`, decimal comma: what a French spreadsheet opens without asking, and
    6.9 would become the 6th of September) and chiffres_cles.parquet (numbers as numbers)."""
    flat = data[FLAT]
    csv, parquet = folder / "chiffres_cles.csv", folder / "chiffres_cles.parquet"
    flat.to_csv(csv, sep=";", decimal=",", index=False, encoding="utf-8-sig", lineterminator="\r\n")
    with duckdb.connect() as connection:
        connection.register("plat", flat)
        path = str(parquet).replace("'", "''")
        connection.execute(f"copy plat to '{path}' (format parquet, compression zstd)")
    return [csv, parquet]
