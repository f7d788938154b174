"""dbt lives as long as whoever started it."""

from __future__ import annotations

import subprocess

from publish.candidate import DBT
from publish.dbt_process import ABANDONED


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
