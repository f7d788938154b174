"""The journal of runs: a line for every run, killed, interrupted or unable to tell all."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from extract import landing
from publish.operations import refresh, runlog
from publish.releases import Release
from tests.unit.publish.conftest import World


def test_journal_of_runs_survives_a_cut_line(world: World) -> None:
    runlog.append(world.settings, {"code": 0})
    with (world.settings.data / runlog.NAME).open("ab") as journal:
        journal.write(b'{"code":')
    runlog.append(world.settings, {"code": 1})
    assert [one["code"] for one in runlog.records(world.settings)] == [0, 1]


def test_delays_that_cannot_be_told_do_not_lose_the_run(world: World, nothing_new: Release) -> None:
    (world.settings.landing / landing.DELIVERIES).write_bytes(b"PAR1")
    said = io.StringIO()
    outcome = refresh.refresh(world.settings, Console(file=said, width=200))
    assert outcome.code == 0 and "Les retards" in said.getvalue()
    (line,) = runlog.records(world.settings)
    assert line["code"] == 0 and line["release"] == nothing_new.nom and "retards_vus_le" not in line


def test_run_that_is_interrupted_has_its_line_too(world: World) -> None:
    with pytest.raises(KeyboardInterrupt), runlog.marked(world.settings):
        raise KeyboardInterrupt
    with runlog.marked(world.settings):
        pass
    assert [line["message"] for line in runlog.records(world.settings)] == [runlog.KILLED]


def test_line_of_a_killed_run_is_written_by_the_next(world: World) -> None:
    settings = world.settings
    runlog.append(settings, {"code": 0, "en_echec": ["a"], "en_retard": ["b"], "message": "dite"})
    with runlog.marked(settings):
        mark = (settings.data / runlog.MARK).read_bytes()
    assert not (settings.data / runlog.MARK).exists() and len([*runlog.records(settings)]) == 1
    for left in (mark, b"{"):  # killed later, killed while the mark was written
        (settings.data / runlog.MARK).write_bytes(left)
        with runlog.marked(settings):
            pass
        line = [*runlog.records(settings)][-1]
        assert line["code"] is None and line["message"] == runlog.KILLED and line["debut"].endswith("Z")
        assert (line["en_echec"], line["en_retard"]) == (["a"], ["b"])
    assert len([*runlog.records(settings)]) == 3
