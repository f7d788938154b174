"""ODSQL, the query language of Opendatasoft's Explore API 2.1, translated to DuckDB SQL (grammar read by
lark).

Covered: literals (numbers, strings in `"` or `'`, `date'2025'`, `date'2025-08'`, `date'2025-08-31'`),
back-quoted fields, `= != <> < <= > >=`, `and or not`, `in ("a", "b")`, `in [a..b]` (and `]a..b[`), `like`
(`%` or `*`; without either it means "contains"; never case-sensitive, as the producers' text search), `is
[not] null`, arithmetic, `year`, `month`, `day`, `lower`, `upper`, `length`, the aggregates `sum avg min max
median count count(*) count(distinct f)`, `as` aliases, and a quoted text alone (search in every text
field).

A date literal is an interval: `d = date'2024'` is the whole year, `d <= date'2024-06'` goes to the end of
June. Errors carry the producer's own code and words as far as they were seen; the rest of the wording is
ours.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

from lark import Lark, Token, Transformer, v_args
from lark.exceptions import LarkError, UnexpectedInput, VisitError

# Opendatasoft's field types that this translation knows how to compare
TYPES = {
    "text": "text",
    "int": "number",
    "double": "number",
    "date": "date",
    "datetime": "date",
    "geo_point_2d": "geo",
}
AGGREGATES = ("sum", "avg", "min", "max", "median", "count")
SCALARS = {"year": ("date", "number"), "month": ("date", "number"), "day": ("date", "number")}
SCALARS |= {"lower": ("text", "text"), "upper": ("text", "text"), "length": ("text", "number")}


class OdsqlError(ValueError):
    """A query the portal refuses: `code` and `message` are those of the body of its HTTP 400."""

    def __init__(self, message: str, code: str = "ODSQLError") -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass(frozen=True)
class Expression:
    """A piece of SQL with what it is: `kind`: text, number, date, geo, boolean; `text`: as asked."""

    sql: str
    kind: str
    text: str = ""
    aggregate: bool = False
    literal: str | None = None  # the value of a string literal
    interval: tuple[date, date] | None = None  # [first day, day after the last] of a date literal
    alias: str | None = None
    descending: bool = False

    @property
    def name(self) -> str:
        """The key of the value in the answer."""
        return self.alias or self.text


def parse_select(text: str, fields: Mapping[str, str]) -> list[Expression]:
    """Columns of a `select`; `fields`: Opendatasoft type of each field. Raises OdsqlError."""
    return _parse("select", text, fields)


def parse_group_by(text: str, fields: Mapping[str, str]) -> list[Expression]:
    """Columns of a `group_by`. Raises OdsqlError."""
    return _parse("group_by", text, fields)


def parse_where(text: str, fields: Mapping[str, str]) -> str:
    """SQL condition of a `where`. Raises OdsqlError."""
    expression: Expression = _parse("where", text, fields)
    if expression.literal is not None:
        searched = [
            f"contains(lower({quote(name)}), lower({expression.sql}))" for name in fields_of("text", fields)
        ]
        return "(" + " or ".join(searched or ["false"]) + ")"
    if expression.kind != "boolean" or expression.aggregate:
        raise _malformed(f"{expression.text} is not a condition.", "where")
    return expression.sql


def parse_order_by(text: str, fields: Mapping[str, str], names: Sequence[str] = ()) -> list[str]:
    """SQL terms of an `order_by`; `names`: the columns of the answer. Raises OdsqlError.

    `-field` is the older spelling of `field desc`, still in use.
    """
    known = dict(fields) | {name: "computed" for name in names}
    terms = []
    for term in _parse("order_by", text, known):
        sql = quote(term.text) if term.text in names else term.sql
        terms.append(f"{sql} {'desc' if term.descending else 'asc'} nulls last")
    return terms


def fields_of(kind: str, fields: Mapping[str, str]) -> list[str]:
    """Names of the fields of a kind."""
    return [name for name, type_ in fields.items() if TYPES.get(type_) == kind]


def quote(name: str) -> str:
    """A name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(value: str) -> str:
    """A text as an SQL literal."""
    return "'" + value.replace("'", "''") + "'"


@lru_cache(maxsize=1)
def _parser() -> Lark:
    return Lark(
        Path(__file__).with_suffix(".lark").read_text(encoding="utf-8"),
        parser="lalr",
        start=["select", "where", "group_by", "order_by"],
        maybe_placeholders=True,
    )


def _parse(clause: str, text: str, fields: Mapping[str, str]) -> Any:
    """A clause as expressions: a list of them, or one for `where`."""
    try:
        return _ToSql(text, fields, clause).transform(_parser().parse(text, start=clause))
    except VisitError as error:
        if isinstance(error.orig_exc, OdsqlError):
            raise error.orig_exc from None
        raise
    except UnexpectedInput as error:
        where = f"line {error.line}, column {error.column}" if error.line > 0 else "end of clause"
        raise _malformed(
            f"unexpected input at {where}: {error.get_context(text).splitlines()[0]}.", clause
        ) from None
    except LarkError as error:
        raise _malformed(f"{error}.", clause) from None


