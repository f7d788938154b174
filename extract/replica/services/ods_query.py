"""From the parameters of an Explore 2.1 request to rows: select, where, group_by, order_by, refine,
exclude, limit, offset.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import duckdb
from werkzeug.datastructures import MultiDict

from extract.replica.figures import Figures
from extract.replica.services import odsql
from extract.replica.services.ods_datasets import Dataset
from extract.replica.services.odsql import Expression, OdsqlError, literal, quote

# bounds of /records (reference: portails.md, A1); a group_by opens wider ones
LIMIT, WINDOW = 100, 10_000
LIMIT_GROUPED, WINDOW_GROUPED = 20_000, 30_000


class ParameterError(OdsqlError):
    """A parameter out of bounds: HTTP 400, `InvalidRESTParameterError`."""

    def __init__(self, name: str, found: object, expected: str) -> None:
        message = f"Invalid value for {name} API parameter: {found} was found but {expected} is expected."
        super().__init__(message, code="InvalidRESTParameterError")


@dataclass(frozen=True)
class Query:
    """A request understood. `columns`: names and types of the answer, in order; `sql` has no limit yet."""

    dataset: Dataset
    columns: Mapping[str, str]
    sql: str
    grouped: bool
    broadcast: bool
    limit: int
    offset: int

    def count(self, figures: Figures) -> int:
        """`total_count`: records that match, or groups."""
        return int(_run(figures, f"select count(*) from ({self.sql})")[0][0])

    def rows(self, figures: Figures) -> list[tuple[Any, ...]]:
        """Rows asked, after offset and limit (`limit` -1: all)."""
        bound = f" limit {self.limit}" if self.limit >= 0 else ""
        return _run(figures, f"{self.sql}{bound} offset {self.offset}")

    def at(self, limit: int, offset: int) -> Query:
        """The same query over another window."""
        return replace(self, limit=limit, offset=offset)


def understand(dataset: Dataset, args: MultiDict[str, str], default_limit: int) -> Query:
    """The query of a request; raises OdsqlError or ParameterError with the portal's own messages."""
    if dataset.sums and args.get("group_by") == dataset.sums.group_by:
        dataset, args = _held_sums(dataset, args)
    types = dataset.types
    limit, offset = integer(args, "limit", default_limit), integer(args, "offset", 0)
    groups = odsql.parse_group_by(args["group_by"], types) if args.get("group_by") else []
    if args.get("select"):
        selected = odsql.parse_select(args["select"], types)
    else:
        selected = [] if groups else odsql.parse_select("*", types)
    grouped_names = {group.text for group in groups} | {group.name for group in groups}
    columns = [
        *groups,
        *(one for one in selected if one.aggregate or one.text not in grouped_names or not groups),
    ]
    _check(columns, groups)
    broadcast = not groups and any(column.aggregate for column in columns)
    names = [column.name for column in columns]
    conditions = [odsql.parse_where(args["where"], types)] if args.get("where") else []
    conditions += [_facet(dataset, text, keep=True) for text in args.getlist("refine")]
    conditions += [_facet(dataset, text, keep=False) for text in args.getlist("exclude")]
    order = odsql.parse_order_by(args["order_by"], types, names) if args.get("order_by") else []
    sql = _sql(dataset, columns, groups, conditions, order, broadcast)
    kinds = {column.name: _type(column, types) for column in columns}
    return Query(dataset, kinds, sql, bool(groups), broadcast, limit, offset)


def _held_sums(dataset: Dataset, args: MultiDict[str, str]) -> tuple[Dataset, MultiDict[str, str]]:
    """The sums that the replica holds in place of their records, as a dataset, and the demand made of it."""
    sums = dataset.sums
    if sums is None or args.get("select") != sums.select:
        return dataset, args
    kept = args.copy()
    kept.poplist("group_by")
    kept.poplist("select")
    return replace(dataset, fields=sums.fields, sql=sums.sql, sums=None), kept


