"""The clean candidate that the saboteur spoils: the replica's producers extracted, then built and tested by dbt."""

from __future__ import annotations

import os
from pathlib import Path
from unittest import mock

from rebuild import Plan

from extract.replica.process import replica
from extract.run import run_sources
from extract.settings import Settings
from publish import candidate, partial
from publish.demo import DEMO_KEY

WHOLE = "propre.fini"  # written last: a folder without it is made again


def published(data: Path) -> Plan:
    """The candidate that a demonstration published, which dbt built whole."""
    build = data / "build"
    return Plan(build / partial.FOLDER / partial.DATABASE, build / "dbt", build / "landing")


def prepare(data: Path) -> Plan:
    """The candidate that `data` holds since a former call, else extracts into it and builds one.

    Raises AssertionError when the clean figures do not pass: nothing would be proved by spoiling them.
    """
    settings = Settings(data=data.resolve())
    plan = Plan(settings.build / "candidat.duckdb", settings.build / "dbt", settings.build / "landing")
    if (data / WHOLE).exists():
        return plan
    kept = {k: v for k, v in os.environ.items() if not k.startswith("REFERENTIEL_")}
    with (
        replica() as producers,
        mock.patch.dict(os.environ, kept | {"WEBSTAT_API_KEY": DEMO_KEY}, clear=True),
    ):
        settings = Settings(data=data.resolve(), producteurs=producers.url)
        summary = run_sources(settings)
        assert not summary.of("echec") and not summary.fautes, summary.results
        made = candidate.build(settings)
    assert made.code == 0, made.tail
    (data / WHOLE).touch()
    return plan
