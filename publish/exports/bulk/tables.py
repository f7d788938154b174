"""The tables as CSV, Parquet and SDMX-CSV, each carrying licence and attribution."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb

# What a user needs to read the figures alone; the base itself has the rest.
TABLES = (
    "territoires",
    "appartenances",
    "indicateurs",
    "modalites",
    "sources",
    "observations",
    "chiffres_cles",
)
# Every row of figures says what its licence asks; other tables have these columns already, or are ours.
CARRYING = """
    select o.*, i.unite, i.licence, s.attribution
    from {table} o join indicateurs i using (indicateur) left join sources s using (source)
    order by {key}
"""
KEYS = {"observations": "all", "chiffres_cles": "all"}
# SDMX-CSV 2.0 (SDMX 3.0, section 3): three columns that name the structure, dimensions, measure, attributes.
# Quarters and semesters take SDMX's codes; a missing or secret value is empty, with the status that says why.
SDMX = """
    select
        'dataflow' as "STRUCTURE", '{dataflow}' as "STRUCTURE_ID", 'I' as "ACTION",
        i.frequence.replace('T', 'Q') as "FREQ", o.territoire as "REF_AREA", o.indicateur as "INDICATOR",
        o.modalite as "BREAKDOWN", o.periode.replace('-T', '-Q') as "TIME_PERIOD", o.valeur as "OBS_VALUE",
        o.statut as "OBS_STATUS", coalesce(o.confidentialite, 'F') as "CONF_STATUS",
        i.unite as "UNIT_MEASURE",
        i.decimales as "DECIMALS", o.methode as "METHOD", o.millesime_cog as "GEO_VINTAGE",
        o.livraison as "DELIVERY", i.licence as "LICENCE", s.attribution as "ATTRIBUTION"
    from observations o join indicateurs i using (indicateur) left join sources s using (source)
    order by o.indicateur, o.territoire, o.modalite, o.periode
"""


def dataflow(region: str) -> str:
    """The SDMX reference of the dataflow: agency, id, version."""
    return f"REFERENTIEL_{region}:INDICATEURS(1.0)"


def _query(table: str) -> str:
    if table in KEYS:
        return CARRYING.format(table=table, key=KEYS[table])
    return f"select * from {table} order by all"


def _sql(path: Path) -> str:
    return str(path).replace("'", "''")


def write_csv(connection: duckdb.DuckDBPyConnection, folder: Path) -> Iterator[tuple[str, Path]]:
    """csv/<table>.csv (UTF-8, comma, decimal point: RFC 4180); those of figures are gzipped."""
    for table in TABLES:
        path = folder / (f"{table}.csv.gz" if table in KEYS else f"{table}.csv")
        options = ", compression gzip" if table in KEYS else ""
        connection.execute(f"copy ({_query(table)}) to '{_sql(path)}' (format csv, header{options})")
        yield table, path


def write_parquet(
    connection: duckdb.DuckDBPyConnection, folder: Path, metadata: dict[str, str]
) -> Iterator[tuple[str, Path]]:
    """parquet/<table>.parquet, with release, licences and attribution in the metadata of the file."""
    said = ", ".join(f"{key}: '{value.replace(chr(39), chr(39) * 2)}'" for key, value in metadata.items())
    for table in TABLES:
        path = folder / f"{table}.parquet"
        connection.execute(
            f"copy ({_query(table)}) to '{_sql(path)}'"
            f" (format parquet, compression zstd, kv_metadata {{{said}}})"
        )
        yield table, path


def write_sdmx(
    connection: duckdb.DuckDBPyConnection, folder: Path, region: str
) -> Iterator[tuple[str, Path]]:
    """sdmx/observations.csv.gz, one file for the whole dataflow."""
    path = folder / "observations.csv.gz"
    query = SDMX.format(dataflow=dataflow(region))
    connection.execute(f"copy ({query}) to '{_sql(path)}' (format csv, header, compression gzip)")
    yield "sdmx", path