def check_bounds(limit: int, offset: int, grouped: bool = False) -> None:
    """Bounds of `/records` and of the catalogue; raises ParameterError."""
    cap, window = (LIMIT_GROUPED, WINDOW_GROUPED) if grouped else (LIMIT, WINDOW)
    if not -1 <= limit <= cap:
        raise ParameterError("limit", limit, f"-1 <= limit <= {cap}")
    check_window(limit, offset, window)


def check_window(limit: int, offset: int, window: int = WINDOW) -> None:
    """The bound on offset + limit; raises ParameterError."""
    asked = offset + max(limit, 0)
    if asked > window:
        raise ParameterError("sum of offset + limit", asked, f"<= {window}")


def integer(args: MultiDict[str, str], name: str, default: int) -> int:
    """An integer parameter; raises ParameterError (the wordings, here, are ours)."""
    text = args.get(name, "")
    if not text:
        return default
    try:
        value = int(text)
    except ValueError:
        raise ParameterError(name, text, "int") from None
    if name == "offset" and value < 0:
        raise ParameterError(name, value, "0 <= offset")
    return value


def _run(figures: Figures, sql: str) -> list[tuple[Any, ...]]:
    """Rows of a query; what only the engine sees (an order on what is not grouped) is a bad query too."""
    try:
        return figures.rows(sql)
    except duckdb.BinderException as error:
        raise OdsqlError(f"ODSQL query is malformed: {str(error).splitlines()[0]}") from error


def _check(columns: list[Expression], groups: list[Expression]) -> None:
    names = [column.name for column in columns]
    for name in names:
        if names.count(name) > 1:
            raise OdsqlError(f"ODSQL query is malformed: Alias '{name}' is declared several times.")
    for column in columns[len(groups) :]:
        if groups and not column.aggregate:
            raise OdsqlError(
                f"ODSQL query is malformed: {column.text} is neither grouped nor aggregated. "
                "Clause(s) containing the error(s): select."
            )


def _sql(
    dataset: Dataset,
    columns: list[Expression],
    groups: list[Expression],
    conditions: list[str],
    order: list[str],
    broadcast: bool,
) -> str:
    source = f"({dataset.sql}) as records" + (f" where {' and '.join(conditions)}" if conditions else "")
    shown = [f"{column.sql} as {quote(column.name)}" for column in columns]
    if broadcast:
        # seen on the portals: an aggregate without group_by comes back on every row of the page
        totals = ", ".join(text for text, column in zip(shown, columns, strict=True) if column.aggregate)
        plain = ", ".join(text for text, column in zip(shown, columns, strict=True) if not column.aggregate)
        names = ", ".join(quote(column.name) for column in columns)
        sql = f"select {names} from (select {totals} from {source}), (select {plain or '1'} from {source})"
    else:
        sql = f"select {', '.join(shown)} from {source}"
    if groups:
        sql += f" group by {', '.join(group.sql for group in groups)}"
    if order:
        sql += f" order by {', '.join(order)}"
    return sql


def _facet(dataset: Dataset, text: str, keep: bool) -> str:
    """SQL of `refine=facet:value` or `exclude=…`; a date facet by its beginning (`2024`, `2024/06`)."""
    name, _, value = text.partition(":")
    value = value.strip().strip('"')
    found = next((field for field in dataset.fields if field.name == name and field.facet), None)
    if found is None:
        clause = "refine" if keep else "exclude"
        raise OdsqlError(
            f"ODSQL query is malformed: Unknown facet: {name}. Clause(s) containing the error(s): {clause}."
        )
    if found.type == "date":
        sql = f"starts_with(cast({quote(name)} as varchar), {literal(value.replace('/', '-'))})"
    else:
        sql = f"{quote(name)} = {literal(value)}"
    return sql if keep else f"not coalesce({sql}, false)"


def _type(column: Expression, types: Mapping[str, str]) -> str:
    if not column.aggregate and column.text in types:
        return types[column.text]
    return {"number": "double", "date": "date"}.get(column.kind, "text")
