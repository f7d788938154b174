"""A hundred vintages of a million figures in which one in a hundred changes: what the history costs, beside
the last vintage alone. Run by `python -m bench.historique`; the rows are those of `make bench`.

The dataset is SYNTHETIC, in the landing's layout of short-time work by region, read by the real models:
regions × 17 sectors × months, three measures a row. The rest of the landing is the one at hand.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import duckdb

from extract import landing
from extract.settings import Settings
from publish import candidate

SOURCE = "dares__activite_partielle"
REGIONS = [
    "01", "02", "03", "04", "06", "11", "24", "27", "28", "32", "44", "52", "53", "75", "76", "84", "93",
    "94",
]  # fmt: skip
SECTORS = [
    "AZ", "C1", "C2", "C3", "C4", "C5", "DE", "FZ", "GZ", "HZ", "IZ", "JZ", "KZ", "LZ", "MN", "OQ", "RU",
]  # fmt: skip
FIRST = date(2021, 3, 1)


def vintage(connection: duckdb.DuckDBPyConnection, settings: Settings, rank: int, months: int) -> str:
    """Lands the vintage of that rank; a row changes one time in a hundred. Returns its name."""
    day = FIRST + timedelta(days=7 * rank)
    name = f"{SOURCE}-{day:%Y%m%d}-{rank:08x}"
    regions, sectors = (", ".join(f"'{code}'" for code in codes) for codes in (REGIONS, SECTORS))
    # the last vintage at which the row changed: rows are spread over a hundred classes
    connection.execute(f"""
        copy (
            with lignes as (
                select r, s, m, row_number() over (order by m, r, s) as n
                from (select unnest([{regions}]) as r), (select unnest([{sectors}]) as s),
                    range({months}) t(m)
            )
            select 'Activite Partielle' as dispositif,
                printf('%d-%02d', 1930 + m // 12, m % 12 + 1) as mois,
                v || '.00' as nombre_demandes_deposees, (v * 3) || '.00' as nombre_salaries_concernes,
                (v * 100) || '.00' as nombre_heures_demandees, r as reg, 'Région ' || r as libelle_region,
                s as code_section_nace17, 'Section ' || s as libelle_section_nace17, '2021-03-01' as date_maj,
                '{name}' as _livraison, null::varchar as _partition, n as _ligne
            from (select *, 1 + n % 997 + {rank} - (({rank} - n % 100) % 100 + 100) % 100 as v from lignes)
            order by n
        ) to '{landing.delivery_path(settings, SOURCE, name)}' (format parquet, compression zstd)
    """)
    return name


def journal(connection: duckdb.DuckDBPyConnection, settings: Settings, names: list[str]) -> None:
    """Puts the vintages in the table of deliveries, in the place of the source's own."""
    path = settings.landing / landing.DELIVERIES
    connection.execute(f"create or replace temp table livraisons as from '{path}' where source <> '{SOURCE}'")
    for name in names:
        day = name.removeprefix(f"{SOURCE}-")[:8]
        connection.execute(
            "insert into livraisons by name select ? as livraison, ? as source,"
            " strptime(?, '%Y%m%d')::timestamp as publie_le, strptime(?, '%Y%m%d')::timestamp as recu_le,"
            " 'nouveau' as resultat, 0 as octets, 0 as lignes",
            [name, SOURCE, day, day],
        )
    connection.execute(f"copy livraisons to '{path}' (format parquet)")


def build(settings: Settings) -> float:
    """Seconds of a build of every model."""
    start = time.perf_counter()
    built = candidate.build(settings, skip_tests=True)
    if built.code:
        raise SystemExit("bench : " + "\n".join(built.tail))
    return time.perf_counter() - start


def size(settings: Settings) -> tuple[int, int]:
    """Rows of the history of the source, and bytes of its table written alone."""
    with tempfile.TemporaryDirectory() as folder, duckdb.connect() as connection:
        file = Path(folder) / "historique.duckdb"
        connection.execute(f"attach '{settings.build / 'candidat.duckdb'}' as c (read_only)")
        connection.execute(f"attach '{file}' as h (storage_version 'v1.0.0')")
        connection.execute(
            f"create table h.historique as from c.main.observations_historique where source = '{SOURCE}'"
            " order by indicateur, territoire, periode, modalite, version"
        )
        rows = connection.execute("select count(*) from h.historique").fetchone()
        connection.execute("checkpoint h")
        connection.execute("detach h")
        return int(rows[0]) if rows else 0, file.stat().st_size


def measure(
    settings: Settings, folder: Path, vintages: int = 100, months: int = 1090, step: int = 10
) -> list[tuple[str, str, str, str]]:
    """The rows of the table: what, measured, beside, ratio. `settings`: the landing to take the rest from;
    `step`: how many vintages arrive between two builds."""
    mine = replace(settings, data=folder)
    shutil.copytree(settings.landing, mine.landing)
    for file in (mine.landing / SOURCE).glob(f"{SOURCE}-*.parquet"):
        file.unlink()
    with duckdb.connect() as connection:
        last = vintage(connection, mine, vintages - 1, months)
        journal(connection, mine, [last])
        alone = build(mine)
        rows_alone, bytes_alone = size(mine)
        shutil.rmtree(mine.build)
        names = [vintage(connection, mine, rank, months) for rank in range(vintages - 1)]
        for start in range(0, vintages - 1, step):
            journal(connection, mine, names[: start + step])
            build(mine)
        journal(connection, mine, [*names, last])
        hundredth = build(mine)
        rows, octets = size(mine)
    figures = f"{rows_alone:,}"
    return [
        (f"{vintages} vintages of {figures} figures, 1 % changed each time: rows of the history", f"{rows:,}",
         "the last vintage alone", f"{rows / rows_alone:.2f}"),
        ("their history on disk", f"{octets / 2**20:.1f} MiB", f"alone: {bytes_alone / 2**20:.1f} MiB",
         f"{octets / bytes_alone:.2f}"),
        ("build when the last of them arrives", f"{hundredth:.0f} s", f"alone: {alone:.0f} s",
         f"{hundredth / alone:.2f}"),
    ]  # fmt: skip


def main() -> None:
    """`python -m bench.historique [vintages [months [step]]]`."""
    sizes = [int(argument) for argument in sys.argv[1:]]
    with tempfile.TemporaryDirectory() as folder:
        for row in measure(Settings.from_env(), Path(folder) / "data", *sizes):
            print(" | ".join(row))


if __name__ == "__main__":
    main()
