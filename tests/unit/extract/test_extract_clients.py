"""Producers that answer 200 and lie: the clients count, compare and refuse. Specimens are synthetic, made
here."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import duckdb
import pytest
from extraction_helpers import Producer, definition
from rich.console import Console

from extract.definitions import Definition
from extract.run import run_sources
from extract.settings import PROJECT_ROOT, Settings
from extract.transport import Policy

XML = (
    '<?xml version="1.0" encoding="UTF-8"?><message:StructureSpecificData '
    'xmlns:message="urn:m"><message:DataSet>'
    '<Series IDBANK="001739981" FREQ="T" LAST_UPDATE="2023-12-20" REF_AREA="R28">{observations}</Series>'
    "</message:DataSet></message:StructureSpecificData>"
)
OBS = '<Obs TIME_PERIOD="{period}" OBS_VALUE="{value}" OBS_STATUS="A"/>'
BDM = "/api.insee.fr/series/BDM/V1/data/SERIES_BDM/001739981"


def _pull(settings: Settings, source: Definition) -> Any:
    (result,) = run_sources(
        settings,
        definitions={source.source: source},
        console=Console(file=io.StringIO()),
        policy=Policy(attempts=2, sleep=lambda _: None),
    ).results
    assert not result.faute, result.motif
    return result


def _bdm() -> Definition:
    columns = ["IDBANK", "FREQ", "LAST_UPDATE", "REF_AREA", "TIME_PERIOD", "OBS_VALUE", "OBS_STATUS"]
    return definition(
        protocole="bdm",
        acces={"idbanks": ["001739981"]},
        lecture={},
        attendu={"colonnes": columns, "lignes_min": 1},
    )


def _message(*values: tuple[str, str]) -> bytes:
    observations = "".join(OBS.format(period=period, value=value) for period, value in values)
    return XML.format(observations=observations).encode()


def test_bdm_value_is_landed_as_written(producer: Producer, settings: Settings) -> None:
    producer.serve(BDM, _message(("2023-Q3", "6.90"), ("2023-Q2", "NaN")))
    result = _pull(settings, _bdm())
    assert (result.resultat, result.publie_le, result.lignes) == ("nouveau", "2023-12-20", 2), result.motif

    landed = duckdb.sql(f"select TIME_PERIOD, OBS_VALUE from '{settings.landing}/insee__essai/i*.parquet'")
    assert sorted(landed.fetchall()) == [("2023-Q2", None), ("2023-Q3", "6.90")]


@pytest.mark.parametrize(
    ("body", "status", "outcome", "said"),
    [
        (_message(("2023-Q3", "6,9")), 200, "refuse", "« 6,9 » que pynsee lit nan"),
        (_message(("2023-Q3", "6.9"), ("2023-Q3", "7.0")), 200, "refuse", "répète des observations"),
        (_message(("2023-Q3", "6.9"))[:-60], 200, "refuse", "pynsee n'a pas pu lire"),
        (_message(), 200, "refuse", "pynsee n'a pas pu lire"),
        (b"<html>maintenance</html>", 200, "refuse", "page web"),
        (b"<?xml version='1.0'?><e:Error xmlns:e='u'><t>Aucun</t></e:Error>", 404, "refuse", "404.* : Aucun"),
        (b"oups", 510, "echec", "HTTP 510 : oups"),
    ],
)
def test_bdm_lies(
    body: bytes, status: int, outcome: str, said: str, producer: Producer, settings: Settings
) -> None:

    producer.serve(BDM, body, status=status)
    result = _pull(settings, _bdm())
    assert result.resultat == outcome and re.search(said, result.motif), result.motif


def _melodi(
    producer: Producer, announced: int, page: list[dict[str, Any]], following: str | None = None
) -> Definition:
    envelope = {
        "identifier": "DS_ESSAI",
        "title": {"fr": "Essai"},
        "publisher": {"id": "INSEE", "label": [{"lang": "fr", "content": "Insee"}]},
    }

    def data(handler: BaseHTTPRequestHandler) -> None:
        probe = "maxResult=0" in handler.path
        paging: dict[str, Any] = {"count": announced, "isLast": following is None}
        if following:
            paging["next"] = following
        body = json.dumps({**envelope, "observations": [] if probe else page, "paging": paging}).encode()
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    producer.answers["/api.insee.fr/melodi/data/DS_ESSAI"] = data
    catalogue = {"product": [{"format": "CSV", "language": "FR", "modified": "2025-12-18T12:00:16"}]}
    producer.serve("/api.insee.fr/melodi/catalog/DS_ESSAI", json.dumps(catalogue).encode())
    return definition(
        protocole="melodi",
        acces={"jeu": "DS_ESSAI", "filtres": {"GEO": ["COM"]}},
        lecture={},
        attendu={"colonnes": ["GEO", "OBS_VALUE_NIVEAU"], "lignes_min": 1},
    )


def _observations(count: int) -> list[dict[str, Any]]:
    return [
        {"dimensions": {"GEO": f"2025-COM-{code:05d}"}, "measures": {"OBS_VALUE_NIVEAU": {"value": 1.0}}}
        for code in range(count)
    ]


def test_pynsee_warns_nobody_of_its_own_code(tmp_path: Path) -> None:
    """What it falls back on when Insee is silent would stand in the night's mail, and nobody who reads it can mend it."""
    call = (
        f"from extract.clients import pynsee_bridge; pynsee_bridge._load({str(tmp_path)!r})\n"
        "from pynsee.macrodata._get_dataset_list_internal import _get_dataset_list_internal as listed\n"
        # which module had been imported by someone else decides what pynsee falls back on
        "import importlib; vars(importlib).pop('resources', None)\n"
        "print(len(pynsee_bridge.uncached(listed)()) > 100)"
    )
    done = subprocess.run(
        [sys.executable, "-c", call], cwd=PROJECT_ROOT, capture_output=True, text=True, check=True
    )
    assert (done.stdout, done.stderr) == ("True\n", "")


