"""Reports and workbooks, measured: all portraits of the region, a workbook of 100,000 figures."""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pandas as pd

from publish.exports import custom_workbook
from publish.exports.dictionary import site
from publish.exports.reports import batch, pdf
from publish.exports.request import Names, parse

Row = tuple[str, str, str, str]
BAR = 10  # portraits a second, on two cores
BARE = '#set page(paper: "a4")\n= {n}\n#lorem({words})'  # a page of text, no figure, no drawing
FIGURES = 100_000
MADE = datetime(2026, 1, 1, tzinfo=UTC)

FRAME = """
    select t.code_territoire, t.libelle, o.indicateur, o.periode, o.valeur
    from observations o join territoires t using (territoire)
    where o.modalite = '_T' and o.territoire in (select unnest($t)) and o.indicateur in (select unnest($i))
"""


def rows(database: Path, region: str) -> list[Row]:
    """The rows of the table: what, measured, beside, ratio."""
    return [portraits(database, region), workbook(database, region)]


def portraits(database: Path, region: str) -> Row:
    """Every portrait of the region as PDF and HTML, queries included."""
    wanted = parse({"PORTRAITS": "tous"}, Names.read(database)).portraits
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        facts = batch.prepared(database, wanted, region=region, release="bench", made=MADE, previous=None)
        made = batch.write_all(facts, wanted, Path(folder))
        seconds = time.perf_counter() - start
    assert len(made) == 2 * len(wanted)
    return portraits_row(len(wanted), seconds, bare_pages(len(wanted)), len(os.sched_getaffinity(0)))


def portraits_row(portraits: int, seconds: float, bare: float, cores: int) -> Row:
    """The row of so many portraits, in `seconds`, beside as many bare pages, in `bare` seconds."""
    return (
        f"all {portraits} portraits of the region, PDF and HTML, {cores} cores (bar: {BAR} a second)",
        f"{seconds:.0f} s ({portraits / seconds:.0f} a second)",
        f"as many bare pages of the same Typst, one process: {bare:.2f} s",
        f"{seconds / bare:.2f}",
    )


def bare_pages(count: int) -> float:
    """Seconds of that many PDF of one page of text, by the compiler that prints the portraits."""
    compiler = pdf.compiler()
    start = time.perf_counter()
    for n in range(count):  # never the same text: Typst keeps what it set before
        compiler.compile(BARE.format(n=n, words=400 + n % 200).encode(), format="pdf")
    return time.perf_counter() - start


def workbook(database: Path, region: str) -> Row:
    """A workbook of about a hundred thousand figures, formatted, with charts, dictionary and sources, beside
    pandas with openpyxl writing the same figures one a row, bare."""
    territories, indicators, count = chosen(database)
    with tempfile.TemporaryDirectory() as folder:

        def ours() -> None:
            custom_workbook.write(
                Path(folder) / "ours.xlsx",
                database,
                territories,
                indicators,
                region=region,
                release="bench",
                made=MADE,
            )

        def figures() -> pd.DataFrame:
            with duckdb.connect(str(database), read_only=True) as connection:
                return connection.execute(FRAME, {"t": territories, "i": indicators}).df()

        def theirs() -> None:
            figures().to_excel(Path(folder) / "theirs.xlsx", index=False, engine="openpyxl")

        def pivoted() -> None:
            frame = figures()
            wide = frame.pivot_table(
                index=["indicateur", "code_territoire", "libelle"], columns="periode", values="valeur"
            )
            last = (
                frame.sort_values("periode")
                .groupby(["code_territoire", "libelle", "indicateur"])
                .valeur.last()
                .unstack()
            )
            with pd.ExcelWriter(Path(folder) / "wide.xlsx", engine="openpyxl") as writer:
                last.reset_index().to_excel(writer, sheet_name="last", index=False)
                wide.reset_index().to_excel(writer, sheet_name="series", index=False)

        mine, plain, same = median(ours, 3), median(theirs, 1), median(pivoted, 1)
    return (
        f"a workbook of {count:,} figures: sheets by theme, series, charts, dictionary",
        f"{mine:.1f} s",
        f"pandas with openpyxl, bare: one a row {plain:.1f} s, the same two tables {same:.1f} s",
        f"{mine / plain:.2f}; {mine / same:.2f}",
    )


def dictionary(database: Path, region: str, run_seconds: float) -> Row:
    """The dictionary as a site, every page of it, beside the run that makes the release."""
    with tempfile.TemporaryDirectory() as folder:
        site_ = Path(folder) / "dictionnaire"
        seconds = median(lambda: site.write(database, site_, region=region, release="bench", made=MADE), 3)
        pages = len(list(site_.rglob("*.html")))
    return (
        f"the dictionary as a site, {pages} pages with charts and maps",
        f"{seconds:.1f} s",
        "the whole demonstration",
        f"{seconds / run_seconds:.3f}",
    )


def chosen(database: Path) -> tuple[list[str], list[str], int]:
    """Communes and their published yearly indicators, enough of them for FIGURES values."""
    with duckdb.connect(str(database), read_only=True) as connection:
        counts = connection.execute(
            "select o.indicateur, count(*) from observations o join indicateurs i using (indicateur)"
            " where o.modalite = '_T' and o.territoire like 'COM-%' and i.frequence = 'A'"
            " group by all having count(distinct periode) > 1 order by 2 desc, 1"
        ).fetchall()
        indicators, count = [], 0
        for indicator, number in counts:
            if count >= FIGURES:
                break
            indicators.append(indicator)
            count += number
        territories = [
            row[0]
            for row in connection.execute(
                "select distinct territoire from observations where territoire like 'COM-%'"
                " and modalite = '_T' and indicateur in (select unnest($i)) order by 1",
                {"i": indicators},
            ).fetchall()
        ]
    return territories, indicators, count


def median(call: Callable[[], object], times: int) -> float:
    """Median seconds of a call."""
    seconds = []
    for _ in range(times):
        start = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds)


if __name__ == "__main__":
    from extract.settings import Settings
    from publish.releases import require_current

    settings = Settings.from_env()
    for row in rows(require_current(settings.published).database, settings.region):
        print("| " + " | ".join(row) + " |")
