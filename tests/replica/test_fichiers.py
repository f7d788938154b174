"""The replica's plain files over HTTP: formats, marks, check figures, stable bytes."""

from __future__ import annotations

import csv
import gzip
import io
import json
import zipfile
from collections.abc import Iterator

import pytest
import requests
from python_calamine import CalamineWorkbook

from extract.replica.process import Replica, replica
from extract.replica.services.fichiers import FILES, INSEE


@pytest.fixture(scope="module")
def served() -> Iterator[Replica]:
    with replica() as running:
        yield running


def get(served: Replica, path: str) -> requests.Response:
    return requests.get(served.url + path, timeout=30)


def read(answer: requests.Response, sheet: str) -> list[list[object]]:
    workbook = CalamineWorkbook.from_filelike(io.BytesIO(answer.content))
    return workbook.get_sheet_by_name(sheet).to_python(skip_empty_area=False)


@pytest.mark.parametrize(
    "file", [file for file in FILES if not file.path.endswith(("xlsx", "xls"))], ids=lambda f: f.path
)
def test_text_files_are_served(served: Replica, file: object) -> None:
    answer = get(served, file.path)  # type: ignore[attr-defined]
    assert answer.status_code == 200 and len(answer.content) > 500
    assert "Last-Modified" not in answer.headers


def test_filosofi_marks(served: Replica) -> None:
    answer = get(served, f"{INSEE}/7756729/cc_filosofi_2021_COM.csv")
    rows = {
        row["CODGEO"]: row
        for row in csv.DictReader(io.StringIO(answer.content.decode("ascii")), delimiter=";")
    }
    assert [rows[code]["MED21"] for code in ("14118", "76540", "76351", "27229", "50129", "61001")] == [
        "21600", "21330", "20180", "18580", "22650", "19220",
    ]  # fmt: skip
    normandie = [row for code, row in rows.items() if code[:2] in ("14", "27", "50", "61", "76")]
    assert len(normandie) == 2_651
    assert sum(row["MED21"] == "s" for row in normandie) == 137
    assert sum(row["TP6021"] == "s" for row in normandie) == 2_417
    assert rows["97422"]["PIMP21"] == "28,0"


def test_unemployment_by_zone(served: Replica) -> None:
    answer = get(served, f"{INSEE}/1893230/chomage-zone-t1-2003-t3-2023.xlsx")
    rows = read(answer, "txcho_ze")
    assert rows[5][:5] == ["ZE2020", "LIBZE2020", "REG", "LIBREG", "2003-T1"]
    last = {row[0]: row[-1] for row in rows[6:]}
    assert rows[5][-1] == "2023-T3" and len(last) == 302
    assert [last[zone] for zone in ("2804", "2813", "2815", "0051")] == [6.8, 8.7, 8.0, 6.5]


def test_populations_of_each_census(served: Replica) -> None:
    pages = {"6011070": "COM", "6683035": "CODCOM", "7739582": "COM", "8290591": "COM", "8680726": "COM"}
    totals = {}
    for page, column in pages.items():
        answer = get(served, f"{INSEE}/{page}/ensemble.zip")
        with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
            raw = archive.read("donnees_communes.csv")
        assert raw.count(b"\r\n") == raw.count(b"\n")
        rows = list(csv.DictReader(io.StringIO(raw.decode("utf-8")), delimiter=";"))
        assert column in rows[0]
        region = "CODREG" if "CODREG" in rows[0] else "REG"
        totals[page] = sum(int(row["PMUN"]) for row in rows if row[region] == "28")
    assert (totals["7739582"], totals["8290591"], totals["8680726"]) == (3_327_966, 3_339_074, 3_345_842)
    sheet = read(get(served, f"{INSEE}/3677785/ensemble.xls"), "Communes")
    assert sheet[7][5] == "Code commune" and len(sheet) == 8 + 35_382


def test_workbooks_hold_the_same_bytes_in_two_processes(served: Replica) -> None:
    paths = [
        file.path
        for file in FILES
        if "chomage-zone" in file.path or "appartenance" in file.path or "3677785" in file.path
    ]
    assert len(paths) == 3
    with replica() as other:
        for path in paths:
            assert get(served, path).content == get(other, path).content


def test_membership_epci_and_zones(served: Replica) -> None:
    answer = get(served, f"{INSEE}/7671844/table-appartenance-geo-communes-2025.zip")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(archive.read(archive.namelist()[0])))
    rows = workbook.get_sheet_by_name("COM").to_python(skip_empty_area=False)
    header, communes = rows[5], rows[6:]
    assert len(communes) == 2_644
    for column, number in (
        ("EPCI", 71),
        ("ZE2020", 24),
        ("BV2022", 125),
        ("AAV2020", 59),
        ("UU2020", 159),
        ("DEP", 5),
    ):
        assert len({row[header.index(column)] for row in communes}) == number
    zones = get(served, f"{INSEE}/4652957/ZE2020_au_01-01-2023.xlsx")
    assert zones.headers["Last-Modified"] == "Fri, 17 Mar 2023 00:00:00 GMT"
    assert len(read(zones, "Composition_communale")) == 34_951


def test_interim(served: Replica) -> None:
    path = next(file.path for file in FILES if "interimaire" in file.path)
    rows = read(get(served, path), "ETP par région ETU")
    assert (rows[11][0], rows[11][1]) == ("NORMANDIE", 28)
    assert rows[11][-1] == pytest.approx(37_112.6545451605, abs=1e-9)
    assert (rows[6][2], rows[7][2], rows[7][-1]) == ("2000", "T1", "T3")


def test_outlines(served: Replica) -> None:
    path = "/etalab-datasets.geo.data.gouv.fr/contours-administratifs/2025/geojson"
    epci = json.loads(gzip.decompress(get(served, f"{path}/epci-1000m.geojson.gz").content))["features"]
    departements = json.loads(gzip.decompress(get(served, f"{path}/departements-1000m.geojson.gz").content))[
        "features"
    ]
    assert (len(epci), len(departements)) == (71, 5)
    address = path.replace("2025", "2026") + "/communes-1000m.geojson.gz"
    communes = json.loads(gzip.decompress(get(served, address).content))["features"]
    assert len(communes) == 2_644
    calvados = departements[0]
    assert calvados["properties"] == {"code": "14", "nom": "Calvados", "surface_km2": 5589.99}
    assert calvados["geometry"]["type"] in ("Polygon", "MultiPolygon")


def test_missing_file_is_a_page(served: Replica) -> None:
    answer = get(served, f"{INSEE}/8740222/v_commune_2027.csv")
    assert answer.status_code == 404 and answer.headers["Content-Type"].startswith("text/html")


def test_long_files_built_ahead_are_the_same(served: Replica) -> None:
    path = next(file.path for file in FILES if "chomage-zone" in file.path)
    with replica(prechauffe=True) as ahead:
        assert get(ahead, path).content == get(served, path).content
