"""Great Expectations' Data Docs of a judgement: one page per suite."""

from __future__ import annotations

import html
import re
import shutil
from datetime import datetime
from pathlib import Path
from typing import Any, cast
from urllib.parse import quote

from expectations.judge import Judgement
from expectations.library import (
    EphemeralDataContext,
    ExpectationSuiteIdentifier,
    ExpectationSuiteValidationResult,
    RunIdentifier,
    ValidationResultIdentifier,
    gx,
)

SITE = "qualite"
_FOREIGN = [
    re.compile(pattern, re.DOTALL)
    for pattern in (
        r"<link\b[^>]*>",
        r"<script\b.*?</script>",
        r"<style\b.*?</style>",
        r"<footer\b.*?</footer>",
        r"<img\b[^>]*>",
        # buttons that a script would have moved
        r'<div class="card mb-3">\s*<div class="card-header p-2">\s*<strong>Actions</strong>.*?'
        r'(?=<div class="card d-md-block)',
        r'<a[^>]*data-toggle="collapse"[^>]*>.*?</a>',
        r'<a href="[^"]*expectations/\w+\.html"\s*>',
    )
]
_ICONS = [
    (re.compile(r'<i class="fas fa-check-circle[^>]*></i>'), '<b class="ok">✓ tenue</b>'),
    (re.compile(r'<i class="fas fa-times[^>]*></i>'), '<b class="non">✗ non tenue</b>'),
    (re.compile(r'<i class="fas fa-exclamation-triangle[^>]*></i>'), '<b class="non">✗ erreur</b>'),
    (re.compile(r'<i class="fas[^>]*></i>'), ""),
]
_WORDS = {
    "Expectation Validation Result": "Résultat d'une suite d'attentes",
    "Evaluates whether a batch of data matches expectations.": (
        "Ce que la release candidate devait tenir, et ce qui a été constaté."
    ),
    "Expectation Suite:": "Suite :",
    "Data asset: None": "",
    "Table of Contents": "Sommaire",
    "Table-Level Expectations": "Attentes sur la table entière",
    "Overview": "Vue d'ensemble",
    "Statistics": "En nombres",
    "Evaluated Expectations": "Attentes jugées",
    "Unsuccessful Expectations": "Non tenues",
    "Successful Expectations": "Tenues",
    "Success Percent": "Part tenue",
    "Great Expectations Version": "Version de Great Expectations",
    "Run Name": "Jugement",
    "Run Time": "Heure (UTC)",
    "Observed Value": "Constaté",
    "Expectation": "Ce qui doit être vrai",
    "Status:": "",
    "Status": "Résultat",
    "Failed": "",
    "Succeeded": "",
    "Home": "Toutes les suites",
    "Info": "Jugement",
    "Data documentation compiled by Great Expectations": "Résultat d'une suite d'attentes",
    "Validations": "Résultats",
    "0% unexpected": "aucun défaut",
    "unexpected": "en défaut",
    "Sampled Unexpected Values": "Exemples de valeurs en défaut",
    "Unexpected Value": "Valeur en défaut",
    "unexpected values found.": "valeurs en défaut.",
    "total rows.": "lignes en tout.",
    "Count": "Nombre",
}
# In one pass over the page, the longest first.
_ENGLISH = re.compile(
    rf"(?<![\w-])(?:{'|'.join(re.escape(word) for word in sorted(_WORDS, key=len, reverse=True))})(?![\w-])"
)
_STYLE = """
body{font:16px/1.5 system-ui,sans-serif;color:#1d2733;margin:2rem auto;max-width:70rem;
padding:0 1rem}h4{font-size:1.5rem;margin:.5rem 0}h5{font-size:1.15rem;margin:1.5rem 0 .3rem;color:#1f4e79}
h6{font-size:1rem;margin:.6rem 0 .2rem}
table{border-collapse:collapse;width:100%;font-size:.92rem}
th,td{text-align:left;vertical-align:top;padding:.35rem .6rem;
border-bottom:1px solid #d9dee4;overflow-wrap:break-word}
th{background:#f3f5f8}th{overflow-wrap:normal}ol{list-style:none;padding:0}
.ok{color:#2e7d32}.non{color:#b3261e}
b.ok,b.non{white-space:nowrap}
"""


