"""Every export that a release carries, in one folder; the others are made on demand. In two parts, that two
processes of a run share."""

from __future__ import annotations

from pathlib import Path

from publish.exports import key_figures, produce, workbook
from publish.exports.dictionary import site
from publish.exports.produce import Origin


def write(origin: Origin, folder: Path) -> list[Path]:
    """chiffres_cles.xlsx, .csv and .parquet, the site of the dictionary, the dashboard and one portrait of a
    release; returns their paths, of the site that of its first page."""
    return [*write_formatted(origin, folder), *write_flat(origin, folder)]


def write_flat(origin: Origin, folder: Path) -> list[Path]:
    """chiffres_cles.csv and .parquet; returns their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    return key_figures.write_flat(origin.database, folder)


def write_formatted(origin: Origin, folder: Path) -> list[Path]:
    """What is drawn or laid out; returns its paths."""
    folder.mkdir(parents=True, exist_ok=True)
    database, region, release, made = origin.database, origin.region, origin.release, origin.made
    shown = (produce.largest_epci(database, region),)
    facts = produce.facts_of(origin, [*shown, *produce.on_dashboard(origin)])
    return [
        workbook.write(folder / "chiffres_cles.xlsx", database, region, release, made),
        site.write(database, folder / "dictionnaire", region=region, release=release, made=made),
        *produce.write_dashboard(origin, folder, facts),
        *produce.write_portraits(origin, shown, folder / "portraits", facts=facts),
    ]
