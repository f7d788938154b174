"""The bodies of an Explore 2.1 export: json, jsonl, csv, parquet, in the portals' true forms."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

import pyarrow
import pyarrow.parquet

CONTENT_TYPES = {
    "json": "application/json; charset=utf-8",
    "jsonl": "application/jsonl; charset=utf-8",
    "csv": "text/csv; charset=utf-8",
    "parquet": "application/octet-stream",
}
BOM = b"\xef\xbb\xbf"

_ARROW = {
    "text": pyarrow.string(),
    "geo_point_2d": pyarrow.string(),
    "int": pyarrow.int64(),
    "double": pyarrow.float64(),
    "date": pyarrow.date32(),
    "datetime": pyarrow.timestamp("us", tz="UTC"),
}


def records(columns: Mapping[str, str], rows: Iterable[Sequence[Any]]) -> list[dict[str, Any]]:
    """Flat JSON objects, one per row; `columns` maps each name to its Opendatasoft type."""
    return [
        {name: _json(value, columns[name]) for name, value in zip(columns, row, strict=True)} for row in rows
    ]


def json_bytes(columns: Mapping[str, str], rows: Iterable[Sequence[Any]]) -> bytes:
    """A bare array: exports have no envelope."""
    return dump(records(columns, rows))


def jsonl_bytes(columns: Mapping[str, str], rows: Iterable[Sequence[Any]]) -> bytes:
    """One object a line."""
    return b"".join(dump(record) + b"\n" for record in records(columns, rows))


def csv_bytes(
    header: Sequence[str],
    rows: Iterable[Sequence[Any]],
    delimiter: str = ";",
    quote_all: bool = False,
    with_bom: bool = True,
) -> bytes:
    """UTF-8 with BOM, CRLF, decimal point, null as an empty field."""
    text = io.StringIO(newline="")
    writer = csv.writer(
        text,
        delimiter=delimiter,
        lineterminator="\r\n",
        quoting=csv.QUOTE_ALL if quote_all else csv.QUOTE_MINIMAL,
    )
    writer.writerow(header)
    writer.writerows(rows)
    return (BOM if with_bom else b"") + text.getvalue().encode("utf-8")


def parquet_bytes(columns: Mapping[str, str], rows: Sequence[Sequence[Any]]) -> bytes:
    """Typed parquet; a geo point stays the text `lat, lon` (the portals write WKB)."""
    names = list(columns)
    schema = pyarrow.schema([(name, _ARROW[columns[name]]) for name in names])
    arrays = [
        pyarrow.array([row[position] for row in rows], type=_ARROW[columns[name]])
        for position, name in enumerate(names)
    ]
    buffer = io.BytesIO()
    pyarrow.parquet.write_table(pyarrow.Table.from_arrays(arrays, schema=schema), buffer)
    return buffer.getvalue()


def dump(value: Any) -> bytes:
    """JSON as the portals write it: compact, UTF-8, not escaped."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8")


def _json(value: Any, type_: str) -> Any:
    if isinstance(value, datetime):
        return value.isoformat() + "+00:00"
    if isinstance(value, date):
        return value.isoformat()
    if type_ == "geo_point_2d" and value:
        latitude, longitude = value.split(",")
        return {"lon": float(longitude), "lat": float(latitude)}
    return value
