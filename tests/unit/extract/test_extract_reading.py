"""Strict reading: the right bytes give texts, the wrong ones are refused with the place and the reason."""

from __future__ import annotations

import gzip
import io
import zipfile
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from extract.attempt import read
from extract.clients import Collected
from extract.definitions import Part
from extract.errors import DeliveryRefused
from extract.landing import content_hash
from extract.reading import Table, read_file

CSV = {"format": "csv", "encodage": "utf-8", "separateur": ";"}


def _read(
    tmp_path: Path, body: bytes, lecture: dict[str, Any], attendu: dict[str, Any] | None = None
) -> Table:
    path, scratch = tmp_path / "objet", tmp_path / "scratch"
    path.write_bytes(body)
    scratch.mkdir(exist_ok=True)
    part = Part("insee__essai", None, {}, lecture, {"colonnes": ["CODE"], "lignes_min": 1} | (attendu or {}))
    return read_file(part, path, "application/octet-stream", scratch)


def _rows(table: Table) -> list[tuple[Any, ...]]:
    names = ", ".join(f'"{name}"' for name in table.columns)
    return table.connection.execute(f"select {names} from brut order by _n").fetchall()


@pytest.mark.parametrize(
    ("body", "lecture"),
    [
        (b"\xef\xbb\xbfCODE;L\r\n01;\xc3\xa9t\xc3\xa9\r\n02;\r\n", CSV),
        (b"CODE;L\n01;\xe9t\xe9\n02;\n", CSV | {"encodage": "latin-1"}),
        ("CODE,L\r\n01,été\r\n02,\r\n".encode("utf-16"), CSV | {"encodage": "utf-16", "separateur": ","}),
        (gzip.compress(b'CODE;L\n01;\xc3\xa9t\xc3\xa9\n02;""\n'), CSV),
    ],
)
def test_csv_as_text_with_zeros_kept_and_empty_as_null(
    tmp_path: Path, body: bytes, lecture: dict[str, Any]
) -> None:
    table = _read(tmp_path, body, lecture)
    assert table.columns == ("CODE", "L") and _rows(table) == [("01", "été"), ("02", None)]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "vide"),
        (b"<!DOCTYPE html><html>captcha</html>", "page web"),
        (b"CODE;L\n01;a\n02\n", "ligne 3 : 1 colonnes au lieu de 2"),
        (b"CODE;L\n01;a;b\n", "3 colonnes au lieu de 2"),
        (b'CODE;L\n01;"a\n', "guillemet"),
        (b"CODE;L\n01;\xe9\n", "UTF-8"),
        (b"CODE;CODE\n1;2\n", "en double"),
        (b"CODE;\n1;2\n", "n'a pas de nom"),
        (b"\n\n", "en-tête"),
        (
            b"CODE;L\n01;a\nStreaming interrupted due to the following error: Invalid value",
            "interrompu par le portail",
        ),
    ],
)
def test_csv_refused(tmp_path: Path, body: bytes, said: str) -> None:
    with pytest.raises(DeliveryRefused, match=said):
        _read(tmp_path, body, CSV)


def test_declared_encoding_is_checked(tmp_path: Path) -> None:
    with pytest.raises(DeliveryRefused, match="octet 7 n'est pas du cp1252"):
        _read(tmp_path, b"CODE;L\n\x81;a\n", CSV | {"encodage": "cp1252"})


def _zip(**members: bytes) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in members.items():
            archive.writestr(name, body)
    return sink.getvalue()


def test_member_of_a_zip(tmp_path: Path) -> None:
    body = _zip(**{"a/donnees.csv": b"CODE\n01\n", "lisez-moi.txt": b"x"})
    assert _rows(_read(tmp_path, body, CSV | {"membre": r"\.csv$"})) == [("01",)]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (_zip(**{"b.txt": b"x"}), "un seul fichier"),
        (_zip(**{"a.csv": b"x", "b.csv": b"x"}), "un seul fichier"),
        (b"CODE\n01\n", "zip était attendu"),
        (_zip(**{"a.csv": b"CODE\n01\n" * 99})[:-30], "zip abîmé"),
    ],
)
def test_zip_refused(tmp_path: Path, body: bytes, said: str) -> None:
    with pytest.raises(DeliveryRefused, match=said):
        _read(tmp_path, body, CSV | {"membre": r"\.csv$"})


def test_gzip_cut(tmp_path: Path) -> None:
    with pytest.raises(DeliveryRefused, match="gzip"):
        _read(tmp_path, gzip.compress(b"CODE\n01\n" * 999)[:-20], CSV)


def test_unpacked_size_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("extract.reading.containers.LARGEST_UNPACKED", 1 << 20)
    with pytest.raises(DeliveryRefused, match="décompressé"):
        _read(tmp_path, gzip.compress(b"0" * (3 << 20)), CSV)


def _workbook(**sheets: list[list[Any]]) -> bytes:
    sink = io.BytesIO()
    with xlsxwriter.Workbook(sink, {"in_memory": True}) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for index, row in enumerate(rows):
                for column, value in enumerate(row):
                    if value is not None:
                        sheet.write(index, column, value)
    return sink.getvalue()


TITLED = [
    ["Un titre"],
    [],
    ["Code géographique", "Libellé"],
    ["CODE", "LIB"],
    ["01", "a"],
    ["2", 3.0],
    [],
    ["4", 1.5],
]


