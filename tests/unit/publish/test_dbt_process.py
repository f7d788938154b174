"""dbt lives as long as whoever started it."""

from __future__ import annotations

import subprocess
import sys

import pytest

from extract.settings import PROJECT_ROOT
from publish import candidate
from publish.candidate import DBT
from publish.dbt_process import ABANDONED
from publish.errors import PublishFault
from tests.unit.publish.conftest import World


def test_dbt_ends_with_the_run_that_started_it() -> None:
    with subprocess.Popen([*DBT, "--version"], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as dbt:
        assert dbt.stdin is not None
        dbt.stdin.close()
        assert dbt.wait(timeout=20) == ABANDONED


def test_dbt_answers_as_its_own_command_does() -> None:
    with subprocess.Popen([*DBT, "--version"], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as dbt:
        assert dbt.stdout is not None
        assert b"duckdb" in dbt.stdout.read()
        assert dbt.wait(timeout=20) == 0
    with subprocess.Popen([*DBT, "inconnue"], stdin=subprocess.PIPE, stderr=subprocess.PIPE) as dbt:
        assert dbt.wait(timeout=20) == 2


def test_dbt_that_the_system_kills_is_said_to_lack_memory(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed = (sys.executable, "-c", "import os, signal; os.kill(os.getpid(), signal.SIGKILL)")
    monkeypatch.setattr(candidate, "DBT", killed)
    with pytest.raises(PublishFault, match=r"Mémoire insuffisante \(dbt a été tué"):
        built = candidate.Candidate(world.candidate, world.settings.build / "dbt")
        candidate._dbt(world.settings, built, {}, PROJECT_ROOT, (), None)
