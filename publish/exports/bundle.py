"""Every export that a release carries, in one folder; the others are made on demand. In three parts, that two
processes of a run share."""

from __future__ import annotations

from pathlib import Path

from publish.exports import key_figures, produce, workbook
from publish.exports.dictionary import site
from publish.exports.produce import Origin


def write(origin: Origin, folder: Path) -> list[Path]:
    """chiffres_cles.xlsx, .csv and .parquet, the dashboard, one portrait and the dictionary of a
    release; returns their paths."""
    return [
        *write_tables(origin, folder), write_dictionary(origin, folder), *write_reports(origin, folder)
    ]  # fmt: skip


def write_tables(origin: Origin, folder: Path) -> list[Path]:
    """The key figures as a workbook, CSV and Parquet; returns their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    book = workbook.write(
        folder / "chiffres_cles.xlsx", origin.database, origin.region, origin.release, origin.made
    )
    return [book, *key_figures.write_flat(origin.database, folder)]


def write_reports(origin: Origin, folder: Path) -> list[Path]:
    """The dashboard and one portrait; returns their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    board = produce.write_dashboard(origin, folder)
    shown = (produce.largest_epci(origin.database, origin.region),)
    return [*board, *produce.write_portraits(origin, shown, folder / "portraits")]


def write_dictionary(origin: Origin, folder: Path) -> Path:
    """The site of the dictionary; returns its first page. It describes every table of the release."""
    folder.mkdir(parents=True, exist_ok=True)
    return site.write(
        origin.database,
        folder / "dictionnaire",
        region=origin.region,
        release=origin.release,
        made=origin.made,
    )