def test_sheet_by_name_and_header_by_its_columns(tmp_path: Path) -> None:
    body = _workbook(Lisez_moi=[["x"]], COM=TITLED)
    table = _read(tmp_path, body, {"format": "tableur", "feuilles": ["COM"]})
    assert table.columns == ("CODE", "LIB")
    assert _rows(table) == [("01", "a"), ("2", "3"), ("4", "1.5")]
    short = _read(tmp_path, body, {"format": "tableur", "feuilles": ["COM"], "jusqu_a_ligne_vide": True})
    assert short.rows == 2


@pytest.mark.parametrize(
    ("sheets", "lecture", "said"),
    [
        ({"COM": TITLED}, {"feuilles": ["ARM"]}, "feuille absente : ARM ; le classeur contient : COM"),
        ({"COM": [["LIB"], ["a"]]}, {"feuilles": ["COM"]}, "pas de ligne d'en-tête avec les colonnes CODE"),
        ({"COM": [["CODE", "LIB"], ["1", "a", "perdu"]]}, {"feuilles": ["COM"]}, "ligne 2 : une valeur sort"),
        ({"COM": [["CODE", None, "LIB"], ["1", "", "a"]]}, {"feuilles": ["COM"]}, "n'a pas de nom"),
    ],
)
def test_workbook_refused(tmp_path: Path, sheets: dict[str, Any], lecture: dict[str, Any], said: str) -> None:
    with pytest.raises(DeliveryRefused, match=said):
        _read(tmp_path, _workbook(**sheets), {"format": "tableur"} | lecture)


def test_not_a_workbook(tmp_path: Path) -> None:
    with pytest.raises(DeliveryRefused, match="classeur illisible"):
        _read(tmp_path, b"PK\x03\x04 not a zip", {"format": "tableur"})


def test_header_of_two_rows(tmp_path: Path) -> None:
    rows = [
        ["Titre", "x"],
        [None, None, "2000", None, "2001"],
        [None, None, "T1", "T2", "T1"],
        ["NORMANDIE", 28, 1, 2, 3],
    ]
    lecture = {
        "format": "tableur",
        "feuilles": ["S"],
        "colonne_feuille": "_feuille",
        "entete_double": {"haut": "[0-9]{4}", "bas": "T[1-4]", "premieres": ["libelle", "code"]},
    }
    table = _read(tmp_path, _workbook(S=rows), lecture, {"colonnes": ["libelle", "code"]})
    assert table.columns == ("_feuille", "libelle", "code", "2000-T1", "2000-T2", "2001-T1")
    assert _rows(table) == [("S", "NORMANDIE", "28", "1", "2", "3")]


def test_json_and_geojson(tmp_path: Path) -> None:
    table = _read(tmp_path, b'[{"CODE":"01","n":1.5},{"CODE":"02","extra":{"a":1}}]', {"format": "json"})
    assert _rows(table) == [("01", "1.5", None), ("02", None, '{"a":1}')]
    point = b'{"type":"Point","coordinates":[0.1,49]}'
    feature = b'{"properties":{"code":"14"},"geometry":' + point + b"}"
    shape = b'{"type":"FeatureCollection","features":[' + feature + b"]}"
    table = _read(tmp_path, shape, {"format": "geojson", "proprietes": {"code": "CODE"}})
    assert table.columns == ("CODE", "geometrie")
    assert _rows(table) == [("14", '{"type":"Point","coordinates":[0.1,49]}')]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b'[{"CODE":"01"},', "ligne 1, colonne"),
        (b'{"a":1}', "liste d'objets"),
        (b"[]", "vide"),
        (b'["\xff"]', "UTF-8"),
    ],
)
def test_json_refused(tmp_path: Path, body: bytes, said: str) -> None:
    with pytest.raises(DeliveryRefused, match=said):
        _read(tmp_path, body, {"format": "json"})


def test_large_file_is_read_like_a_small_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Kept on disk instead of in memory: same rows, same order, same fingerprint, nothing left behind."""
    path = tmp_path / "a.csv"
    path.write_text("CODE;2023;2024\n" + "".join(f"{n:05};{n};\n" for n in range(3000)))
    lecture = {"format": "csv", "separateur": ";"}
    rule = {"colonnes": "([0-9]{4})", "nom": "annee", "valeur": "n"}
    shapes: list[dict[str, Any]] = [
        {"colonnes": ["CODE", "2023"], "colonnes_ignorees": ["2024"], "renommer": {"CODE": "COM"}},
        {"colonnes": ["CODE"], "depivoter": rule, "constantes": {"niveau": "COM"}},
    ]
    folder = tmp_path / "temporaire"
    folder.mkdir()
    for shape in shapes:
        part = Part("insee__essai", None, {}, lecture, {**shape, "lignes_min": 1})
        found = []
        for large in (1 << 40, 1):
            monkeypatch.setattr("extract.reading.csv_text.LARGE", large)
            collected = Collected("", None, partial(read_file, part, path, ""))
            table = read(collected, part, folder)
            rows = table.connection.execute("select * from brut order by _n").fetchall()
            found.append((rows, content_hash(table), table.rows, table.columns))
            table.close()
        assert found[0] == found[1] and found[0][2] == 3000 * (2 if "depivoter" in shape else 1)
    monkeypatch.setattr("extract.reading.csv_text.LARGE", 1)
    path.write_text("CODE;2023\n1;2;3\n")
    with pytest.raises(DeliveryRefused):
        read_file(part, path, "", folder)
    assert not list(folder.iterdir())
