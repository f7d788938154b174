"""The page of the judgement in French, for someone who knows statistics and not our code."""

from __future__ import annotations

import html
import math
from collections import Counter
from datetime import datetime
from decimal import Decimal
from typing import Any

from expectations.columns import header, number, shown
from expectations.model import Controle, Expectation, Suite, Verdict

_STYLE = """
body{font:16px/1.5 system-ui,sans-serif;color:#1d2733;margin:2rem auto;max-width:70rem;padding:0 1rem}
h1{font-size:1.6rem;margin:0}h2{font-size:1.15rem;margin:2rem 0 .4rem;border-bottom:2px solid
    #1f4e79;color:#1f4e79}
.verdict{padding:.7rem 1rem;margin:1rem 0;border-left:6px solid}.ok{background:#eef6ee;border-color:#2e7d32}
.non{background:#fdecea;border-color:#b3261e}table{border-collapse:collapse;width:100%;font-size:.92rem;table-layout:fixed}
th:nth-child(1){width:5.5rem}th:nth-child(2){width:26%}td{overflow-wrap:break-word}
table.ou{table-layout:auto;font-size:.82rem;margin:.3rem 0}
table.ou th,table.ou td{padding:.1rem .4rem;width:auto;overflow-wrap:normal}
table.ou td:not(.n){min-width:4.5rem}table.ou td:first-child:not(.n){min-width:10rem}
table.ou td.n,table.ou th.n{text-align:right;white-space:nowrap}div.ou{overflow-x:auto}
th:nth-child(1){overflow-wrap:normal}
th,td{text-align:left;vertical-align:top;padding:.35rem .6rem;border-bottom:1px solid #d9dee4}
th{background:#f3f5f8}td.r{white-space:nowrap;font-weight:600}.reussi{color:#2e7d32}.echoue{color:#b3261e}
.averti{color:#8a5a00}.sans_objet{color:#5f6b7a}small{color:#5f6b7a}details{margin:.5rem 0}
"""
_WORDS = {"reussi": "réussi", "echoue": "échoué", "averti": "averti", "sans_objet": "sans objet"}
SHOWN = 6  # failing rows shown under a check; the workbook holds all
_ORDER = {"echoue": 0, "averti": 1, "reussi": 2, "sans_objet": 3}


def page(
    verdict: Verdict,
    suites: list[Suite],
    title: str,
    moment: datetime,
    docs: str | None,
    named: dict[str, dict[str, str]] | None = None,
) -> str:
    """Our page: the verdict first, then each check in its own words. Self-contained, no network.

    `named`: what indicators, territories and breakdowns are called (columns.labels); by default, their codes.
    """
    named = named or {}
    reasons = {e.id: e for s in suites for e in s.attentes}
    count = Counter(c.resultat for c in verdict.controles)
    head = {
        0: ("ok", "La release peut être publiée."),
        1: ("non", "La release est refusée : des contrôles bloquants ont échoué."),
        2: (
            "non",
            "Le contrôle lui-même a échoué : une faute est de notre côté, les données ne sont pas jugées.",
        ),
    }[verdict.code]
    parts = [
        (
            "<!doctype html><html lang='fr'><head><meta charset='utf-8'><meta name='viewport' "
            f"content='width=device-width'><title>{html.escape(title)}</title><style>{_STYLE}</style></head><body>"
        ),
        f"<h1>{html.escape(title)}</h1><p><small>Jugée le {moment:%d/%m/%Y à %H:%M} UTC.</small></p>",
        (
            f"<p class='verdict {head[0]}'><strong>{head[1]}</strong> Contrôles réussis : {count['reussi']} ;"
            f" échoués : {count['echoue']} ; avertissements : {count['averti']} ; sans objet :"
            f" {count['sans_objet']}.</p>"
        ),
    ]
    if verdict.fautes:
        parts.append("<h2>Fautes de notre côté</h2><ul>")
        parts += [f"<li><code>{html.escape(f)}</code></li>" for f in verdict.fautes]
        parts.append("</ul>")
    if to_see := [c for c in verdict.controles if c.resultat in ("echoue", "averti")]:
        parts += ["<h2>À regarder</h2>", _table(to_see, reasons, named)]
    publication = [c for c in verdict.controles if c.famille == "publication"]
    for table in sorted({c.objet for c in publication}):
        parts.append(f"<h2>Table {html.escape(table)}</h2>")
        parts.append(_table([c for c in publication if c.objet == table], reasons, named))
    if integrity := [c for c in verdict.controles if c.famille != "publication"]:
        parts.append("<h2>Intégrité (contrats et tests dbt)</h2>")
        parts.append(f"<details><summary>Les {len(integrity)} contrôles d'intégrité</summary>")
        parts.append(_table(integrity, reasons, named) + "</details>")
    if docs:
        parts.append(
            f"<p><small><a href='{docs}'>Le détail, suite par suite (Data Docs de Great Expectations)</a>"
            "</small></p>"
        )
    return "\n".join([*parts, "</body></html>"])


