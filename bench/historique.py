"""Vintages of a dataset in which one figure in a hundred changes each time: what the history costs beside the
last vintage alone. Run by `make bench`, or `python -m bench.historique [figures [vintages]]`.

The dataset is SYNTHETIC. The vintages arrive one by one; after each the three models of the history run, as
dbt compiles them, and what they know is kept in Parquet for the next build, as `publish.memory` keeps it.
The reading of the file and the marts, which do not depend on the number of vintages, are not in the times.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from datetime import datetime, timedelta
from pathlib import Path

import duckdb

from bench.chaine import MODELS, SCHEMA, compiled

FIGURES = 1_000_000
VINTAGES = 100
FIRST = datetime(2021, 3, 1)
# A figure changes at the vintage whose rank ends like its own number: one in a hundred each time.
FIGURE = """
    insert into int_observations_recues by name
    select 's' as source, '{name}' as livraison, timestamp '{day}' as publie_le, timestamp '{day}' as recu_le,
        timestamp '{day}' as connu_le, n as ligne, 'indicateur_' || n % 10 as indicateur,
        'DEP' as type_territoire, lpad((n // 10 % 100)::varchar, 2, '0') as code_territoire, 2026 as cog,
        (1000 + n // 1000)::varchar as periode, '_T' as modalite,
        (1 + n % 997 + {rank} - (({rank} - n % 100) % 100 + 100) % 100)::double as valeur, 'A' as statut,
        'F' as confidentialite, 'publiee' as methode, 1 as priorite
    from range({figures}) as t (n)
"""


def name(rank: int) -> str:
    """The delivery of that rank."""
    return f"livraison-{rank:03d}"


def build(
    models: dict[str, str], known: list[int], last: int, figures: int, memory: Path, *, keep: bool
) -> float:
    """Seconds of the chain when the vintage `last` arrives and the builds before it know the vintages `known`
    (ranks), kept in the Parquet `memory`; leaves there what it knows and, when asked to `keep`, the history
    in `memory`.duckdb."""
    with duckdb.connect(config={"memory_limit": "1500MB", "preserve_insertion_order": False}) as c:
        c.execute(SCHEMA)
        for rank in (*known, last):
            day = FIRST + timedelta(days=7 * rank)
            row = ("s", None, name(rank), day, day, day)
            c.execute("insert into stg_extraction__livraisons values (?, ?, ?, ?, ?, ?, 'nouveau')", row)
        c.execute(
            "insert into stg_memoire__livraisons select unnest(?::varchar[])", [[name(r) for r in known]]
        )
        c.execute(
            FIGURE.format(name=name(last), day=FIRST + timedelta(days=7 * last), rank=last, figures=figures)
        )
        if known:
            c.execute("drop table stg_memoire__versions")
            c.execute(f"create view stg_memoire__versions as from '{memory}'")
        start = time.perf_counter()
        for model in MODELS:
            c.execute(f"create table {model} as {models[model]}")
        # written beside, as publish.memory does: the view reads the former one
        fresh = memory.with_suffix(".nouveau")
        c.execute(f"copy int_versions_recues to '{fresh}' (format parquet, compression zstd)")
        fresh.replace(memory)
        seconds = time.perf_counter() - start
        if not keep:
            return seconds
        history = memory.with_suffix(".duckdb")
        history.unlink(missing_ok=True)
        c.execute(f"attach '{history}' as h (storage_version 'v1.0.0')")
        c.execute(
            "create table h.historique as from int_observations_versions"
            " order by indicateur, code_territoire, periode, modalite, version"
        )
        c.execute("checkpoint h")
    return seconds


def size(memory: Path) -> tuple[int, int]:
    """Rows of the history, and bytes of its table written alone."""
    file = memory.with_suffix(".duckdb")
    with duckdb.connect(str(file), read_only=True) as c:
        (rows,) = c.execute("select count(*) from historique").fetchone() or (0,)
    return int(rows), file.stat().st_size


def rows(figures: int | None = None, vintages: int = VINTAGES) -> list[tuple[str, str, str, str]]:
    """The rows of the table of `make bench`: what, measured, beside, ratio. `figures`: of one vintage, a
    multiple of 100 (REFERENTIEL_BENCH_CHIFFRES, else a million). Raises SystemExit when the history does not
    hold exactly what changed."""
    figures = figures or int(os.environ.get("REFERENTIEL_BENCH_CHIFFRES", FIGURES))
    with tempfile.TemporaryDirectory() as folder:
        models = compiled(Path(folder))
        single, memory = Path(folder) / "seul.parquet", Path(folder) / "memoire.parquet"
        alone = min(build(models, [], vintages - 1, figures, single, keep=True) for _ in range(3))
        rows_alone, bytes_alone = size(single)
        times = [
            build(models, list(range(k)), k, figures, memory, keep=k == vintages - 1) for k in range(vintages)
        ]
        held, octets = size(memory)
    expected = figures + sum(figures // 100 for _ in range(1, vintages))
    if rows_alone != figures or held != expected:
        raise SystemExit(f"bench : {held} versions pour {expected} attendues")
    last = sorted(times[-3:])[1] if vintages > 3 else times[-1]
    return [
        (f"{vintages} vintages of {figures:,} figures, 1 % changed each time: versions in the history",
         f"{held:,}", f"the last vintage alone: {rows_alone:,}", f"{held / rows_alone:.2f}"),
        ("their history on disk", f"{octets / 2**20:.1f} MiB", f"alone: {bytes_alone / 2**20:.1f} MiB",
         f"{octets / bytes_alone:.2f}"),
        ("the history's models when the last of them arrives", f"{last:.2f} s", f"alone: {alone:.2f} s",
         f"{last / alone:.2f}"),
        ("the history's models for all of them, one after the other", f"{sum(times):.0f} s",
         f"the last alone, as many times: {alone * vintages:.0f} s", f"{sum(times) / alone / vintages:.2f}"),
    ]  # fmt: skip


def main() -> None:
    """`python -m bench.historique [figures [vintages]]`."""
    for row in rows(*(int(argument) for argument in sys.argv[1:])):
        print(" | ".join(row))


if __name__ == "__main__":
    main()
