"""The replica's Insee services over HTTP: BDM, Melodi, géographie, faults."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import statistics
import time
import xml.etree.ElementTree as ET
import zipfile
from collections.abc import Iterator
from urllib.parse import urlencode

import pytest
import requests

from extract.replica.process import Replica, replica

POPREF = "DS_POPULATIONS_REFERENCE"


@pytest.fixture(scope="module")
def served() -> Iterator[Replica]:
    with replica(limite_melodi=0) as running:
        yield running


def get(served: Replica, path: str, **headers: str) -> requests.Response:
    return requests.get(served.url + path, headers=headers, timeout=30)


def observations(answer: requests.Response) -> dict[tuple[str, str], tuple[str, str]]:
    """(idbank, period) -> (value, status) of a BDM answer."""
    return {
        (series.attrib["IDBANK"], item.attrib["TIME_PERIOD"]): (
            item.attrib["OBS_VALUE"],
            item.attrib["OBS_STATUS"],
        )
        for series in ET.fromstring(answer.content).findall(".//Series")
        for item in series.iterfind("./")
    }


# -- BDM

UNEMPLOYMENT = {
    "001739981": "6.9",
    "001515878": "6.5",
    "001515892": "7.0",
    "001515915": "5.1",
    "001515926": "6.5",
    "001515941": "7.9",
}


@pytest.mark.parametrize(
    "root",
    ["/bdm.insee.fr/series/sdmx/data", "/api.insee.fr/series/BDM/V1/data", "/api.insee.fr/series/BDM/data"],
)
def test_unemployment_by_idbanks(served: Replica, root: str) -> None:
    answer = get(served, f"{root}/SERIES_BDM/{'%2B'.join(UNEMPLOYMENT)}?lastNObservations=1")
    assert observations(answer) == {
        (idbank, "2023-Q3"): (value, "SD") for idbank, value in UNEMPLOYMENT.items()
    }


def test_jobs_by_key_add_up(served: Replica) -> None:
    path = "/bdm.insee.fr/series/sdmx/data/TCRED-EMPLOI-SALARIE-TRIM"
    path += "/T..ENS-SAL..D14+D27+D50+D61+D76+R28...?startPeriod=2022-Q4"
    series = ET.fromstring(get(served, path).content).findall(".//Series")
    values = {item.attrib["REF_AREA"]: int(item[0].attrib["OBS_VALUE"]) for item in series}
    assert values.pop("R28") == 1_232_096 == sum(values.values())
    assert {item[0].attrib["OBS_STATUS"] for item in series} == {"P"}
    assert series[0].attrib["ACTIVITE"] == "ENS-SAL" and series[0].attrib["SERIE_ARRETEE"] == "FALSE"


def test_whole_flow_is_complete_newest_first_and_fast(served: Replica) -> None:
    start = time.monotonic()
    answer = get(served, "/api.insee.fr/series/BDM/V1/data/TCRED-EMPLOI-SALARIE-TRIM")
    assert time.monotonic() - start < 3
    series = ET.fromstring(answer.content).findall(".//Series")
    assert len(series) == 1472
    for item in series:
        periods = [observation.attrib["TIME_PERIOD"] for observation in item]
        assert periods == sorted(periods, reverse=True)
    assert {item.attrib["UNIT_MULT"] for item in series} == {"0"}


def test_bdm_windows(served: Replica) -> None:
    path = "/bdm.insee.fr/series/sdmx/data/SERIES_BDM/001739981"
    year = observations(get(served, f"{path}?startPeriod=2022&endPeriod=2022"))
    assert [period for _, period in year] == ["2022-Q4", "2022-Q3", "2022-Q2", "2022-Q1"]
    assert [period for _, period in observations(get(served, f"{path}?firstNObservations=1"))] == ["1982-Q1"]
    month = observations(get(served, f"{path}?startPeriod=2023-05&endPeriod=2023-Q2"))
    assert [period for _, period in month] == ["2023-Q2"]


@pytest.mark.parametrize(
    "path", ["SERIES_BDM/999999999", "NEXISTE-PAS", "TAUX-CHOMAGE/T.X", "DEFAILLANCES-ENTREPRISES"]
)
def test_bdm_nothing_found(served: Replica, path: str) -> None:
    answer = get(served, f"/bdm.insee.fr/series/sdmx/data/{path}")
    assert answer.status_code == 404
    assert hashlib.sha256(answer.content).hexdigest().startswith(RECORDED_404)


RECORDED_404 = "a915022b28a6a7fe"


def test_bdm_header_changes_with_the_hour_unless_told() -> None:
    path = "/bdm.insee.fr/series/sdmx/data/SERIES_BDM/001739981?lastNObservations=1"
    with replica(entete_fixe=True) as fixed:
        assert get(fixed, path).content == get(fixed, path).content


# -- Melodi

RECORDED = {  # sha256 of bodies recorded on the true service
    "FREQ=A&GEO=COM-44109&totalCount=TRUE&maxResult=0": "d19ff9c0f0cee5df",
    "FREQ=A&GEO=COM-44109&idTerritoire=TRUE&maxResult=100000": "a1f35f0df45a05fc",
    "TIME_PERIOD=1900&GEO=COM-44109&totalCount=TRUE&maxResult=0": "67b4b3558c093201",
    "totalCount=TRUE&maxResult=0": "343a4b4992d73647",
    "GEO=DEP-69&POPREF_MEASURE=PMUN&totalCount=TRUE&maxResult=0": "044ebb19537ec741",
    "GEO=DEP-69&POPREF_MEASURE=PMUN&idTerritoire=TRUE&maxResult=100000": "7472ce4b59c4c174",
    "GEO=EPCI-244400404%2ACOM&totalCount=TRUE&maxResult=0": "cab647224413a59c",
}


@pytest.mark.parametrize("query", RECORDED)
def test_melodi_answers_the_recorded_bytes(served: Replica, query: str) -> None:
    answer = get(served, f"/api.insee.fr/melodi/data/{POPREF}?{query}")
    assert answer.headers["Content-Type"] == "application/json"
    assert hashlib.sha256(answer.content).hexdigest()[:16] == RECORDED[query]


def population(served: Replica, *geo: str) -> dict[str, float]:
    query = urlencode(
        [("GEO", value) for value in geo] + [("POPREF_MEASURE", "PMUN"), ("maxResult", "100000")]
    )
    answer = get(served, f"/api.insee.fr/melodi/data/{POPREF}?{query}").json()
    return {
        item["dimensions"]["GEO"]: item["measures"]["OBS_VALUE_NIVEAU"]["value"]
        for item in answer["observations"]
    }


def test_population_of_normandie(served: Replica) -> None:
    found = population(served, "REG-28", "REG-28*DEP")
    assert found == {
        "2025-REG-28": 3_345_842,
        "2025-DEP-14": 709_441,
        "2025-DEP-27": 602_714,
        "2025-DEP-50": 497_522,
        "2025-DEP-61": 275_201,
        "2025-DEP-76": 1_260_964,
    }


@pytest.mark.parametrize(
    ("geo", "number"),
    [
        ("COM", 34_858),
        ("ARM", 45),
        ("ARR", 333),
        ("DEP", 100),
        ("REG", 17),
        ("FRANCE", 2),
        ("REG-28*COM", 2_644),
        ("DEP-14*COM", 526),
        ("2025-COM-14118", 1),
        ("2022-COM-14118", 0),
        ("11", 0),
        ("COM-99999", 0),
        ("['DEP-14', 'DEP-27']", 0),
        ("FRANCE-XX*COM", 0),
    ],
)
def test_geo_forms(served: Replica, geo: str, number: int) -> None:
    found = population(served, geo)
    assert len(found) == number


def test_levels_agree(served: Replica) -> None:
    france = population(served, "FRANCE-F")["2025-FRANCE-F"]
    for level in ("COM", "ARR", "DEP", "REG"):
        assert sum(population(served, level).values()) == france
    assert (
        sum(population(served, "FRANCE-FM*DEP").values()) == population(served, "FRANCE-FM")["2025-FRANCE-FM"]
    )


def test_pages_follow_next(served: Replica) -> None:
    url: str | None = f"https://api.insee.fr/melodi/data/{POPREF}?totalCount=True&GEO=COM"
    seen: list[str] = []
    took: list[float] = []
    while url:
        start = time.monotonic()
        page = get(served, url.replace("https:/", "")).json()
        took.append(time.monotonic() - start)
        seen += [json.dumps(item["dimensions"]) for item in page["observations"]]
        assert page["paging"]["count"] == 104_574
        url = page["paging"].get("next")
        assert page["paging"]["isLast"] is (url is None)
    assert len(seen) == len(set(seen)) == 104_574
    assert statistics.median(took) < 1


def test_unknown_dataset_and_rows_cap(served: Replica) -> None:
    answer = get(served, "/api.insee.fr/melodi/data/DS_NEXISTEPAS?totalCount=TRUE&maxResult=0")
    assert (answer.status_code, answer.headers["Content-Type"]) == (500, "text/plain;charset=UTF-8")
    assert (
        answer.content == "Le serveur a rencontré une erreur inattendue.".encode()
        and len(answer.content) == 46
    )
    assert "X-Replique" not in answer.headers
    page = get(served, f"/api.insee.fr/melodi/data/{POPREF}?maxResult=500000").json()
    assert len(page["observations"]) == 100_000 and page["paging"]["isLast"] is False


def test_containment_without_a_table_is_refused(served: Replica) -> None:
    answer = get(served, f"/api.insee.fr/melodi/data/{POPREF}?GEO=ZE2020-2804*COM")
    assert answer.status_code == 501 and answer.headers["X-Replique"] == "non servi"


def test_range_catalogue_and_file_agree(served: Replica) -> None:
    assert get(served, "/api.insee.fr/melodi/catalog/ids").json() == [POPREF]
    sheet = get(served, f"/api.insee.fr/melodi/catalog/{POPREF}").json()
    assert get(served, "/api.insee.fr/melodi/catalog/all").json() == [sheet]
    assert sheet["modified"] == "2025-12-18T12:00:16"
    dimensions = {
        item["concept"]["code"]: item["values"]
        for item in get(served, f"/api.insee.fr/melodi/range/{POPREF}").json()["range"]
    }
    assert len(dimensions["GEO"]) * len(dimensions["POPREF_MEASURE"]) == sheet["numObservations"] == 106_065
    product = sheet["product"][0]
    answer = get(served, product["accessURL"].replace("https:/", ""))
    assert len(answer.content) == product["byteSize"]
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.namelist() == [f"{POPREF}_2023_data.csv", f"{POPREF}_2023_metadata.csv"]
        rows = list(
            csv.DictReader(io.TextIOWrapper(archive.open(archive.namelist()[0]), "utf-8"), delimiter=";")
        )
    assert len(rows) == 106_065
    region = next(row for row in rows if (row["GEO_OBJECT"], row["GEO"]) == ("REG", "28"))
    assert region["OBS_VALUE"] == "3345842"


def test_thirty_requests_a_minute() -> None:
    with replica() as limited:
        statuses = [get(limited, "/api.insee.fr/melodi/catalog/ids").status_code for _ in range(31)]
        assert statuses == [200] * 30 + [429]
        assert get(limited, "/bdm.insee.fr/series/sdmx/dataflow").status_code == 200
        limited.panne()
        assert [line["statut"] for line in limited.journal()].count(429) == 1


# -- métadonnées/geo

GEO = "/api.insee.fr/metadonnees/geo"


@pytest.mark.parametrize(
    ("path", "number"),
    [
        ("regions", 18),
        ("departements?date=2025-01-01", 101),
        ("zonesDEmploi2020", 306),
        ("communes?date=2021-01-01", 34_965),
        ("communes?date=2025-01-01", 34_875),
        ("region/28/descendants?type=Commune&date=2025-01-01", 2_644),
        ("region/28/descendants?type=Commune&date=2022-01-01", 2_652),
        ("region/28/descendants?type=Commune&date=2024-01-01", 2_651),
        ("departement/14/descendants?type=Commune", 526),
        ("departement/14/ascendants?type=Region", 1),
        ("intercommunalite/200065597/descendants?type=Commune", 48),
        ("region/28/descendants?type=departement", 5),
    ],
)
def test_geo_lists(served: Replica, path: str, number: int) -> None:
    found = get(served, f"{GEO}/{path}", Accept="application/json").json()
    assert len(found) == number == len({(item["type"], item["code"]) for item in found})
    assert {"code", "uri", "type", "intitule"} <= found[0].keys()


def test_geo_errors(served: Replica) -> None:
    missing = get(served, f"{GEO}/commune/99999")
    assert (missing.status_code, missing.content) == (404, b"")
    assert get(served, f"{GEO}/region/280").status_code == 400
    assert get(served, f"{GEO}/region/28?date=hier").status_code == 400
    assert get(served, f"{GEO}/communes?date=2015-01-01").status_code == 501
    assert get(served, f"{GEO}/intercommunalites?date=2021-01-01").status_code == 501
    assert get(served, f"{GEO}/zonesDEmploi2020", Accept="application/xml").text.startswith(
        "<ZonesDEmploi2020>"
    )


# -- faults


def test_faults_end_by_themselves(served: Replica) -> None:
    path = "/bdm.insee.fr/series/sdmx/dataflow"
    served.panne(hote="bdm.insee.fr", panne="503", fois=1)
    assert [get(served, path).status_code for _ in range(2)] == [503, 200]
    served.panne(hote="bdm.insee.fr", panne="html_200", fois=1)
    assert get(served, path).headers["Content-Type"].startswith("text/html")
    served.panne(hote="bdm.insee.fr", panne="coupure", fois=1)
    with pytest.raises(requests.exceptions.RequestException):
        get(served, path)
    served.panne(hote="bdm.insee.fr", panne="colonne_renommee", de="OBS_VALUE", par="VALEUR")
    renamed = get(served, "/bdm.insee.fr/series/sdmx/data/SERIES_BDM/001739981?lastNObservations=1")
    assert b"OBS_VALUE" not in renamed.content and b'VALEUR="6.9"' in renamed.content
    served.panne()
    assert get(served, path).status_code == 200
