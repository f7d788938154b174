"""Opendatasoft Explore API 2.1 of Webstat, DARES, Urssaf and data.economie: catalogue, records, exports,
facets.

Bounds, messages and formats are those written down from recorded answers and official documents. NOT
confirmed by anything seen, hence ours: the bodies of the 401 and of the 404 of an unknown dataset, Webstat
refusing its whole catalogue (not only its data) without a key, the wording for parameters that are not
numbers, `limit=-1` on records taken as its maximum, where in an export the "Streaming interrupted" text
falls (here: after the rows that fit), whole sums staying whole (`12`, not `12.0`), and an aggregate without
`group_by` repeated in exports as it is in records.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import wraps
from typing import Any

from werkzeug import Request, Response

from extract.definitions import expand
from extract.replica.app import ReplicaApp
from extract.replica.services import ods_formats as formats
from extract.replica.services.ods_datasets import PORTALS, WEBSTAT, Dataset, find, of_portal
from extract.replica.services.ods_query import (
    LIMIT,
    LIMIT_GROUPED,
    WINDOW,
    ParameterError,
    Query,
    check_bounds,
    check_window,
    integer,
    understand,
)
from extract.replica.services.odsql import OdsqlError

KEY = "cle-de-demonstration"
DELIMITERS = (";", ",", "\t", "|")
Handler = Callable[..., Response]


def register(app: ReplicaApp) -> None:
    """Routes of the four portals; the day quota is `app.options.quota_opendatasoft` calls per portal."""
    quota = Quota(app.options.quota_opendatasoft)
    for portal in PORTALS:
        base = f"/{portal}/api/explore/v2.1/catalog/datasets"
        for rule, handler in (
            ("", catalogue),
            ("/<dataset_id>", metadata),
            ("/<dataset_id>/records", records),
            ("/<dataset_id>/exports/<form>", exports),
            ("/<dataset_id>/facets", facets),
        ):
            app.route(base + rule, _guarded(portal, quota, handler))
    app.serves("opendatasoft", holds)


def holds(acces: dict[str, Any], app: ReplicaApp) -> bool:
    """The dataset, the fields that rows are grouped by, and one at least of the series asked by name."""
    dataset = find(str(acces.get("portail", "")).removeprefix("https://"), str(acces.get("jeu")))
    if dataset is None:
        return False
    sums = dataset.sums if dataset.sums and dataset.sums.group_by == acces.get("group_by") else None
    groups = [name.strip() for name in acces.get("group_by", "").split(",") if name.strip()]
    if sums is None and not set(groups) <= set(dataset.types):
        return False
    if "series" not in acces:
        return True
    asked = expand(acces["series"]["modeles"], acces["series"].get("listes", {}))
    field = acces["series"]["champ"].replace('"', '""')
    sql = sums.sql if sums else dataset.sql
    count = f'select count(*) from ({sql}) where "{field}" in (select unnest(?))'
    return bool(app.figures.rows(count, [asked])[0][0])


class Quota:
    """Calls a day, per portal, back to zero at midnight UTC."""

    def __init__(self, calls: int) -> None:
        self.calls = calls
        self._lock = threading.Lock()
        self._used: dict[tuple[str, str], int] = {}

    def take(self, portal: str) -> tuple[bool, dict[str, str], str]:
        """Whether this call is within the quota, its three headers, and when the quota starts again (ISO)."""
        today = datetime.fromtimestamp(time.time(), UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        reset, day = today + timedelta(days=1), today.date().isoformat()
        with self._lock:
            used = self._used.get((portal, day), 0) + 1
            self._used[portal, day] = used
        headers = {
            "X-RateLimit-Limit": str(self.calls),
            "X-RateLimit-Remaining": str(max(self.calls - used, 0)),
            "X-RateLimit-Reset": str(int(reset.timestamp())),
        }
        return used <= self.calls, headers, reset.strftime("%Y-%m-%dT%H:%M:%SZ")


# -- handlers


def catalogue(request: Request, app: ReplicaApp, portal: str) -> Response:
    """`/catalog/datasets`: the datasets held of this portal; only limit and offset are understood."""
    unknown = {"where", "select", "refine", "exclude", "group_by", "order_by"} & set(request.args)
    if unknown:
        return _reply(
            {"error_code": "Replique", "message": f"non servi par la réplique : {sorted(unknown)}"}, 501
        )
    limit, offset = integer(request.args, "limit", 10), integer(request.args, "offset", 0)
    check_bounds(limit, offset)
    held = [describe(dataset, app) for dataset in of_portal(portal)]
    return _reply(
        {"total_count": len(held), "results": held[offset : offset + (limit if limit >= 0 else LIMIT)]}
    )


def metadata(request: Request, app: ReplicaApp, portal: str, dataset_id: str) -> Response:
    """`/catalog/datasets/{id}`."""
    return _reply(describe(_dataset(portal, dataset_id), app))


def records(request: Request, app: ReplicaApp, portal: str, dataset_id: str) -> Response:
    """`/records`: `total_count` and one page of flat records."""
    query = understand(_dataset(portal, dataset_id), request.args, default_limit=10)
    check_bounds(query.limit, query.offset, query.grouped)
    if query.limit == -1:
        query = query.at(LIMIT_GROUPED if query.grouped else LIMIT, query.offset)
    rows = query.rows(app.figures) if query.limit else []
    return _reply({"total_count": query.count(app.figures), "results": formats.records(query.columns, rows)})


def exports(request: Request, app: ReplicaApp, portal: str, dataset_id: str, form: str) -> Response:
    """`/exports/{json,jsonl,csv,parquet}`: every row, unless `offset` brings the bound of records back."""
    dataset = _dataset(portal, dataset_id)
    if form not in formats.CONTENT_TYPES:
        raise ParameterError("format", form, " | ".join(formats.CONTENT_TYPES))
    asked = tuple((name, value) for name, value in request.args.items(multi=True) if name != "apikey")
    body = app.memo(
        ("opendatasoft", portal, dataset_id, form, asked), lambda: _export(dataset, form, request, app)
    )
    headers = {"Content-Disposition": f'attachment; filename="{dataset_id}.{form}"'}
    return Response(body, content_type=formats.CONTENT_TYPES[form], headers=headers)


def facets(request: Request, app: ReplicaApp, portal: str, dataset_id: str) -> Response:
    """`/facets`: the values of each facet and how many records hold them."""
    dataset = _dataset(portal, dataset_id)
    wanted = request.args.getlist("facet")
    args = request.args.copy()
    shown: list[dict[str, Any]] = []
    for field in dataset.fields:
        if not field.facet or (wanted and field.name not in wanted):
            continue
        value = f"year({field.name})" if field.type == "date" else field.name
        args["group_by"], args["select"], args["order_by"] = value, "count(*) as n", value
        rows = understand(dataset, args, default_limit=-1).at(-1, 0).rows(app.figures)
        values = [
            {"name": str(v), "count": n, "state": "displayed", "value": str(v)}
            for v, n in rows
            if v is not None
        ]
        shown.append({"name": field.name, "facets": values})
    return _reply({"links": [], "facets": shown})


def describe(dataset: Dataset, app: ReplicaApp) -> dict[str, Any]:
    """Metadata of a dataset; `modified` and `data_processed` only where known."""

    def build() -> dict[str, Any]:
        count = app.figures.rows(f"select count(*) from ({dataset.sql})")[0][0]
        fields: list[dict[str, Any]] = [
            {
                "name": field.name,
                "label": field.label,
                "type": field.type,
                "annotations": {"facet": []} if field.facet else {},
                "description": None,
            }
            for field in dataset.fields
        ]
        return {
            "dataset_id": dataset.dataset_id,
            "has_records": True,
            "data_visible": True,
            "attachments": [],
            "features": ["analyze"],
            "metas": {"default": {"title": dataset.title, "records_count": count, **dataset.metas}},
            "fields": fields,
        }

    return app.memo(("opendatasoft", dataset.portal, dataset.dataset_id, "metas"), build)


# -- helpers


class UnknownDataset(Exception):
    """The portal has no such dataset."""


def _dataset(portal: str, dataset_id: str) -> Dataset:
    dataset = find(portal, dataset_id)
    if dataset is None:
        raise UnknownDataset(dataset_id)
    return dataset


def _export(dataset: Dataset, form: str, request: Request, app: ReplicaApp) -> bytes:
    query = understand(dataset, request.args, default_limit=-1)
    if query.limit < -1:
        raise ParameterError("limit", query.limit, "-1 <= limit")
    interruption = b""
    if query.offset:
        query, interruption = _bounded(query, app)
    rows = query.rows(app.figures)
    if form == "parquet":
        return formats.parquet_bytes(query.columns, rows) + interruption
    if form == "json":
        return formats.json_bytes(query.columns, rows)[: -1 if interruption else None] + interruption
    if form == "jsonl":
        return formats.jsonl_bytes(query.columns, rows) + interruption
    flag = {name: request.args.get(name, default) == "true" for name, default in _CSV_FLAGS.items()}
    delimiter = request.args.get("delimiter", ";")
    if delimiter not in DELIMITERS:
        raise ParameterError("delimiter", delimiter, "; , | or tab")
    labels = dataset.labels if flag["use_labels"] else {}
    header = [labels.get(name, name) for name in query.columns]
    return formats.csv_bytes(header, rows, delimiter, flag["quote_all"], flag["with_bom"]) + interruption


_CSV_FLAGS = {"use_labels": "false", "quote_all": "false", "with_bom": "true"}


def _bounded(query: Query, app: ReplicaApp) -> tuple[Query, bytes]:
    """An export with an offset obeys the bound of records, and says so inside a 200 body already begun."""
    limit = query.limit if query.limit >= 0 else max(query.count(app.figures) - query.offset, 0)
    try:
        check_window(limit, query.offset)
    except ParameterError as error:
        text = f"Streaming interrupted due to the following error: {error.message} (error_code: {error.code})"
        return query.at(max(WINDOW - query.offset, 0), query.offset), text.encode()
    return query, b""


def _guarded(portal: str, quota: Quota, handler: Handler) -> Handler:
    """The handler behind the quota, the key and the portal's error bodies."""

    @wraps(handler)
    def guarded(request: Request, app: ReplicaApp, **variables: str) -> Response:
        within, headers, reset = quota.take(portal)
        if not within:
            response = _too_many(portal, quota.calls, reset)
        elif portal == WEBSTAT and not _has_key(request):
            response = _reply({"error_code": "Unauthorized", "message": "Unauthorized"}, 401)
        else:
            response = _answered(handler, request, app, portal, variables)
        response.headers.update(headers)
        return response

    return guarded


def _answered(
    handler: Handler, request: Request, app: ReplicaApp, portal: str, variables: dict[str, str]
) -> Response:
    try:
        return handler(request, app, portal, **variables)
    except UnknownDataset as error:
        message = f"The requested dataset {error} does not exist."
        return _reply({"error_code": "ResourceNotFoundError", "message": message}, 404)
    except OdsqlError as error:
        return _reply({"error_code": error.code, "message": error.message}, 400)


def _has_key(request: Request) -> bool:
    return request.headers.get("Authorization") == f"Apikey {KEY}" or request.args.get("apikey") == KEY


def _too_many(portal: str, calls: int, reset: str) -> Response:
    """The 429 of a day's quota: `errorcode` and `error`, unlike every other error body."""
    if portal == WEBSTAT:
        code, text = 10002, "Too many requests on the domain. Please contact the domain administrator."
    else:
        code, text = 10005, "You have exceeded the requests limit for anonymous users."
    body = {
        "errorcode": code,
        "reset_time": reset,
        "limit_time_unit": "day",
        "call_limit": calls,
        "error": text,
    }
    return _reply(body, 429)


def _reply(value: Any, status: int = 200) -> Response:
    return Response(formats.dump(value), status=status, content_type="application/json; charset=utf-8")
