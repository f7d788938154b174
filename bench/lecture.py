"""The biggest parser: a generated Melodi CSV zip of eight million rows, read strictly, beside DuckDB's own
`read_csv` on the same unpacked file. Each in a process of its own, so that its memory is its own."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
import zipfile
from functools import partial
from pathlib import Path

import duckdb

from extract import landing
from extract.attempt import read
from extract.clients import Collected
from extract.definitions import Part
from extract.reading import Table, read_file
from extract.settings import Settings

ROWS = 8_000_000
COLUMNS = ("GEO", "GEO_OBJECT", "SEX", "AGE", "EMPSTA_ENQ", "TIME_PERIOD", "OBS_STATUS", "OBS_VALUE")
MEMBER = "DS_ESSAI_data.csv"


def generate(target: Path, rows: int = ROWS) -> None:
    """A zip in Melodi's layout (`;`, every text quoted), synthetic, with codes that start with zeros."""
    plain = target.with_suffix(".csv")
    with duckdb.connect() as connection:
        connection.execute("set enable_progress_bar = false")
        connection.execute(
            f"""copy (
                select lpad(cast(i % 35000 as varchar), 5, '0') as GEO, 'COM' as GEO_OBJECT,
                    ['_T', 'M', 'F'][1 + (i // 35000) % 3] as SEX,
                    'Y' || cast((i // 105000) % 20 as varchar) as AGE,
                    ['1', '2', '_T', '1T2'][1 + (i // 2100000) % 4] as EMPSTA_ENQ,
                    cast(2011 + (i // 8400000) as varchar) as TIME_PERIOD, 'A' as OBS_STATUS,
                    printf('%.6f', (hash(i) % 100000000) / 1000.0) as OBS_VALUE
                from range({rows}) t(i)
            ) to '{plain}' (header, delimiter ';', force_quote (GEO, GEO_OBJECT, SEX, AGE, EMPSTA_ENQ))"""
        )
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.write(plain, MEMBER)


def row(rows: int = ROWS) -> tuple[tuple[str, str, str, str], float]:
    """The line of the bench's table, and the peak memory of our parser in GiB."""
    with tempfile.TemporaryDirectory(prefix="lecture-") as folder:
        target = Path(folder) / "melodi.zip"
        generate(target, rows)
        theirs, _ = _measure("duckdb", target)
        ours, _ = _measure("ours", target)
        _, memory = _measure("land", target)
    line = (
        f"strict reading of a Melodi zip of {rows / 1e6:.0f} million rows (landed: {memory:.2f} GiB at most)",
        f"{rows / ours / 1e6:.2f} M rows/s",
        f"DuckDB's read_csv on it unpacked: {rows / theirs / 1e6:.2f} M rows/s",
        f"{theirs / ours:.2f}",
    )
    return line, memory


def _measure(what: str, target: Path) -> tuple[float, float]:
    """Seconds and peak memory (GiB) of one reading, alone in a process."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.lecture", what, str(target)], capture_output=True, text=True, check=True
    )
    seconds, kibibytes = json.loads(done.stdout)
    return float(seconds), kibibytes / 2**20


def read_ours(target: Path) -> int:
    """Unpack, read strictly, check as a yaml asks; gives the rows."""
    return _read(target).rows


def land(target: Path) -> int:
    """The whole road of a delivery: read, compare, land; its memory is what a run needs."""
    table = _read(target)
    landing.content_hash(table)
    landing.write_delivery(Settings(target.parent), "insee__essai", None, "essai", table, "")
    return table.rows


def _read(target: Path) -> Table:
    lecture = {"format": "csv", "membre": r"_data\.csv$", "encodage": "utf-8", "separateur": ";"}
    attendu = {
        "colonnes": list(COLUMNS),
        "motifs": {"GEO": "[0-9][0-9AB][0-9]{3}", "TIME_PERIOD": "[0-9]{4}"},
        "modalites": {"SEX": ["_T", "M", "F"]},
        "lignes_min": 1,
    }
    part = Part("insee__essai", None, {}, lecture, attendu)
    return read(Collected("", None, partial(read_file, part, target, "")), part, target.parent)


def read_theirs(target: Path) -> int:
    """DuckDB alone, all columns as text, kept as ours are (a Parquet file), on all its threads."""
    with duckdb.connect() as connection:
        connection.execute("set enable_progress_bar = false")
        source = f"read_csv('{target.with_suffix('.csv')}', delim = ';', all_varchar = true)"
        options = "(format parquet, compression snappy)"
        found = connection.execute(
            f"copy (select * from {source}) to '{target.with_suffix('.parquet')}' {options}"
        ).fetchone()
    return int(found[0]) if found else 0


if __name__ == "__main__":
    start = time.perf_counter()
    {"ours": read_ours, "duckdb": read_theirs, "land": land}[sys.argv[1]](Path(sys.argv[2]))
    elapsed = time.perf_counter() - start
    print(json.dumps([elapsed, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss]))
