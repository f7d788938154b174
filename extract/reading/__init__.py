"""Bytes -> one table of texts, strictly: what is not understood is refused with the place and the reason."""

from __future__ import annotations

from pathlib import Path

from extract.definitions import Part
from extract.errors import DeliveryRefused
from extract.reading.containers import opened
from extract.reading.csv_text import read_csv
from extract.reading.json_text import read_geojson, read_json
from extract.reading.spreadsheet import read_spreadsheet
from extract.reading.table import Table

__all__ = ["Table", "read_file"]


def read_file(part: Part, path: Path, content_type: str, scratch: Path) -> Table:
    """Read one archived object as the yaml says (`lecture`); raises DeliveryRefused when it is something
    else.

    `scratch`: an existing folder for what has to be unpacked, and for a large table; the caller deletes it
    once the table is closed."""
    file = opened(path, part.lecture, content_type, scratch)
    match part.lecture["format"]:
        case "csv":
            return read_csv(file, part, scratch)
        case "tableur":
            return read_spreadsheet(file, part)
        case "json":
            return read_json(file)
        case "geojson":
            return read_geojson(file, part)
    raise DeliveryRefused(f"format de lecture inconnu : {part.lecture['format']}")
