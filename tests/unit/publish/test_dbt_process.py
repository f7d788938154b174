"""dbt lives as long as whoever started it."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from extract.settings import PROJECT_ROOT
from publish import candidate
from publish.candidate import DBT
from publish.dbt_process import ABANDONED
from publish.errors import PublishFault
from tests.unit.publish.conftest import World


def _told(*arguments: str) -> bytes:
    return json.dumps({"arguments": arguments, "environment": {}}).encode() + b"\n"


@pytest.mark.parametrize("told", [b"", _told("--version")[:10], _told("--version")])
def test_dbt_ends_with_the_run_that_started_it(told: bytes) -> None:
    with subprocess.Popen(DBT, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as dbt:
        assert dbt.stdin is not None
        dbt.stdin.write(told)
        dbt.stdin.close()
        assert dbt.wait(timeout=20) == ABANDONED


def test_dbt_answers_as_its_own_command_does() -> None:
    with subprocess.Popen(DBT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as dbt:
        assert dbt.stdin is not None and dbt.stdout is not None
        dbt.stdin.write(_told("--version"))
        dbt.stdin.flush()
        assert b"duckdb" in dbt.stdout.read()
        assert dbt.wait(timeout=20) == 0
    with subprocess.Popen(DBT, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL) as dbt:
        assert dbt.stdin is not None
        dbt.stdin.write(_told("inconnue"))
        dbt.stdin.flush()
        assert dbt.wait(timeout=20) == 2


def test_dbt_that_the_system_kills_is_said_to_lack_memory(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed = (sys.executable, "-c", "import os, signal; os.kill(os.getpid(), signal.SIGKILL)")
    monkeypatch.setattr(candidate, "DBT", killed)
    told = pytest.raises(PublishFault, match=r"Mémoire insuffisante \(dbt a été tué")
    with told, candidate._started(world.settings, PROJECT_ROOT) as process:
        candidate._dbt(process, candidate._candidate(world.settings), {}, (), None)
