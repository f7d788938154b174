"""The units, the cron line and the workflows that docs/exploitation.md tells to install, checked by the tools of
those who run them, and their commands by make itself."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[3]
DEPLOY = ROOT / "deploy"
UNITS = sorted((DEPLOY / "systemd").iterdir())
WORKFLOWS = {"vendor.github-workflows": "ci/github-refresh.yml", "vendor.gitlab-ci": "ci/gitlab-refresh.yml"}


def test_systemd_finds_nothing_to_say(tmp_path: Path) -> None:
    """The paths of an installation do not exist here: the units are read with ours in their place."""
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze manque : apt-get install systemd")
    for unit in UNITS:
        text = unit.read_text(encoding="utf-8").replace("/opt/referentiel", str(ROOT))
        (tmp_path / unit.name).write_text(text, encoding="utf-8")
    done = subprocess.run(
        ["systemd-analyze", "verify", "--recursive-errors=no", *map(str, sorted(tmp_path.iterdir()))],
        capture_output=True,
        text=True,
        timeout=60,
    )
    said = [line for line in done.stderr.splitlines() if "referentiel" in line]
    assert done.returncode == 0 and said == [], done.stderr


@pytest.mark.parametrize(
    "setting", ["User=referentiel", "NoNewPrivileges=yes", "ProtectSystem=strict", "Nice="]
)
def test_service_is_unprivileged(setting: str) -> None:
    assert setting in (DEPLOY / "systemd/referentiel.service").read_text(encoding="utf-8")


@pytest.mark.parametrize(("schema", "file"), WORKFLOWS.items())
def test_workflow_follows_the_schema_of_its_runner(schema: str, file: str) -> None:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, str(DEPLOY / file)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr


def commands() -> list[str]:
    github = yaml.safe_load((DEPLOY / "ci/github-refresh.yml").read_text(encoding="utf-8"))
    gitlab = yaml.safe_load((DEPLOY / "ci/gitlab-refresh.yml").read_text(encoding="utf-8"))
    found = [step["run"] for step in github["jobs"]["refresh"]["steps"] if "run" in step]
    found += gitlab["refresh"]["script"]
    service = (DEPLOY / "systemd/referentiel.service").read_text(encoding="utf-8")
    found += re.findall(r"^ExecStart=(.*)$", service, re.MULTILINE)
    cron = (DEPLOY / "cron/referentiel").read_text(encoding="utf-8").splitlines()[-1]
    found += re.findall(r"make [^>]*", cron)
    return found


def test_every_command_is_a_target_of_the_makefile() -> None:
    assert len(commands()) == 4
    for command in commands():
        done = subprocess.run(
            f"{command} --dry-run", shell=True, cwd=ROOT, capture_output=True, text=True, timeout=60
        )
        assert done.returncode == 0 and "publish run" in done.stdout, done.stderr


def test_cron_line_has_five_times_a_user_and_a_command() -> None:
    line = (DEPLOY / "cron/referentiel").read_text(encoding="utf-8").splitlines()[-1].split(maxsplit=6)
    assert all(re.fullmatch(r"[\d*/,-]+", one) for one in line[:5]) and line[5] == "referentiel"


def test_cron_and_service_write_in_the_same_folder() -> None:
    cron = (DEPLOY / "cron/referentiel").read_text(encoding="utf-8").splitlines()
    service = (DEPLOY / "systemd/referentiel.service").read_text(encoding="utf-8")
    (told,) = re.findall(r"^Environment=(.*)$", service, re.MULTILINE)
    assert set(told.split()) == {line for line in cron if line.startswith("REFERENTIEL_")} != set()


def test_who_runs_the_service_may_read_its_environment() -> None:
    """Cron reads the file as the user of the service; systemd as root."""
    told = (ROOT / "docs/exploitation.md").read_text(encoding="utf-8")
    (command,) = re.findall(r"^install .*/etc/referentiel/environnement", told, re.MULTILINE)
    assert "-m 640 -g referentiel" in command
