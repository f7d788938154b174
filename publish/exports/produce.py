"""Makes what a request asks, from one release: each file whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from publish import freshness
from publish.exports.reports import batch, page, pdf
from publish.exports.reports.dashboard import dashboard, late_sources, territories
from publish.exports.reports.facts import Facts
from publish.exports.request import Request

Progress = Callable[[int, int], None]

SOURCES = """
    select source, titre, dernier_motif from sources order by source
"""


@dataclass(frozen=True)
class Origin:
    """The release that is printed, and the one it is compared with."""

    database: Path
    region: str
    release: str
    made: datetime
    previous: tuple[str, Path] | None = None


def write(
    origin: Origin, request: Request, folder: Path, progress: Progress = lambda done, total: None
) -> list[Path]:
    """Every file of the request; returns their paths."""
    made: list[Path] = []
    if request.portraits:
        made += write_portraits(origin, request.portraits, folder / "portraits", progress)
    if request.dashboard:
        made += write_dashboard(origin, folder)
    if request.workbook is not None:
        from publish.exports import custom_workbook

        target = request.workbook if request.workbook.parent != Path() else folder / request.workbook
        made.append(
            custom_workbook.write(
                target,
                origin.database,
                request.territories,
                request.indicators,
                region=origin.region,
                release=origin.release,
                made=origin.made,
                template=request.template,
            )
        )
    if request.bulk:
        from publish.exports.bulk import package

        made += package.write(
            origin.database,
            folder / "vrac",
            request.bulk,
            region=origin.region,
            release=origin.release,
            made=origin.made,
        )
    return made


def facts_of(origin: Origin, wanted: Sequence[str]) -> Facts:
    """What the reports of some territories say, read from the release."""
    return batch.prepared(
        origin.database,
        wanted,
        region=origin.region,
        release=origin.release,
        made=origin.made,
        previous=origin.previous,
    )


def write_portraits(
    origin: Origin,
    wanted: tuple[str, ...],
    folder: Path,
    progress: Progress = lambda done, total: None,
    facts: Facts | None = None,
) -> list[Path]:
    """The portraits of some territories, in parallel. `facts`: theirs, when they were read."""
    return batch.write_all(facts or facts_of(origin, wanted), wanted, folder, progress=progress)


def on_dashboard(origin: Origin) -> list[str]:
    """The territories of the dashboard."""
    with duckdb.connect(str(origin.database), read_only=True) as connection:
        regions = dict(
            connection.execute("select territoire, code_region from territoires order by 1").fetchall()
        )
    return territories(list(regions), origin.region, regions)


def write_dashboard(origin: Origin, folder: Path, facts: Facts | None = None) -> list[Path]:
    """tableau_de_bord.pdf and .html. `facts`: those of its territories, when they were read."""
    folder.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(str(origin.database), read_only=True) as connection:
        rows = connection.execute(SOURCES).fetchall()
        states = freshness.of_release(connection, origin.made.astimezone(UTC).replace(tzinfo=None))
    shown = facts or facts_of(origin, on_dashboard(origin))
    document = dashboard(replace(shown, late=late_sources(rows, states)))
    printed, read = folder / "tableau_de_bord.pdf", folder / "tableau_de_bord.html"
    whole(printed, pdf.write(document, origin.made))
    whole(read, page.write(document).encode("utf-8"))
    return [printed, read]


def whole(path: Path, content: bytes) -> None:
    """Writes a file that is never seen half-written."""
    aside = path.with_name(f".en-cours-{os.getpid()}-{path.name}")
    aside.write_bytes(content)
    aside.replace(path)


def largest_epci(database: Path, region: str) -> str:
    """The most populated EPCI of the region, else the region: the portrait that a newcomer sees."""
    with duckdb.connect(str(database), read_only=True) as connection:
        found = connection.execute(
            "select territoire from territoires where type_territoire = 'EPCI' and code_region = $region"
            " order by population_municipale desc nulls last, territoire limit 1",
            {"region": region},
        ).fetchone()
    return found[0] if found else f"REG-{region}"