def test_melodi_marks_and_missing_measures(producer: Producer, settings: Settings) -> None:
    page = [
        *_observations(2),
        {"dimensions": {"GEO": "2025-COM-00009"}, "measures": {"OBS_VALUE_NIVEAU": {}}},
    ]
    page[2]["measures"]["OBS_VALUE_NIVEAU"]["value"] = None
    source = _melodi(producer, 3, page)
    first = _pull(settings, source)
    assert (first.resultat, first.publie_le) == ("nouveau", "2025-12-18T12:00:16"), first.motif
    asked = len(producer.requests)
    second = _pull(settings, source)
    assert second.resultat == "inchange" and "catalogue" in second.motif
    assert len(producer.requests) == asked + 1, "an unchanged dataset costs one question"


def test_melodi_fewer_rows_than_announced(producer: Producer, settings: Settings) -> None:
    result = _pull(settings, _melodi(producer, 5, _observations(3)))
    assert result.resultat == "refuse" and "3 observations reçues, 5 annoncées" in result.motif


def test_melodi_page_that_points_to_itself(producer: Producer, settings: Settings) -> None:
    itself = "https://api.insee.fr/melodi/data/DS_ESSAI?GEO=COM&page=1"
    result = _pull(settings, _melodi(producer, 20_000, _observations(10_000), itself))
    assert result.resultat == "refuse", result.motif


def test_melodi_repeated_rows(producer: Producer, settings: Settings) -> None:
    result = _pull(settings, _melodi(producer, 4, _observations(2) * 2))
    assert result.resultat == "refuse" and "2 observations deux fois" in result.motif


PORTAL = "/data.essai.fr/api/explore/v2.1/catalog/datasets/jeu"


