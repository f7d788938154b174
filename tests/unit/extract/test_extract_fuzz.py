"""Parsers given anything: rows come out, or one of the declared errors; never another, never a changed value.

Two kinds of input: arbitrary bytes, and good files spoilt in a few places, which reach further inside."""

from __future__ import annotations

import gzip
import io
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from extract.attempt import read
from extract.clients import bdm, melodi
from extract.clients.common import Collected
from extract.definitions import Part
from extract.errors import DeliveryRefused, ExtractError
from extract.reading import read_file

EXAMPLES = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
WANTED: dict[str, Any] = {"colonnes": ["CODE", "VALEUR"], "cle": ["CODE"], "lignes_min": 1}


def _workbook() -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (["titre"], ["CODE", "VALEUR"], ["01", 1.5], ["02", None]):
        sheet.append(row)
    sink = io.BytesIO()
    book.save(sink)
    return sink.getvalue()


def _zip() -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("essai_data.csv", "CODE;VALEUR\n01;1\n02;é\n")
    return sink.getvalue()


CSV = b'CODE;VALEUR\n01;1,5\n"02";"a;b"\n'
GEOJSON = b'{"type":"FeatureCollection","features":[{"properties":{"CODE":"01","VALEUR":1},"geometry":{"type":"Point","coordinates":[1,2]}}]}'
XML = b"<m><DataSet><Series IDBANK='1'><Obs TIME_PERIOD='2023' OBS_VALUE='6.9'/></Series></DataSet></m>"
MELODI = (
    b'{"observations":[{"dimensions":{"CODE":"01"},"measures":{"VALEUR":{"value":1}}}],"paging":{"count":1}}'
)
FORMS: dict[str, tuple[dict[str, Any], bytes]] = {
    "csv": ({"format": "csv", "separateur": ";"}, CSV),
    "csv utf-16": ({"format": "csv", "separateur": ";", "encodage": "utf-16"}, CSV.decode().encode("utf-16")),
    "csv gzip": ({"format": "csv", "separateur": ";"}, gzip.compress(CSV)),
    "zip": ({"format": "csv", "separateur": ";", "membre": r"_data\.csv$"}, _zip()),
    "json": ({"format": "json"}, b'[{"CODE":"01","VALEUR":1.50},{"CODE":"02","VALEUR":null}]'),
    "geojson": ({"format": "geojson"}, GEOJSON),
    "tableur": ({"format": "tableur"}, _workbook()),
}


@st.composite
def spoilt(draw: st.DrawFn, good: bytes) -> bytes:
    """A good file with a few bytes changed, cut out, or doubled."""
    body = bytearray(good)
    for _ in range(draw(st.integers(0, 4))):
        where = draw(st.integers(0, max(len(body) - 1, 0)))
        match draw(st.sampled_from(("change", "cut", "double", "insert"))):
            case "change" if body:
                body[where] = draw(st.integers(0, 255))
            case "cut":
                del body[where : where + draw(st.integers(1, 40))]
            case "double":
                body[where:where] = body[where : where + 40]
            case _:
                body[where:where] = draw(st.binary(min_size=1, max_size=6))
    return bytes(body)


def _parse(name: str, body: bytes) -> None:
    lecture, _ = FORMS[name]
    attendu = WANTED | ({"colonnes": ["CODE", "VALEUR", "geometrie"]} if name == "geojson" else {})
    part = Part("insee__essai", None, {}, lecture, attendu)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "recu"
        path.write_bytes(body)
        try:
            found = Collected("", None, lambda scratch: read_file(part, path, "", scratch))
            table = read(found, part, Path(folder))
        except ExtractError as error:
            assert str(error)
            return
        assert table.rows >= 1
        assert table.columns == tuple(attendu["colonnes"])
        table.connection.close()


@pytest.mark.parametrize("name", FORMS)
def test_good_file_is_read(name: str) -> None:
    _parse(name, FORMS[name][1])


@pytest.mark.parametrize("name", FORMS)
def test_spoilt_file(name: str) -> None:
    @EXAMPLES
    @given(spoilt(FORMS[name][1]))
    def never_undeclared(body: bytes) -> None:
        _parse(name, body)

    never_undeclared()


@pytest.mark.parametrize("name", FORMS)
def test_any_bytes(name: str) -> None:
    start = b"PK\x03\x04" if name in ("zip", "tableur") else b"\x1f\x8b" if name == "csv gzip" else b""

    @EXAMPLES
    @given(st.one_of(st.binary(max_size=300), st.binary(max_size=300).map(lambda body: start + body)))
    def never_undeclared(body: bytes) -> None:
        _parse(name, body)

    never_undeclared()


@pytest.mark.parametrize(("parse", "good"), [(bdm.read_message, XML), (melodi.read_answer, MELODI)])
def test_messages(parse: Any, good: bytes) -> None:
    @EXAMPLES
    @given(st.one_of(spoilt(good), st.binary(max_size=200)))
    def never_undeclared(body: bytes) -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "recu"
            path.write_bytes(body)
            try:
                parse(path).connection.close()
            except DeliveryRefused as error:
                assert str(error)

    never_undeclared()
