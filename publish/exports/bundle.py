"""Every export of a release, in one folder."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from publish.exports import key_figures, workbook


def write(database: Path, folder: Path, *, region: str, release: str, made: datetime) -> list[Path]:
    """Writes chiffres_cles.xlsx, .csv and .parquet from the release's DuckDB file; returns their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    book = workbook.write(folder / "chiffres_cles.xlsx", database, region, release, made)
    return [book, *key_figures.write_flat(database, folder)]