def _portal(producer: Producer, export: bytes, announced: int, fields: list[str] | None = None) -> Definition:
    described = {
        "fields": [{"name": name} for name in fields or ["CODE", "VALEUR"]],
        "metas": {"default": {}},
    }
    producer.serve(PORTAL, json.dumps(described).encode())
    producer.serve(PORTAL + "/records", json.dumps({"total_count": announced, "results": []}).encode())
    producer.serve(PORTAL + "/exports/csv", export)
    return definition(protocole="opendatasoft", acces={"portail": "https://data.essai.fr", "jeu": "jeu"})


EXPORT = b"\xef\xbb\xbfCODE;VALEUR\r\n01;1\r\n02;2\r\n"


@pytest.mark.parametrize(
    ("export", "announced", "said"),
    [
        (EXPORT, 3, "2 lignes reçues, 3 annoncées"),
        (EXPORT + b"Streaming interrupted due to the following error: x", 2, "interrompu par le portail"),
        (EXPORT[:-4] + b"\r\n", 2, "colonnes au lieu de 2"),
    ],
)
def test_portal_lies(
    export: bytes, announced: int, said: str, producer: Producer, settings: Settings
) -> None:
    result = _pull(settings, _portal(producer, export, announced))
    assert result.resultat == "refuse" and said in result.motif, result.motif


def test_portal_keys_by_lots_and_absent_key(producer: Producer, settings: Settings) -> None:
    source = _portal(producer, EXPORT, 2)
    series = {"champ": "CODE", "modeles": ["{n}"], "listes": {"n": ["01", "02", "03"]}, "par_lot": 3}
    source.raw["acces"]["series"] = series
    result = _pull(settings, source)
    assert result.resultat == "refuse" and "1 séries demandées sur 3" in result.motif and "03" in result.motif
    series["listes"] = {"n": ["01", "02"]}
    assert _pull(settings, source).resultat == "nouveau"
    series["par_lot"] = 1
    result = _pull(settings, source)
    assert result.resultat == "refuse" and "double" in result.motif, "each lot gave both keys"


def test_portal_yearly_fields_are_discovered(producer: Producer, settings: Settings) -> None:
    export = b"CODE;n_2023;n_2024\r\n01;1;2\r\n"
    source = _portal(producer, export, 99, ["CODE", "n_2024", "n_2023", "autre"])
    source.raw["acces"] |= {
        "select": "CODE,{champs_annuels}",
        "group_by": "CODE",
        "champs_annuels": "n_[0-9]{4}",
    }
    rule = {"colonnes": "n_([0-9]{4})", "nom": "annee", "valeur": "n"}
    source.raw["attendu"] = {"colonnes": ["CODE"], "depivoter": rule, "lignes_min": 1}
    assert _pull(settings, source).resultat == "nouveau"
    asked = next(one["chemin"] for one in producer.requests if "/exports/" in one["chemin"])
    assert "sum%28n_2023%29+as+n_2023%2Csum%28n_2024%29+as+n_2024" in asked


def test_datagouv_needs_exactly_one_resource(producer: Producer, settings: Settings) -> None:
    resources = [{"id": "a", "title": "x.csv"}, {"id": "b", "title": "y.csv"}]
    producer.serve("/www.data.gouv.fr/api/1/datasets/jeu/", json.dumps({"resources": resources}).encode())
    producer.serve(
        "/www.data.gouv.fr/api/1/datasets/r/b",
        b"",
        status=302,
        Location="https://static.data.gouv.fr/dated/y.csv",
    )
    producer.serve("/static.data.gouv.fr/dated/y.csv", EXPORT)
    source = definition(protocole="datagouv", acces={"jeu": "jeu", "ressource": r"\.csv$"})
    result = _pull(settings, source)
    assert result.resultat == "refuse" and "2 ressources" in result.motif and "x.csv | y.csv" in result.motif
    source.raw["acces"]["ressource"] = "^y"
    assert _pull(settings, source).resultat == "nouveau"
