"""Outlines with their last figures, ready to map: one GeoPackage of all levels, one GeoJSON per level."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import geopandas
from shapely.geometry import shape

from publish.exports.outlines import Outlines

LEVELS = ("COM", "EPCI", "ARR", "CAN", "ZE2020", "BV2022", "DEP", "REG", "PROJET")
TERRITORIES = """
    select territoire, type_territoire, code_territoire, libelle, code_departement, code_region,
        est_interregional, population_municipale
    from territoires where type_territoire in (select unnest($niveaux)) order by territoire
"""
VALUES = """
    select k.territoire, k.indicateur, k.periode, k.valeur, k.confidentialite, k.statut
    from chiffres_cles k join indicateurs i using (indicateur)
    where k.territoire in (select unnest($territoires))
    order by i.ordre, i.indicateur
"""


def features(connection: duckdb.DuckDBPyConnection) -> dict[str, list[dict[str, Any]]]:
    """GeoJSON features by level. A property per indicator (`null` when missing or secret, and why in
    `<indicateur>_mention`), its period in `<indicateur>_periode`. Those without outline are left out."""
    outlines = Outlines.read(connection)
    columns = (
        "territoire",
        "type_territoire",
        "code",
        "libelle",
        "departement",
        "region",
        "interregional",
        "population",
    )
    rows = connection.execute(TERRITORIES, {"niveaux": list(LEVELS)}).fetchall()
    found: dict[str, list[dict[str, Any]]] = {level: [] for level in LEVELS}
    by_key: dict[str, dict[str, Any]] = {}
    for row in rows:
        geometry = outlines.geojson(row[0])
        if geometry is None:
            continue
        properties = dict(zip(columns, row, strict=True))
        properties["millesime_contour"] = outlines.millesime(row[0])
        properties["contour_partiel"] = outlines.is_partial(row[0])
        by_key[row[0]] = properties
        found[row[1]].append(
            {"type": "Feature", "id": row[0], "properties": properties, "geometry": geometry}
        )
    known: dict[str, dict[str, None]] = {level: {} for level in LEVELS}
    for territory, indicator, period, value, secret, status in connection.execute(
        VALUES, {"territoires": list(by_key)}
    ).fetchall():
        properties = by_key[territory]
        properties[indicator] = value
        properties[f"{indicator}_periode"] = period
        if value is None:
            properties[f"{indicator}_mention"] = "secret" if secret not in (None, "F") else "n.d."
        elif status in ("P", "E", "F", "U"):
            properties[f"{indicator}_mention"] = status
        known[properties["type_territoire"]][indicator] = None
    return {level: listed for level, listed in found.items() if listed}


def write_geojson(
    found: dict[str, list[dict[str, Any]]], folder: Path, metadata: dict[str, str]
) -> Iterator[tuple[str, Path]]:
    """geojson/<level>.geojson (WGS84, RFC 7946), licences and attribution as members of the collection."""
    for level, listed in found.items():
        path = folder / f"{level.lower()}.geojson"
        collection = {"type": "FeatureCollection", "name": level, **metadata, "features": listed}
        path.write_text(json.dumps(collection, ensure_ascii=False, separators=(",", ":")), encoding="utf-8")
        yield level, path


def write_geopackage(
    found: dict[str, list[dict[str, Any]]], folder: Path, metadata: dict[str, str]
) -> Iterator[tuple[str, Path]]:
    """geopackage/territoires.gpkg, a layer per level; licences and attribution in its metadata."""
    path = folder / "territoires.gpkg"
    for level, listed in found.items():
        columns = list(dict.fromkeys(name for feature in listed for name in feature["properties"]))
        frame = geopandas.GeoDataFrame(
            [{name: feature["properties"].get(name) for name in columns} for feature in listed],
            geometry=[shape(feature["geometry"]) for feature in listed],
            crs="EPSG:4326",
        )
        frame.to_file(
            path,
            layer=level.lower(),
            driver="GPKG",
            engine="pyogrio",
            mode="a" if path.exists() else "w",
            geometry_type="MultiPolygon",
            dataset_metadata=metadata if not path.exists() else None,
        )
    yield "geopackage", path
