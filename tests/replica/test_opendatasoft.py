"""The replica's Opendatasoft portals, over loopback HTTP: figures, formats, bounds, errors, key, quota."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from typing import Any

import duckdb
import pytest
import requests

from extract.replica.process import Replica, replica

WEBSTAT = "webstat.banque-france.fr"
DARES = "data.dares.travail-emploi.gouv.fr"
URSSAF = "open.urssaf.fr"
ECONOMIE = "data.economie.gouv.fr"
DEFM = "dares_defm_stock_region_cvs_trim"
COMMUNES = "etablissements-et-effectifs-salaries-au-niveau-commune-x-ape-last"
EPV = "entreprises-du-patrimoine-vivant-epv"
KEY = {"Authorization": "Apikey cle-de-demonstration"}
YEARS = range(2014, 2025)


@pytest.fixture(scope="module")
def served() -> Iterator[Replica]:
    with replica() as running:
        yield running


def ask(
    served: Replica, portal: str, path: str, headers: dict[str, str] | None = None, **params: Any
) -> requests.Response:
    url = f"{served.url}/{portal}/api/explore/v2.1/catalog/datasets{path}"
    own = KEY if portal == WEBSTAT and headers is None else headers
    return requests.get(url, params=params, headers=own, timeout=30)


def records(served: Replica, portal: str, dataset: str, **params: Any) -> list[dict[str, Any]]:
    answer = ask(served, portal, f"/{dataset}/records", **params)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["results"])


def failures(served: Replica, series: list[str], period: str) -> dict[str, float]:
    listed = ", ".join(f'"{key}"' for key in series)
    where = f'series_key IN ({listed}) and time_period="{period}"'
    found = records(served, WEBSTAT, "observations", where=where, limit=100)
    return {record["series_key"]: record["obs_value"] for record in found}


# -- figures


def test_failures_of_normandie_are_the_sum_of_its_departements(served: Replica) -> None:
    departements = [f"DIREN.M.D{code}.DE.UL.DF.03.N.ZZ.TT" for code in ("14", "27", "50", "61", "76")]
    region = "DIREN.M.R28.DE.UL.DF.03.N.ZZ.TT"
    found = failures(served, [region, *departements], "2025-08")
    assert [found[key] for key in departements] == [535, 475, 321, 203, 1203]
    assert found[region] == 2737 == sum(found[key] for key in departements)


def test_series_of_the_region_in_twelve_sectors_at_both_frequencies(served: Replica) -> None:
    found = records(served, WEBSTAT, "series", where='ref_area="R28"', limit=100)
    assert len(found) == 24
    assert {record["freq"] for record in found} == {"M", "Q"}
    assert len({record["series_key"].split(".")[8] for record in found}) == 12


def test_observations_have_the_types_of_webstat(served: Replica) -> None:
    quarter = 'series_key="DIREN.Q.R28.DE.UL.DF.19.N.ZZ.TT"'
    last = records(served, WEBSTAT, "observations", where=quarter, order_by="-time_period_start", limit=1)[0]
    assert last["time_period_start"] == "2025-04-01" and last["time_period_end"] == "2025-06-30"
    assert isinstance(last["obs_value"], float) and last["obs_status"] == "A"
    assert last["updated_at"] is None, "the date of update is not known: it must not be invented"


def test_job_seekers(served: Replica) -> None:
    where = 'date="2025-T2" and code_region in ("28", "Total France", "Total France métropolitaine")'
    found = records(served, DARES, DEFM, where=where, limit=100)
    by_key = {(r["code_region"], r["categorie"]): r["nombre_de_demandeurs_d_emploi"] for r in found}
    assert by_key["28", "A"] == 137_500 and by_key["28", "ABC"] == 251_430
    assert by_key["Total France", "A"] == 3_212_400 and by_key["Total France", "ABC"] == 5_612_100
    assert by_key["Total France métropolitaine", "A"] == 2_998_700
    assert {(r["code_departement"], r["type_de_donnees"], r["sexe"]) for r in found} == {
        ("Total", "cvs-cjo", "Total")
    }


def test_private_employment_adds_up_at_every_level(served: Replica) -> None:
    total = "sum(effectifs_salaries_2024) as n"
    france = records(served, URSSAF, COMMUNES, select=total, limit=1)[0]["n"]
    assert france == 19_995_376
    for level, groups in (("code_region", 17), ("code_departement", 100), ("code_zone_d_emploi", 305)):
        found = records(served, URSSAF, COMMUNES, select=f"{level},{total}", group_by=level, limit=1000)
        assert len(found) == groups
        assert sum(record["n"] for record in found) == france
    normandie = records(served, URSSAF, COMMUNES, select=total, where='code_region="28"', limit=1)
    assert normandie == [{"n": 874_272}]


def test_a_year_without_figure_is_null_not_zero(served: Replica) -> None:
    found = records(served, URSSAF, COMMUNES, where='code_commune="01002"')[0]
    assert found["effectifs_salaries_2016"] == 0 and found["effectifs_salaries_2017"] is None


def test_heritage_companies(served: Replica) -> None:
    answer = ask(served, ECONOMIE, f"/{EPV}/records", where='region="NORMANDIE"', limit=0).json()
    assert answer == {"total_count": 65, "results": []}
    first = records(served, ECONOMIE, EPV, limit=1)[0]
    assert first["date_de_labellisation"] == "2025-11-03"
    assert set(first["geolocetablissement"]) == {"lon", "lat"}


# -- formats


def test_csv_is_bom_semicolon_crlf_with_labels_on_demand(served: Replica) -> None:
    answer = ask(served, DARES, f"/{DEFM}/exports/csv", use_labels="true", where="date LIKE '2025%'")
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.content.startswith(b"\xef\xbb\xbfDate;Code r\xc3\xa9gion;")
    assert answer.content.count(b"\n") == answer.content.count(b"\r\n") == 1 + 2 * 2 * 19
    technical = ask(served, DARES, f"/{DEFM}/exports/csv", limit=1, delimiter=",", with_bom="false")
    assert technical.text.startswith("date,code_region,region,code_departement,")


def test_labels_and_names_of_the_metadata_are_those_of_the_export(served: Replica) -> None:
    fields = ask(served, ECONOMIE, f"/{EPV}").json()["fields"]
    with_labels = ask(served, ECONOMIE, f"/{EPV}/exports/csv", use_labels="true", limit=1).content
    without = ask(served, ECONOMIE, f"/{EPV}/exports/csv", limit=1).content
    assert with_labels.decode("utf-8-sig").split("\r\n")[0] == ";".join(field["label"] for field in fields)
    assert without.decode("utf-8-sig").split("\r\n")[0] == ";".join(field["name"] for field in fields)


def test_the_four_formats_carry_the_same_rows(served: Replica) -> None:
    params: dict[str, Any] = {"where": 'code_departement="61"', "order_by": "code_commune"}
    forms = {
        form: ask(served, URSSAF, f"/{COMMUNES}/exports/{form}", **params)
        for form in ("json", "jsonl", "csv")
    }
    rows = forms["json"].json()
    assert isinstance(rows, list) and len(rows) > 300
    assert [json.loads(line) for line in forms["jsonl"].text.splitlines()] == rows
    text = forms["csv"].content.decode("utf-8-sig")
    read = list(csv.DictReader(io.StringIO(text, newline=""), delimiter=";"))
    assert read == [{k: "" if v is None else str(v) for k, v in row.items()} for row in rows]


def test_parquet_is_typed(served: Replica, tmp_path: Any) -> None:
    path = tmp_path / "e.parquet"
    where = 'series_key="DIREN.M.R28.DE.UL.DF.03.N.ZZ.TT"'
    path.write_bytes(ask(served, WEBSTAT, "/observations/exports/parquet", where=where).content)
    types = dict(duckdb.sql(f"select column_name, column_type from (describe from '{path}')").fetchall())
    assert types["obs_value"] == "DOUBLE" and types["time_period_end"] == "DATE"
    assert duckdb.sql(f"select obs_value from '{path}' where time_period = '2025-08'").fetchall() == [
        (2737.0,)
    ]


def test_two_exports_are_the_same_bytes(served: Replica) -> None:
    ask_once = [ask(served, URSSAF, f"/{COMMUNES}/exports/csv", limit=-1).content for _ in range(2)]
    assert ask_once[0] == ask_once[1]
    assert (
        ask_once[0].count(b"\r\n")
        == 1 + ask(served, URSSAF, f"/{COMMUNES}/records", limit=0).json()["total_count"]
    )


def test_metadata_give_the_years_by_the_names_of_the_fields(served: Replica) -> None:
    found = ask(served, URSSAF, f"/{COMMUNES}").json()
    years = [f["name"][-4:] for f in found["fields"] if f["name"].startswith("effectifs_salaries_")]
    assert years == [str(year) for year in YEARS]
    default = found["metas"]["default"]
    assert default["records_count"] == 32_936 and default["license"] == "Open Database License (ODbL)"
    assert "data_processed" not in default and "modified" not in default


def test_catalogue_and_facets(served: Replica) -> None:
    assert ask(served, WEBSTAT, "").json()["total_count"] == 3
    regions = ask(served, ECONOMIE, f"/{EPV}/facets", facet="date_de_labellisation").json()["facets"]
    assert [facet["name"] for facet in regions] == ["date_de_labellisation"]
    assert sum(value["count"] for value in regions[0]["facets"]) == 1298


# -- traps of the portals


def test_an_aggregate_without_group_by_is_repeated_on_each_row_of_the_page(served: Replica) -> None:
    found = records(served, URSSAF, COMMUNES, select="count(*) as n")
    assert found == [{"n": 32_936}] * 10


def test_refine_exclude_group_and_order(served: Replica) -> None:
    found = records(
        served, DARES, DEFM,
        select="code_region, max(nombre_de_demandeurs_d_emploi) as n", group_by="code_region",
        refine="categorie:A", exclude='code_region:"Total France"', order_by="n desc", limit=2,
    )  # fmt: skip
    assert [record["code_region"] for record in found] == ["Total France métropolitaine", "11"]


@pytest.mark.parametrize(
    ("where", "count"),
    [
        ("time_period_end >= date'2025-01-01' and time_period_end < date'2025-03'", 2),
        ("time_period_start in [date'2023'..date'2024']", 24),
        ("time_period_start in ]date'2023'..date'2024'[", 0),
        ("time_period_start = date'2024'", 12),
        ("time_period LIKE '2024%'", 12),
        ("time_period = '2024-01' or not obs_value is not null", 1),
        ("obs_value is null", 0),
        ("year(time_period_end) = 2024 and month(time_period_end) > 10", 2),
    ],
)
def test_odsql_conditions(served: Replica, where: str, count: int) -> None:
    key = 'series_key = "DIREN.M.R28.DE.UL.DF.03.N.ZZ.TT"'
    answer = ask(served, WEBSTAT, "/observations/records", where=f"{key} and ({where})", limit=0)
    assert answer.json()["total_count"] == count, answer.text


@pytest.mark.parametrize(
    ("params", "code", "message"),
    [
        (
            {"limit": 1473},
            "InvalidRESTParameterError",
            "Invalid value for limit API parameter: 1473 was found but -1 <= limit <= 100 is expected.",
        ),
        (
            {"limit": 100, "offset": 9901},
            "InvalidRESTParameterError",
            "Invalid value for sum of offset + limit API parameter: "
            "10001 was found but <= 10000 is expected.",
        ),
        (
            {"select": "anzahl"},
            "ODSQLError",
            "ODSQL query is malformed: Unknown field: anzahl. Clause(s) containing the error(s): select.",
        ),
        (
            {"select": "invalid_function()"},
            "ODSQLError",
            "ODSQL query is malformed: invalid_function() Clause(s) containing the error(s): select.",
        ),
        (
            {"select": "sum(region)"},
            "ODSQLError",
            "ODSQL query is malformed: StatAggregation only supports numeric or date expression.",
        ),
        ({"where": "region = "}, "ODSQLError", None),
        ({"where": "code_region = 28"}, "IncompatibleTypesInComparisonFilter", None),
        ({"refine": "nombre_de_demandeurs_d_emploi:3"}, "ODSQLError", None),
        ({"select": "region, count(*) as n", "group_by": "categorie"}, "ODSQLError", None),
        ({"where": "region = 'x' ; drop table y"}, "ODSQLError", None),
    ],
)
def test_refusals_in_the_portal_s_own_words(
    served: Replica, params: dict[str, Any], code: str, message: str | None
) -> None:
    answer = ask(served, DARES, f"/{DEFM}/records", **params)
    assert answer.status_code == 400, answer.text
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
    assert answer.json()["error_code"] == code
    assert message is None or answer.json()["message"] == message


def test_unknown_dataset(served: Replica) -> None:
    assert ask(served, DARES, "/dares_inconnu").status_code == 404
    assert ask(served, DARES, "/dares_inconnu/exports/csv").status_code == 404


def test_offset_on_an_export_is_interrupted_inside_a_200(served: Replica) -> None:
    answer = ask(served, URSSAF, f"/{COMMUNES}/exports/csv", offset=100)
    assert answer.status_code == 200
    assert answer.text.endswith(
        "Streaming interrupted due to the following error: "
        "Invalid value for sum of offset + limit API parameter: 32936 was found but <= 10000 is expected. "
        "(error_code: InvalidRESTParameterError)"
    )
    within = ask(served, URSSAF, f"/{COMMUNES}/exports/csv", offset=100, limit=5)
    assert within.text.count("\r\n") == 6 and "interrupted" not in within.text


def test_a_stream_may_be_interrupted_without_offset_too(served: Replica) -> None:
    whole = ask(served, ECONOMIE, f"/{EPV}/exports/csv").content
    served.panne(hote=ECONOMIE, panne="flux_interrompu", fois=1)
    broken = ask(served, ECONOMIE, f"/{EPV}/exports/csv")
    assert broken.status_code == 200 and b"Streaming interrupted" in broken.content
    assert ask(served, ECONOMIE, f"/{EPV}/exports/csv").content == whole


# -- key and quota


@pytest.mark.parametrize(
    ("headers", "params", "status"),
    [
        ({}, {}, 401),
        ({"Authorization": "Bearer cle-de-demonstration"}, {}, 401),
        ({"Authorization": "Apikey autre"}, {}, 401),
        (KEY, {}, 200),
        ({}, {"apikey": "cle-de-demonstration"}, 200),
    ],
)
def test_webstat_wants_its_key(
    served: Replica, headers: dict[str, str], params: dict[str, str], status: int
) -> None:
    assert ask(served, WEBSTAT, "/series/records", headers=headers, **params).status_code == status


def test_the_quota_of_the_day() -> None:
    with replica(quota_opendatasoft=2) as small:
        calls = [ask(small, portal, "") for portal in (DARES, DARES, DARES, WEBSTAT)]
        assert [call.status_code for call in calls] == [200, 200, 429, 200]
        assert [call.headers["X-RateLimit-Remaining"] for call in calls] == ["1", "0", "0", "1"]
        assert calls[0].headers["X-RateLimit-Limit"] == "2" and int(calls[0].headers["X-RateLimit-Reset"]) > 0
        body = calls[2].json()
        assert body["errorcode"] == 10005 and body["call_limit"] == 2 and body["limit_time_unit"] == "day"
        assert "error_code" not in body and "Retry-After" not in calls[2].headers
        ask(small, WEBSTAT, "")
        assert ask(small, WEBSTAT, "").json()["errorcode"] == 10002


def test_sums_known_without_their_records(served: Replica) -> None:
    """Overindebtedness: the demand of the yearly sums is answered, and no month is made up."""
    demand = {
        "where": 'series_key IN ("IFI.M.D14.SUREN.DEPOT","IFI.M.D76.SUREN.DEPOT")',
        "group_by": "series_key,year(time_period_start) as annee",
        "select": "sum(obs_value) as depots,count(obs_value) as mois",
        "order_by": "series_key,annee",
    }
    lines = (
        ask(served, WEBSTAT, "/observations/exports/csv", **demand).content.decode("utf-8-sig").splitlines()
    )
    assert lines[0] == "series_key;annee;depots;mois" and len(lines) == 13
    assert "IFI.M.D14.SUREN.DEPOT;2024;1504.0;12" in lines and "IFI.M.D76.SUREN.DEPOT;2019;4006.0;12" in lines
    other = ask(served, WEBSTAT, "/observations/records", where=demand["where"], limit=0)
    assert other.json()["total_count"] == 0
    by_key = ask(served, WEBSTAT, "/observations/records", where=demand["where"], group_by="series_key")
    assert by_key.json()["results"] == []


@pytest.mark.parametrize(
    ("acces", "held"),
    [
        ({"jeu": "observations", "group_by": "series_key,year(time_period_start) as annee"}, True),
        ({"jeu": "observations"}, False),
    ],
)
def test_the_replica_says_which_series_it_holds(served: Replica, acces: dict[str, Any], held: bool) -> None:
    series = {"champ": "series_key", "modeles": ["IFI.M.D14.SUREN.DEPOT"]}
    acces = {"portail": f"https://{WEBSTAT}", "series": series} | acces
    question = [{"protocole": "opendatasoft", "acces": acces}]
    assert requests.post(f"{served.url}/_servies", json=question, timeout=30).json() == [held]


def test_the_replica_does_not_hold_what_it_cannot_group(served: Replica) -> None:
    acces = {
        "portail": f"https://{URSSAF}",
        "jeu": "etablissements-et-effectifs-salaries-au-niveau-commune-x-ape-last",
    }
    questions = [
        {"protocole": "opendatasoft", "acces": acces | {"group_by": fields}}
        for fields in ("code_commune", "code_commune,grand_secteur_d_activite")
    ]
    assert requests.post(f"{served.url}/_servies", json=questions, timeout=30).json() == [True, False]