def data_docs(ctx: EphemeralDataContext, judgements: list[Judgement], folder: Path, moment: datetime) -> None:
    """Writes Data Docs under `folder`: one page per suite, whatever the number of frames it was read on."""
    run = RunIdentifier(run_name=f"{moment:%Y-%m-%d %H:%M}", run_time=moment)
    for judgement in judgements:
        name, results = judgement.suite.nom, judgement.results
        good = sum(bool(r.success) for r in results)
        merged = ExpectationSuiteValidationResult(
            success=good == len(results),
            results=results,
            suite_name=name,
            statistics={
                "evaluated_expectations": len(results),
                "successful_expectations": good,
                "unsuccessful_expectations": len(results) - good,
                "success_percent": 100 * good / len(results) if results else None,
            },
            meta={
                "great_expectations_version": gx.__version__,
                "run_id": run,
                "batch_spec": {},
                "active_batch_definition": {
                    "datasource_name": "candidat",
                    "data_connector_name": "fluent",
                    "data_asset_name": judgement.suite.table,
                    "batch_identifiers": {},
                },
            },
        )
        ctx.validation_results_store.set(
            ValidationResultIdentifier(ExpectationSuiteIdentifier(name=name), run, f"candidat-{name}"), merged
        )
    for site in list(ctx.get_site_names()):
        ctx.delete_data_docs_site(site)
    described: dict[str, Any] = {
        "class_name": "SiteBuilder",
        "site_index_builder": {"class_name": "DefaultSiteIndexBuilder"},
        # One page per suite is enough: that of its results says every expectation too.
        "site_section_builders": {"expectations": "None", "profiling": "None"},
        "store_backend": {
            "class_name": "TupleFilesystemStoreBackend",
            "base_directory": str(folder.resolve()),
        },
    }
    ctx.add_data_docs_site(site_name=SITE, site_config=cast(Any, described))
    ctx.build_data_docs(site_names=[SITE])
    # What the library copies there (pictures, fonts, styles) serves the pages as they were, not ours.
    shutil.rmtree(folder / "static", ignore_errors=True)
    for page in folder.rglob("*.html"):
        page.write_text(_readable(page.read_text(encoding="utf-8")), encoding="utf-8")
    (folder / "index.html").write_text(_index(judgements, folder, moment), encoding="utf-8")


def _readable(page: str) -> str:
    """A page of the library without what it would ask the network (its styles, its icons, its scripts:
    without them the statuses are blank), and with its own words in French."""
    for pattern in _FOREIGN:
        page = pattern.sub("", page)
    for pattern, word in _ICONS:
        page = pattern.sub(word, page)
    page = _ENGLISH.sub(lambda found: _WORDS[found[0]], page)
    return page.replace("</head>", f"<style>{_STYLE}</style></head>", 1).replace(
        "<html", "<html lang='fr'", 1
    )


def _index(judgements: list[Judgement], folder: Path, moment: datetime) -> str:
    """The list of the suites: the library's own is drawn by a script that it takes from the network."""
    rows = []
    for judgement in judgements:
        name = judgement.suite.nom
        good = sum(bool(r.success) for r in judgement.results)
        (result,) = (folder / "validations" / name).rglob("*.html")
        rows.append(
            f"<tr><td><a href='{quote(result.relative_to(folder).as_posix())}'>{html.escape(name)}</a></td>"
            f"<td>{html.escape(judgement.suite.description)}</td>"
            f"<td>{len(judgement.results)}</td><td>{good}</td><td>{len(judgement.results) - good}</td></tr>"
        )
    heads = "".join(
        f"<th>{h}</th>" for h in ("Suite", "Ce qu'elle tient", "Attentes", "Tenues", "Non tenues")
    )
    return (
        "<!DOCTYPE html><html lang='fr'><head><meta charset='utf-8'><title>Attentes par suite</title>"
        f"<style>{_STYLE}</style></head><body><h4>Attentes par suite</h4>"
        f"<p>Jugées le {moment:%d/%m/%Y à %H:%M} UTC par Great Expectations. Une attente non tenue refuse la"
        " release si elle est bloquante, sinon elle avertit : <a href='../index.html'>la page des"
        " contrôles</a> le dit.</p>"
        f"<table><thead><tr>{heads}</tr></thead><tbody>{''.join(rows)}</tbody></table></body></html>"
    )
