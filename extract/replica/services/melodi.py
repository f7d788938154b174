"""Insee Melodi: catalogue, range, data and file, for the datasets whose figures are at hand.

Seen in recorded exchanges: the compact JSON of January 2026, the headers, 500 text/plain for an unknown
dataset, an empty 200 for a filter that matches nothing, `paging` with `first` (the caller's parameters and
`&page=1`) and `count`. Not seen, hence ours: the fields of `paging` on several pages beyond next / isLast /
previous, the body of the 429 (Gravitee's usual one), an unknown dimension (400), an unknown dataset in
catalogue, range and file (the same 500 as data).
"""

from __future__ import annotations

import json
import threading
import time
import uuid
from collections import deque
from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import parse_qsl

from werkzeug import Request, Response

from extract.replica.app import ReplicaApp
from extract.replica.services import melodi_data
from extract.replica.services.melodi_files import archive, ranges

ROOT = "https://api.insee.fr/melodi"
DATASET = "DS_POPULATIONS_REFERENCE"
DIMENSIONS = ("GEO", "FREQ", "TIME_PERIOD", "POPREF_MEASURE")
PAGE_SIZE, MAX_SIZE = 10_000, 100_000
CONTROLS = ("maxResult", "page", "totalCount", "idTerritoire", "range")
UNKNOWN = "Le serveur a rencontré une erreur inattendue."

Handler = Callable[..., Response]


def register(app: ReplicaApp) -> None:
    """Routes of /melodi, all under the same limit of requests a minute."""
    window = _Window(app.options.limite_melodi)
    for path, handler in (
        ("catalog/all", catalog),
        ("catalog/ids", identifiers),
        ("catalog/<dataset>", catalog),
        ("range/<dataset>", dataset_range),
        ("data/<dataset>", data),
        ("data/series/<idbanks>", no_series),
        ("file/<dataset>/<product>", file),
    ):
        app.route(f"/api.insee.fr/melodi/{path}", window.around(handler))
    app.serves(
        "melodi", lambda acces, app: any(acces.get("jeu") == one["identifier"] for one in _sheets(app))
    )


