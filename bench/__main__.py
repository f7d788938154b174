"""`make bench`: runs the demonstration in a folder of its own, measures it, writes the table of README.md.

Times depend on the machine; the ratios are what to compare.
"""

from __future__ import annotations

import os
import platform
import re
import resource
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import date
from importlib.metadata import version
from pathlib import Path

import duckdb
import pandas as pd
from rich.console import Console

from bench import actualisation, exports, historique, lecture, service
from bench.projection import projection_rows
from extract.replica.process import replica
from extract.settings import Settings
from publish.demo import DEMO_KEY
from publish.run import Outcome, run

README = Path(__file__).resolve().parents[1] / "README.md"
QUERY = (
    "select t.libelle, o.valeur from {observations} as o inner join {territoires} as t using (territoire) "
    "where o.indicateur = 'population_municipale' and o.periode = '2023' and t.type_territoire = 'COM' "
    "order by 2 desc"
)


def main() -> None:
    """Measure, print, and write the table between the marks of README.md."""
    with tempfile.TemporaryDirectory() as folder:
        rows = measure(Path(folder))
    head = (
        f"`make bench`, {date.today():%Y-%m-%d}, {machine()}, Python {platform.python_version()}, "
        f"DuckDB {version('duckdb')}, dbt {version('dbt-core')}.\n\n"
        "| what | measured | beside | ratio |\n|---|---:|---|---:|\n"
    )
    table = head + "\n".join(f"| {a} | {b} | {c} | {d} |" for a, b, c, d in rows)
    print(table)
    text = README.read_text(encoding="utf-8")
    marks = r"(<!-- bench -->\n).*?(\n<!-- /bench -->)"
    README.write_text(re.sub(marks, lambda m: m[1] + table + m[2], text, flags=re.DOTALL), encoding="utf-8")


def machine(told: Path = Path("/proc/cpuinfo")) -> str:
    """Cores, model of processor and memory, as Linux tells them; the kind of machine where no model is named,
    no memory where the system does not count it."""
    try:
        model = re.search(r"^model name\s*:\s*(.+)$", told.read_text(encoding="utf-8"), re.MULTILINE)
    except OSError:
        model = None
    said = f"{os.cpu_count()} cores of {' '.join(model[1].split()) if model else platform.machine()}"
    try:
        octets = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (ValueError, OSError):
        return said
    return f"{said}, {octets / 2**30:.1f} GiB"


def measure(folder: Path) -> list[tuple[str, str, str, str]]:
    """The rows of the table: what, measured, beside, ratio."""
    console = Console(stderr=True, quiet=True)
    with replica() as producers:
        os.environ |= {
            "REFERENTIEL_DATA": str(folder),
            "REFERENTIEL_PRODUCTEURS": producers.url,
            "WEBSTAT_API_KEY": DEMO_KEY,
        }
        settings = Settings.from_env()
        first = published(run(settings, console))
        memory = max(
            resource.getrusage(resource.RUSAGE_SELF).ru_maxrss,
            resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss,
        )
        again = published(run(settings, console))
        idle, command = published(run(settings, console, calendar=True)), actualisation.idle()
        one = actualisation.one_source(lambda: published(run(settings, console, calendar=True)), settings)
    steps = first.steps
    assert first.release is not None
    database = first.release.database
    rows = [
        *demonstration(first, memory),
        (
            "a run with nothing new, every source asked",
            f"{again.seconds:.1f} s",
            "the first run",
            ratio(again.seconds, first.seconds),
        ),
        (
            "judgement (dbt tests apart)",
            f"{steps['contrôle']:.1f} s",
            "the build, dbt tests included",
            ratio(steps["contrôle"], steps["construction"]),
        ),
    ]
    return [
        *rows,
        *actualisation.rows(first, one, idle, command),
        query_row(database),
        workbook_row(database),
        *exports.rows(database, settings.region),
        exports.dictionary(database, settings.region, first.seconds),
        *service.rows(first.release),
        *projection_rows(database, settings.build, folder),
        *historique.rows(),
        lecture.row()[0],
    ]


def demonstration(first: Outcome, memory: int) -> list[tuple[str, str, str, str]]:
    """The rows of the run that makes everything: its time beside that of dbt within it, its largest process
    (`memory`, KiB) beside the base that it publishes."""
    assert first.release is not None
    build, base = first.steps["construction"], first.release.database.stat().st_size
    return [
        (
            "the demonstration, environment made (bar: 90 s)",
            f"{first.seconds:.0f} s",
            f"its build by dbt, tests included: {build:.0f} s",
            ratio(first.seconds, build),
        ),
        (
            "largest process of it (bar: 2 GiB)",
            f"{memory / 2**20:.2f} GiB",
            f"the base that it publishes: {base / 2**20:.0f} MiB",
            f"{memory * 2**10 / base:.0f}",
        ),
    ]


def published(outcome: Outcome) -> Outcome:
    """The outcome, or SystemExit when the run did not publish: nothing is measured on a failure."""
    if outcome.code:
        raise SystemExit(f"bench: {outcome.message}")
    return outcome


def query_row(database: Path) -> tuple[str, str, str, str]:
    """One query of an analyst, on the release's database and on its Parquet files; medians of 15."""
    parquet = database.parent / "parquet"
    with duckdb.connect(str(database), read_only=True) as con:
        ours = median(
            lambda: con.execute(
                QUERY.format(observations="observations", territoires="territoires")
            ).fetchall()
        )
    with duckdb.connect() as con:
        files = {name: f"'{parquet / name}.parquet'" for name in ("observations", "territoires")}
        theirs = median(lambda: con.execute(QUERY.format(**files)).fetchall())
    return (
        "ranking 2,644 communes, SQL on the release",
        f"{ours * 1000:.1f} ms",
        "the same on its Parquet files",
        ratio(ours, theirs),
    )


def workbook_row(database: Path) -> tuple[str, str, str, str]:
    """The release's workbook beside pandas with openpyxl writing the whole table, unformatted."""
    from publish.exports import key_figures, workbook

    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        workbook.write(
            Path(folder) / "ours.xlsx",
            database,
            Settings.from_env().region,
            "bench",
            pd.Timestamp.now().to_pydatetime(),
        )
        key_figures.write_flat(database, Path(folder))
        ours = time.perf_counter() - start
        with duckdb.connect(str(database), read_only=True) as con:
            frame = con.execute("select * from chiffres_cles").df()
        start = time.perf_counter()
        frame.to_excel(Path(folder) / "theirs.xlsx", index=False, engine="openpyxl")
        theirs = time.perf_counter() - start
    return (
        "key figures as formatted XLSX, CSV and Parquet",
        f"{ours:.1f} s",
        "pandas with openpyxl, the whole table in one bare sheet",
        ratio(ours, theirs),
    )


def median(call: Callable[[], object], times: int = 15) -> float:
    """Median seconds of a call."""
    seconds = []
    for _ in range(times):
        start = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds)


def ratio(ours: float, theirs: float) -> str:
    """Ours over theirs."""
    return f"{ours / theirs:.2f}"


if __name__ == "__main__":
    main()