def _malformed(detail: str, clause: str) -> OdsqlError:
    return OdsqlError(f"ODSQL query is malformed: {detail} Clause(s) containing the error(s): {clause}.")


@v_args(inline=True)
class _ToSql(Transformer):
    def __init__(self, source: str, fields: Mapping[str, str], clause: str) -> None:
        super().__init__()
        self.source, self.fields, self.clause = source, fields, clause

    # -- clauses

    def select(self, *items: Expression | None) -> list[Expression]:
        columns: list[Expression] = []
        for item in items:
            columns += [self._known(name) for name in self.fields] if item is None else [item]
        return columns

    def group_by(self, *items: Expression) -> list[Expression]:
        return list(items)

    def order_by(self, *items: Expression) -> list[Expression]:
        return list(items)

    def where(self, expression: Expression) -> Expression:
        return expression

    def star(self) -> None:
        return None

    def column(self, expression: Expression, alias: Token | None) -> Expression:
        return self._as(expression, alias=str(alias) if alias else None)

    def order(self, expression: Expression, direction: Token | None) -> Expression:
        if expression.text.startswith("-") and direction is None:
            return self._as(self._known(expression.text[1:].strip()), descending=True)
        return self._as(expression, descending=bool(direction) and str(direction).lower() == "desc")

    # -- conditions

    def disjunction(self, *parts: Expression) -> Expression:
        return self._joined(parts, "or")

    def all_of(self, *parts: Expression) -> Expression:
        return self._joined(parts, "and")

    def negated(self, part: Expression) -> Expression:
        return Expression(f"(not coalesce({part.sql}, false))", "boolean", "not " + part.text, part.aggregate)

    def compared(self, left: Expression, operator: Token, right: Expression) -> Expression:
        text = f"{left.text} {operator} {right.text}"
        self._comparable(left, right)
        sign = "!=" if operator == "<>" else str(operator)
        if right.interval:
            return Expression(_against(left.sql, sign, right.interval), "boolean", text, left.aggregate)
        return Expression(
            f"({left.sql} {sign} {right.sql})", "boolean", text, left.aggregate or right.aggregate
        )

    def in_list(self, left: Expression, *values: Expression) -> Expression:
        for value in values:
            if value.interval:
                raise self._error(f"date literals are not allowed in IN: {value.text}.")
            self._comparable(left, value)
        listed = ", ".join(value.sql for value in values)
        return Expression(f"({left.sql} in ({listed}))", "boolean", f"{left.text} in (...)", left.aggregate)

    def not_in_list(self, left: Expression, *values: Expression) -> Expression:
        return self.negated(self.in_list(left, *values))

    def in_range(
        self, left: Expression, opening: Token, low: Expression, high: Expression, closing: Token
    ) -> Expression:
        first = self.compared(left, Token("OPERATOR", ">=" if opening == "[" else ">"), low)
        last = self.compared(left, Token("OPERATOR", "<=" if closing == "]" else "<"), high)
        return self._joined((first, last), "and")

    def like(self, left: Expression, pattern: Expression) -> Expression:
        if left.kind != "text" or pattern.literal is None:
            raise self._error(f"LIKE compares a text field with a text: {left.text} like {pattern.text}.")
        value = pattern.literal.replace("\\", "\\\\").replace("_", "\\_").replace("*", "%")
        value = value if "%" in value else f"%{value}%"
        sql = f"({left.sql} ilike {literal(value)} escape '\\')"
        return Expression(sql, "boolean", f"{left.text} like {pattern.text}")

    def not_like(self, left: Expression, pattern: Expression) -> Expression:
        return self.negated(self.like(left, pattern))

    def is_null(self, part: Expression) -> Expression:
        return Expression(f"({part.sql} is null)", "boolean", f"{part.text} is null", part.aggregate)

    def is_not_null(self, part: Expression) -> Expression:
        return Expression(f"({part.sql} is not null)", "boolean", f"{part.text} is not null", part.aggregate)

    # -- values

    def arithmetic(self, left: Expression, operator: Token, right: Expression) -> Expression:
        text = f"{left.text}{operator}{right.text}"
        if {left.kind, right.kind} - {"number", "computed"}:
            raise self._error(f"arithmetic needs numbers: {text}.")
        # JSON has no infinity
        divisor = f"nullif({right.sql}, 0)" if operator == "/" else right.sql
        return Expression(
            f"({left.sql} {operator} {divisor})", "number", text, left.aggregate or right.aggregate
        )

    def times(self, left: Expression, right: Expression) -> Expression:
        return self.arithmetic(left, Token("OPERATOR", "*"), right)

    def minus(self, part: Expression) -> Expression:
        if part.kind != "number" and self.clause != "order_by":
            raise self._error(f"arithmetic needs numbers: -{part.text}.")
        return Expression(f"(-{part.sql})", part.kind, f"-{part.text}", part.aggregate)

    def number(self, token: Token) -> Expression:
        return Expression(str(token), "number", str(token))

    def string(self, token: Token) -> Expression:
        value = re.sub(r"\\(.)", r"\1", token[1:-1], flags=re.S)
        return Expression(literal(value), "text", str(token), literal=value)

    def date_literal(self, token: Token) -> Expression:
        value = re.split("['\"]", token)[1]
        try:
            interval = _interval(value)
        except ValueError:
            raise self._error(f"invalid date literal {token}.") from None
        return Expression(f"date '{interval[0]}'", "date", str(token), interval=interval)

    def field(self, token: Token) -> Expression:
        return self._known(str(token).strip("`"))

    def call_star(self, name: Token) -> Expression:
        if name.lower() != "count":
            raise self._error(f"{name}(*)")
        return Expression("count(*)", "number", f"{name}(*)", aggregate=True)

    def call_distinct(self, name: Token, argument: Expression) -> Expression:
        text = f"{name}(distinct {argument.text})"
        if name.lower() != "count":
            raise self._error(text)
        return Expression(f"count(distinct {argument.sql})", "number", text, aggregate=True)

    def call(self, name: Token, *arguments: Expression | None) -> Expression:
        function, given = name.lower(), [argument for argument in arguments if argument is not None]
        text = f"{name}({', '.join(argument.text for argument in given)})"
        if function in AGGREGATES and len(given) == 1:
            argument = given[0]
            if function != "count" and argument.kind not in ("number", "date"):
                raise OdsqlError(
                    "ODSQL query is malformed: StatAggregation only supports numeric or date expression."
                )
            if function in ("sum", "avg", "median") and argument.kind != "number":
                raise self._error(text)
            # a DuckDB sum of integers is a HUGEINT, which no JSON or parquet reader expects
            sql = f"cast({function}({argument.sql}) as bigint)" if self._whole(function, argument) else None
            kind = argument.kind if function in ("min", "max") else "number"
            return Expression(sql or f"{function}({argument.sql})", kind, text, aggregate=True)
        if function in SCALARS and len(given) == 1 and given[0].kind == SCALARS[function][0]:
            return Expression(f"{function}({given[0].sql})", SCALARS[function][1], text, given[0].aggregate)
        raise self._error(text)

    # -- helpers

    def _whole(self, function: str, argument: Expression) -> bool:
        return function == "sum" and self.fields.get(argument.text) == "int"

    def _known(self, name: str) -> Expression:
        if name not in self.fields:
            raise self._error(f"Unknown field: {name}.")
        type_ = self.fields[name]
        return Expression(quote(name), TYPES.get(type_, type_), name)

    def _as(self, expression: Expression, alias: str | None = None, descending: bool = False) -> Expression:
        return replace(expression, alias=alias, descending=descending)

    def _joined(self, parts: Sequence[Expression], word: str) -> Expression:
        for part in parts:
            if part.kind != "boolean":
                raise self._error(f"{part.text} is not a condition.")
        sql = "(" + f" {word} ".join(part.sql for part in parts) + ")"
        text = f" {word} ".join(part.text for part in parts)
        return Expression(sql, "boolean", text, any(part.aggregate for part in parts))

    def _comparable(self, left: Expression, right: Expression) -> None:
        if "computed" in (left.kind, right.kind) or left.kind == right.kind != "geo":
            return
        sides = f"{left.text} ({left.kind}), {right.text} ({right.kind})"
        message = f"Incompatible types in comparison filter: {sides}."
        raise OdsqlError(message, code="IncompatibleTypesInComparisonFilter")

    def _error(self, detail: str) -> OdsqlError:
        return _malformed(detail, self.clause)


def _interval(text: str) -> tuple[date, date]:
    """First day, and day after the last, of `2024`, `2024-06`, `2024/06/30` or an ISO date-time."""
    parts = [int(part) for part in re.split("[-/]", text.strip()[:10])]
    year, month, day = ([*parts, 0, 0])[:3]
    first = date(year, month or 1, day or 1)
    if day:
        return first, first + timedelta(days=1)
    if month:
        return first, date(year + month // 12, month % 12 + 1, 1)
    return first, date(year + 1, 1, 1)


def _against(sql: str, operator: str, interval: tuple[date, date]) -> str:
    first, after = (f"date '{day}'" for day in interval)
    return {
        "=": f"({sql} >= {first} and {sql} < {after})",
        "!=": f"({sql} < {first} or {sql} >= {after})",
        ">=": f"({sql} >= {first})",
        ">": f"({sql} >= {after})",
        "<": f"({sql} < {first})",
        "<=": f"({sql} < {after})",
    }[operator]
