"""The bench of specimens: a handful of invented rows in a producer's documented wire format, served over loopback HTTP by the
replica's own engine, pulled, archived, landed, read by dbt, and compared with cells written by hand.

SYNTHETIC: nothing here is a figure of anyone. Specimens live in the tests, are served by a server that the tests start, and reach no
release of the demonstration. A specimen says what it serves (`jeu` for an Opendatasoft dataset, `fichier` for any file) and what must
come out of it (`cellules`); `lignes_min` of the yaml, which is about the whole dataset, is the one expectation that the bench lowers."""

from __future__ import annotations

import copy
import datetime as dt
import io
import os
import subprocess
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import patch

import duckdb
import xlsxwriter
from rich.console import Console
from services_insee import liste_flux
from werkzeug import Request, Response
from werkzeug.serving import WSGIRequestHandler, make_server

from extract.definitions import Definition, load_all
from extract.quotas import Quotas
from extract.replica.app import ReplicaApp
from extract.replica.services import ods_datasets, opendatasoft
from extract.replica.services.ods_datasets import Dataset, Field
from extract.run import RunSummary, run_sources
from extract.settings import PROJECT_ROOT, Settings
from extract.transport import Policy
from tests.run_dbt import run_dbt

PUBLISHED = "Tue, 01 Sep 2026 06:00:00 GMT"
SQL_TYPES = {"text": "varchar", "int": "bigint", "double": "double", "date": "date", "datetime": "timestamp"}


@dataclass(frozen=True)
class Cellule:
    """One expected figure. `valeur` None: no figure, and then `marque` or the absence of one is checked too."""

    mesure: str
    territoire: tuple[str, str]
    periode: str
    modalite: str
    valeur: float | None
    marque: str | None = None


@dataclass(frozen=True)
class Specimen:
    """What a source is served, and the cells that its measures must hold. `modele`: the dbt model of the measures;
    `lignes`: how many rows of measures in all, so that nothing comes out unseen."""

    source: str
    modele: str
    cellules: tuple[Cellule, ...]
    lignes: int
    jeux: tuple[Dataset, ...] = ()
    fichiers: tuple[tuple[str, Callable[[], bytes], str], ...] = ()  # path with its host, content, type
    renvois: tuple[tuple[str, str], ...] = ()  # path with its host → address that it leads to
    routes: tuple[tuple[str, Callable[..., Response]], ...] = ()  # path with its host, answer
    flux: str = ""  # flow of the BDM, to be listed among its flows


def jeu(portail: str, identifiant: str, champs: dict[str, str], lignes: Sequence[Sequence[Any]]) -> Dataset:
    """An Opendatasoft dataset held in memory; `champs`: technical name → type of the portal."""
    names = ", ".join(f'"{name}"' for name in champs)
    rows = ", ".join("(" + ", ".join(_literal(value) for value in line) + ")" for line in lignes)
    casts = ", ".join(f'cast("{name}" as {SQL_TYPES[kind]}) as "{name}"' for name, kind in champs.items())
    fields = tuple(Field(name, name, kind, facet=True) for name, kind in champs.items())
    return Dataset(
        portail,
        identifiant,
        f"SPÉCIMEN {identifiant}",
        fields,
        f"select {casts} from (values {rows}) as t ({names})",
        {"publisher": "Spécimen des tests"},
    )


def _literal(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, int | float):
        return str(value)
    return "'" + str(value).replace("'", "''") + "'"


def classeur(feuilles: dict[str, Sequence[Sequence[Any]]]) -> bytes:
    """A workbook as the producers write them: texts as texts."""
    target = io.BytesIO()
    book = xlsxwriter.Workbook(
        target, {"in_memory": True, "strings_to_numbers": False, "default_date_format": "yyyy-mm-dd"}
    )
    book.set_properties({"created": dt.datetime(2026, 1, 1)})
    for name, lines in feuilles.items():
        sheet = book.add_worksheet(name)
        for row, line in enumerate(lines):
            for column, value in enumerate(line):
                if value is not None:
                    sheet.write(row, column, value)
    book.close()
    return target.getvalue()