class _Window:
    """At most `limit` accepted requests in any 60 seconds; 0 = no limit."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._moments: deque[float] = deque()
        self._lock = threading.Lock()

    def accepts(self) -> bool:
        if not self.limit:
            return True
        now = time.monotonic()
        with self._lock:
            while self._moments and now - self._moments[0] >= 60:
                self._moments.popleft()
            if len(self._moments) >= self.limit:
                return False
            self._moments.append(now)
            return True

    def around(self, handler: Handler) -> Handler:
        @wraps(handler)
        def limited(request: Request, app: ReplicaApp, **variables: str) -> Response:
            if self.accepts():
                return _with_headers(handler(request, app, **variables))
            message = f"Rate limit exceeded ! You reach the limit of {self.limit} requests per 1 minutes"
            return _with_headers(_json({"message": message, "http_status_code": 429}, status=429))

        return limited


def catalog(request: Request, app: ReplicaApp, dataset: str | None = None) -> Response:
    """All the datasets of the replica, or one of them."""
    sheets = [sheet for sheet in _sheets(app) if dataset in (None, sheet["identifier"])]
    if not sheets:
        return _unknown()
    return _json(sheets if dataset is None else sheets[0])


def identifiers(request: Request, app: ReplicaApp) -> Response:
    """Identifiers of the datasets."""
    return _json([sheet["identifier"] for sheet in _sheets(app)])


def dataset_range(request: Request, app: ReplicaApp, dataset: str) -> Response:
    """Dimensions of a dataset and their modalities."""
    if dataset != DATASET:
        return _unknown()
    melodi_data.prepare(app)
    return _json(app.memo("melodi range", lambda: ranges(app, _sheets(app)[0])))


def data(request: Request, app: ReplicaApp, dataset: str) -> Response:
    """Observations of a dataset: one query parameter per dimension, repeated for several values."""
    if dataset != DATASET:
        return _unknown()
    query = request.query_string.decode("latin-1")
    pairs = parse_qsl(query, keep_blank_values=True)
    filters: dict[str, list[str]] = {}
    for name, value in pairs:
        if name in DIMENSIONS:
            filters.setdefault(name, []).append(value)
        elif name not in CONTROLS:
            return Response(
                f"Paramètre inconnu : {name}", status=400, content_type="text/plain;charset=UTF-8"
            )
    given = dict(pairs)
    size = min(int(given.get("maxResult") or PAGE_SIZE), MAX_SIZE)
    page = max(int(given.get("page") or 1), 1)
    melodi_data.prepare(app)
    rows, more = melodi_data.select(app, filters, size, (page - 1) * size) if size else ([], False)

    paging: dict[str, Any] = {"first": _page_url(dataset, query, 1)}
    if more or page > 1:
        paging["isLast"] = not more
    if more:
        paging["next"] = _page_url(dataset, query, page + 1)
    if page > 1:
        paging["previous"] = _page_url(dataset, query, page - 1)
    if given.get("totalCount", "").lower() == "true":
        paging["count"] = melodi_data.count(app, filters)
    sheet = _sheets(app)[0]
    head = {
        "identifier": dataset,
        "title": {title["lang"]: title["content"] for title in sheet["title"]},
        "publisher": sheet["publisher"],
    }
    observations = ",".join(
        f'{{"dimensions":{{"GEO":"{geo}","FREQ":"{freq}","TIME_PERIOD":"{period}","POPREF_MEASURE":"{measure}"}},'
        f'"measures":{{"OBS_VALUE_NIVEAU":{{"value":{_java_double(value)}}}}}}}'
        for geo, freq, period, measure, value in rows
    )
    body = f'{_compact(head)[:-1]},"observations":[{observations}],"paging":{_compact(paging)}}}'
    return Response(body, content_type="application/json")


def no_series(request: Request, app: ReplicaApp, idbanks: str) -> Response:
    """Series by idbank: the replica has none in Melodi, and the service answers an empty list for those it
    lacks."""
    return _json([])


def file(request: Request, app: ReplicaApp, dataset: str, product: str) -> Response:
    """A product of a dataset: zip of the data and metadata CSV."""
    known = [
        item["id"] for sheet in _sheets(app) if sheet["identifier"] == dataset for item in sheet["product"]
    ]
    if product not in known:
        return _unknown()
    response = Response(_archive(app), content_type="application/octet-stream")
    response.headers["Content-Disposition"] = f'inline; filename="{product}.zip"'
    return response


def _archive(app: ReplicaApp) -> bytes:
    melodi_data.prepare(app)
    return app.memo("melodi zip", lambda: archive(app, f"{DATASET}_2023"))


def _sheets(app: ReplicaApp) -> list[dict[str, Any]]:
    """Catalogue sheets as published, but for the size of the file, which is that of the replica's own."""

    def build() -> list[dict[str, Any]]:
        sheets = [
            json.loads(row[0]) for row in app.figures.rows("select fiche from melodi_catalogue order by 1")
        ]
        for sheet in sheets:
            for product in sheet["product"]:
                product["byteSize"] = len(_archive(app))
        return sheets

    return app.memo("melodi fiches", build)


def _page_url(dataset: str, query: str, page: int) -> str:
    """The caller's own parameters in the caller's order and writing, then the page."""
    kept = [part for part in query.split("&") if part and not part.startswith("page=")]
    return f"{ROOT}/data/{dataset}?{'&'.join([*kept, f'page={page}'])}"


def _java_double(value: int) -> str:
    """A number as the service's JSON writes it: `327734.0`, `6.809428E7` from ten million on."""
    if abs(value) < 10_000_000:
        return f"{value}.0"
    digits = str(abs(value))
    fraction = digits[1:].rstrip("0") or "0"
    return f"{'-' if value < 0 else ''}{digits[0]}.{fraction}E{len(digits) - 1}"


def _compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _json(value: Any, status: int = 200) -> Response:
    return Response(_compact(value), status=status, content_type="application/json")


def _unknown() -> Response:
    return Response(UNKNOWN, status=500, content_type="text/plain;charset=UTF-8")


def _with_headers(response: Response) -> Response:
    """The headers of the recorded exchanges: nothing tells when the data changed, nothing says how long to
    wait."""
    identifier = str(uuid.uuid4())
    headers = response.headers
    headers["Cache-Control"] = "no-cache, no-store, max-age=0, must-revalidate"
    headers["Expires"] = "0"
    headers["Pragma"] = "no-cache"
    headers["Set-Cookie"] = "INSEE=rd4o00000000000000000000ffff0ac30849o8082; path=/; Httponly; Secure"
    headers.add("Strict-Transport-Security", "max-age=31536000; includeSubDomains; preload")
    headers.add("Strict-Transport-Security", "max-age=100000; includeSubDomains")
    headers["Vary"] = "origin,access-control-request-method,access-control-request-headers,accept-encoding"
    headers["X-Content-Type-Options"] = "nosniff"
    headers["X-Frame-Options"] = "DENY"
    headers["X-Gravitee-Request-Id"] = identifier
    headers["X-Gravitee-Transaction-Id"] = identifier
    headers["X-XSS-Protection"] = "0"
    return response
