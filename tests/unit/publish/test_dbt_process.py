"""dbt lives as long as whoever started it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from extract.settings import PROJECT_ROOT
from publish import candidate
from publish.candidate import DBT
from publish.dbt_process import ABANDONED
from publish.errors import PublishFault
from tests.unit.publish.conftest import World


def _told(*arguments: str, results: str | None = None) -> bytes:
    return json.dumps({"arguments": arguments, "environment": {}, "results": results}).encode() + b"\n"


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


def test_dbt_that_only_accounts_says_why_it_did_not_run(tmp_path: Path) -> None:
    results = tmp_path / "run_results.json"
    with subprocess.Popen(DBT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as dbt:
        assert dbt.stdin is not None and dbt.stdout is not None
        dbt.stdin.write(_told("inconnue", results=str(results)))
        dbt.stdin.flush()
        assert b"inconnue" in dbt.stdout.read()
        assert dbt.wait(timeout=20) == 2
    assert not results.exists()


def test_dbt_that_the_system_kills_is_said_to_lack_memory(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed = (sys.executable, "-c", "import os, signal; os.kill(os.getpid(), signal.SIGKILL)")
    monkeypatch.setattr(candidate, "DBT", killed)
    told = pytest.raises(PublishFault, match=r"Mémoire insuffisante \(dbt a été tué")
    with told, candidate.started(world.settings, PROJECT_ROOT) as process:
        candidate._dbt(process, candidate._candidate(world.settings), {}, (), None)


@pytest.mark.parametrize(("failing", "code"), [("1 = 2", 0), ("1 = 1", 1)])
def test_dbt_that_only_accounts_leaves_its_base_closed(
    world: World, tmp_path: Path, failing: str, code: int
) -> None:
    root = tmp_path / "code"
    (root / "tests").mkdir(parents=True)
    for name in ("dbt_project.yml", "profiles.yml"):
        (root / name).write_text(PROJECT[name], encoding="utf-8")
    (root / "tests/juste.sql").write_text(f"select 1 as x where {failing}", encoding="utf-8")
    built = candidate._fresh(world.settings)
    with candidate.started(world.settings, root) as process:
        candidate._dbt(process, built, {}, candidate._project(root), None, True)
    assert built.code == code, built.tail
    assert not [line for line in built.tail if "multiprocessing" in line], "locks that are not given back"
    results = json.loads(built.run_results.read_text(encoding="utf-8"))["results"]
    assert [one["unique_id"] for one in results] == ["test.essai.juste"]
    assert not built.manifest.exists() and built.database.is_file()
    assert not built.database.with_suffix(".duckdb.wal").exists()


# The name of a folder decides which files dbt looks at first.
TEST = """{name: total_pareil, model: total, given: [{input: "ref('recu')", rows: [{x: 3}]}], expect: {rows: [{x: 3}]}}"""
SOURCES = """{sources: [{name: s, tables: [{name: t, description: %s, meta: {external_location: (select 1 as x)}}]}]}"""
PROJECT = {
    "dbt_project.yml": "{name: essai, version: '0.1.0', profile: essai}",
    "profiles.yml": """{essai: {target: t, outputs: {t: {type: duckdb, path: "{{ env_var('REFERENTIEL_BASE') }}"}}}}""",
    "models/staging/_sources.yml": SOURCES % "Un jeu.",
    "models/staging/recu.sql": "select x from {{ source('s', 't') }}",
    "models/marts/_marts.yml": f"{{unit_tests: [{TEST}]}}",
    "models/marts/total.sql": "select x from {{ ref('recu') }}",
}


def test_unit_test_that_another_version_of_the_code_had_judges_no_more(world: World, tmp_path: Path) -> None:
    """It went while a source changed, and what dbt left in the build folder still knows it."""
    root = tmp_path / "code"

    def judged(**files: str) -> list[str]:
        for name, text in files.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text, encoding="utf-8")
        built = candidate._fresh(world.settings)
        with candidate.started(world.settings, root) as process:
            candidate._dbt(process, built, {}, candidate._project(root), None)
        assert built.code == 0, built.tail
        return [
            one["unique_id"] for one in json.loads(built.run_results.read_text(encoding="utf-8"))["results"]
        ]

    assert "unit_test.essai.total.total_pareil" in judged(**PROJECT)
    changed = {
        "models/staging/_sources.yml": SOURCES % "Le même.",
        "models/marts/_marts.yml": "{models: [{name: total}]}",
    }
    assert judged(**changed) == ["model.essai.recu", "model.essai.total"]