class _Handler(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log(self, type: str, message: str, *args: object) -> None:
        return


@contextmanager
def serveur(specimens: Sequence[Specimen]) -> Iterator[str]:
    """The replica's engine with the specimens in place of the producers' datasets of the same name; yields its address."""
    before = ods_datasets.DATASETS
    held = {(one.portal, one.dataset_id): one for one in before}
    for specimen in specimens:
        for dataset in specimen.jeux:
            key = (dataset.portal, dataset.dataset_id)
            held[key] = _stacked(held.get(key), dataset)
    # pynsee asks for a flow only if the list of flows has it
    with patch(
        "extract.replica.services.bdm.dataflow", liste_flux([one.flux for one in specimens if one.flux])
    ):
        app = ReplicaApp()
    for specimen in specimens:
        files = [(path, _file(build, kind)) for path, build, kind in specimen.fichiers]
        for path, answer in (*files, *specimen.routes):
            app.route(path, answer)
            app._map.add(app._rules[-1])
        for path, target in specimen.renvois:
            app.route(path, _redirect(target))
            app._map.add(app._rules[-1])
    ods_datasets.DATASETS = tuple(held.values())
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=_Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        server.shutdown()
        thread.join(timeout=10)
        server.server_close()
        ods_datasets.DATASETS = before


def _stacked(held: Dataset | None, dataset: Dataset) -> Dataset:
    """Several specimens may share a system dataset (Webstat's observations); any other takes the place of what was there."""
    if held is None or held.types != dataset.types or dataset.dataset_id != "observations":
        return dataset
    columns = ", ".join(f'"{name}"' for name in dataset.types)
    return replace(
        held, sql=f"select {columns} from ({held.sql}) union all select {columns} from ({dataset.sql})"
    )


def _file(build: Callable[[], bytes], kind: str) -> Callable[..., Response]:
    body = build()

    def answer(request: Request, app: ReplicaApp) -> Response:
        response = Response(body, content_type=kind, headers={"Last-Modified": PUBLISHED})
        response.make_conditional(request, accept_ranges=True, complete_length=len(body))
        return response

    return answer


def _redirect(target: str) -> Callable[..., Response]:
    def answer(request: Request, app: ReplicaApp) -> Response:
        return Response("", status=302, headers={"Location": target})

    return answer


def definitions(specimens: Sequence[Specimen]) -> dict[str, Definition]:
    """The project's own yamls of these sources; only `lignes_min` is lowered, to 1."""
    every = load_all()
    found: dict[str, Definition] = {}
    for source in dict.fromkeys(one.source for one in specimens):
        raw = copy.deepcopy(every[source].raw)
        for block in (raw, *raw.get("partitions", {}).values()):
            if "lignes_min" in block.get("attendu", {}):
                block["attendu"]["lignes_min"] = 1
        found[source] = Definition(source, raw)
    return found


def tirer(settings: Settings, specimens: Sequence[Specimen]) -> RunSummary:
    """Pull the specimens; the landing frame speaks of every source of the project, as in a real run."""
    everything = load_all() | definitions(specimens)
    os.environ["WEBSTAT_API_KEY"] = opendatasoft.KEY
    try:
        # the specimens' server sets no limit: nothing to wait for
        with patch("extract.transport.Quotas", partial(Quotas, ())):
            return run_sources(
                settings,
                [one.source for one in specimens],
                definitions=everything,
                console=Console(file=io.StringIO()),
                policy=Policy(attempts=1),
            )
    finally:
        del os.environ["WEBSTAT_API_KEY"]


def construire(settings: Settings, *arguments: str, base: Path) -> subprocess.CompletedProcess[str]:
    """dbt on this landing, in a database of its own."""
    env = {k: v for k, v in os.environ.items() if not k.startswith("REFERENTIEL_")} | {
        "REFERENTIEL_DATA": str(settings.data),
        "REFERENTIEL_LANDING": str(settings.landing),
        "REFERENTIEL_BASE": str(base),
        "REFERENTIEL_REGION": settings.region,
        "DBT_TARGET_PATH": str(base.parent / "cible"),
        "DBT_LOG_PATH": str(base.parent / "cible"),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    }
    return run_dbt(*arguments, cwd=PROJECT_ROOT, env=env, timeout=300)


def mesures(
    base: Path, specimen: Specimen
) -> dict[tuple[str, str, str, str, str], tuple[float | None, str | None]]:
    """The measures of a specimen's source, by (measure, type, code, period, breakdown)."""
    with duckdb.connect(str(base), read_only=True) as connection:
        rows = connection.execute(
            "select mesure, type_territoire, code_territoire, periode, modalite, valeur, marque_producteur "
            f"from intermediaire.{specimen.modele} where source = ?",
            [specimen.source],
        ).fetchall()
    found = {(m, t, c, p, d): (v, k) for m, t, c, p, d, v, k in rows}
    assert len(found) == len(rows), "deux mesures pour une même clé"
    return found