def _table(
    controles: list[Controle], reasons: dict[str, Expectation], named: dict[str, dict[str, str]]
) -> str:
    rows = []
    for c in sorted(controles, key=lambda c: (_ORDER[c.resultat], c.controle)):
        expectation = reasons.get(c.controle)
        why = ""
        if expectation is not None:
            history = "<br>".join(html.escape(h) for h in expectation.historique)
            why = (
                f"<details><summary><small>pourquoi</small></summary><small>{html.escape(expectation.raison)}"
            )
            why += f"<br>{history}<br>identifiant : {c.controle}</small></details>"
        rows.append(
            f"<tr><td class='r {c.resultat}'>{_WORDS[c.resultat]}</td><td>{html.escape(c.phrase)}"
            f"{' <small>(bloquant)</small>' if c.severite == 'bloquant' else ''}{why}</td>"
            f"<td>{_found(c, named)}</td></tr>"
        )
    return (
        "<table><thead><tr><th>Résultat</th><th>Ce qui doit être vrai</th><th>Constat</th></tr></thead>"
        f"<tbody>{''.join(rows)}</tbody></table>"
    )


def _found(controle: Controle, named: dict[str, dict[str, str]]) -> str:
    """The first failing rows as a table, else the detail in words."""
    if not controle.lignes:
        return html.escape(controle.detail)
    rows = controle.lignes[:SHOWN]
    columns = [c for c in controle.lignes[0] if any(shown(row.get(c)) not in ("absent", "") for row in rows)]
    right = {c: " class='n'" if all(_is_number(row.get(c)) for row in rows) else "" for c in columns}
    head = "".join(f"<th{right[c]}>{html.escape(header(c))}</th>" for c in columns)
    body = "".join(
        "<tr>" + "".join(f"<td{right[c]}>{_cell(c, row.get(c), named)}</td>" for c in columns) + "</tr>"
        for row in rows
    )
    count = len(controle.lignes)
    more = f" ; les {SHOWN} premières" if count > SHOWN else ""
    where = ", toutes dans vigilance.xlsx" if controle.vigilance or controle.resultat == "echoue" else ""
    said = f"{count} ligne{'s' if count > 1 else ''}{where}{more} :"
    if controle.famille == "integrite":  # the detail counts them all, only the first were kept
        said = f"{html.escape(controle.detail.partition(' : ')[0])} :"
    table = f"<table class='ou'><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    return f"{said}<div class='ou'>{table}</div>"


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)


def _cell(column: str, value: Any, named: dict[str, dict[str, str]]) -> str:
    """A cell: a name rather than a code, thousands apart, a long code that may break after an underscore."""
    if isinstance(value, float | Decimal) and math.isfinite(value) and value == int(value):
        return number(int(value))
    text = shown(value)
    known = named.get(column, {}).get(text)
    if known and column == "territoire":
        known = f"{known} ({text})"
    return html.escape(known or text).replace("_", "_<wbr>")
