"""The bulk folder: the formats asked, then what describes them; whole or not at all."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import duckdb

from publish.exports.bulk import maps, metadata, tables


def write(
    database: Path, folder: Path, formats: Sequence[str], *, region: str, release: str, made: datetime
) -> list[Path]:
    """Writes the formats among csv, parquet, geopackage, geojson, sdmx and replaces `folder` by them."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory(dir=folder.parent, prefix=".en-cours-") as name,
        duckdb.connect(str(database), read_only=True) as connection,
    ):
        aside = Path(name) / "vrac"
        aside.mkdir()
        listed = metadata.sources(connection)
        carried = metadata.embedded(listed, region, release)
        row = connection.execute(
            "select libelle from territoires where territoire = 'REG-' || $region", {"region": region}
        ).fetchone()
        label = row[0] if row else f"région {region}"
        found = maps.features(connection) if {"geojson", "geopackage"} & set(formats) else {}
        files: list[tuple[str, Path]] = []
        for kind in formats:
            target = aside / kind
            target.mkdir()
            match kind:
                case "csv":
                    files += tables.write_csv(connection, target)
                case "parquet":
                    files += tables.write_parquet(connection, target, carried)
                case "sdmx":
                    files += tables.write_sdmx(connection, target, region)
                case "geojson":
                    files += maps.write_geojson(found, target, carried)
                case _:
                    files += maps.write_geopackage(found, target, carried)
        package = metadata.datapackage(connection, aside, files, region, label, release, made)
        _json(aside / "datapackage.json", package)
        _json(aside / "catalogue.jsonld", metadata.catalogue(connection, package, region, label, made))
        (aside / "LICENCES.md").write_text(metadata.licences(listed, release), encoding="utf-8")
        if folder.exists():
            shutil.move(folder, Path(name) / "ancien")
        aside.rename(folder)
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _json(path: Path, content: object) -> None:
    path.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
