"""JSON lists of flat objects, and GeoJSON: every value as text, geometry as compact GeoJSON text."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from extract.definitions import Part
from extract.errors import DeliveryRefused
from extract.reading.table import Table


def as_text(value: Any) -> str | None:
    """A JSON value as text (the shortest that gives the same number back); null, absent and "" are None."""
    if value is None or isinstance(value, str):
        return value or None
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def parse(path: Path) -> Any:
    """The JSON of a file; raises DeliveryRefused with line and column."""
    try:
        return json.loads(path.read_text(encoding="utf-8-sig"))
    except UnicodeDecodeError as error:
        raise DeliveryRefused(f"json : l'octet {error.start} n'est pas de l'UTF-8") from error
    except json.JSONDecodeError as error:
        raise DeliveryRefused(
            f"json illisible ou coupé, ligne {error.lineno}, colonne {error.colno} : {error.msg}"
        ) from error
    except RecursionError as error:
        raise DeliveryRefused("json imbriqué au-delà du raisonnable") from error


def read_json(path: Path) -> Table:
    """A list of objects, one row each; a value that is itself an object or a list is kept as JSON text."""
    content = parse(path)
    if not isinstance(content, list) or not all(isinstance(item, dict) for item in content):
        raise DeliveryRefused("json : une liste d'objets était attendue")
    columns = list(dict.fromkeys(name for item in content for name in item))
    if not columns:
        raise DeliveryRefused("json : la liste est vide")
    return Table.of_rows(columns, [[as_text(item.get(name)) for name in columns] for item in content])


def read_geojson(path: Path, part: Part) -> Table:
    """A FeatureCollection: the properties under the names of `lecture.proprietes`, and `geometrie`."""
    content = parse(path)
    features = content.get("features") if isinstance(content, dict) else None
    if not isinstance(features, list) or not all(isinstance(feature, dict) for feature in features):
        raise DeliveryRefused("geojson : une FeatureCollection était attendue")
    names: dict[str, str] = part.lecture.get("proprietes", {})
    properties = [feature.get("properties") or {} for feature in features]
    found = list(dict.fromkeys(name for one in properties for name in one))
    columns = [*(names.get(name, name) for name in found), "geometrie"]
    rows = [
        [*(as_text(one.get(name)) for name in found), as_text(feature.get("geometry"))]
        for one, feature in zip(properties, features, strict=True)
    ]
    return Table.of_rows(columns, rows)
