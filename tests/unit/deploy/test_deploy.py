"""The units, the cron line, the workflows and the sample of keys that docs/exploitation.md tells to install, checked by
the tools of those who run them; their commands are run."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from filelock import FileLock

from extract import __main__ as extract
from extract.definitions import load_all
from publish import __main__ as publish
from publish.errors import LOCKED
from publish.operations import lock

ROOT = Path(__file__).resolve().parents[3]
DEPLOY = ROOT / "deploy"
UNITS = sorted((DEPLOY / "systemd").iterdir())
WORKFLOWS = {"vendor.github-workflows": "ci/github-refresh.yml", "vendor.gitlab-ci": "ci/gitlab-refresh.yml"}
SERVICE = (DEPLOY / "systemd/referentiel.service").read_text(encoding="utf-8")
TOLD = (ROOT / "docs/exploitation.md").read_text(encoding="utf-8")
GITHUB = yaml.safe_load((DEPLOY / "ci/github-refresh.yml").read_text(encoding="utf-8"))["jobs"]["refresh"]
GITLAB = yaml.safe_load((DEPLOY / "ci/gitlab-refresh.yml").read_text(encoding="utf-8"))["refresh"]
# What an address, a sender and a password may hold; the last line of them, an apostrophe.
HARD = ["https://exemple.fr/a?key=K&token=T", "Nom <a@b>", "a$b#c", 'a b\\n`c`;"d"', "l'été"]


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
    assert setting in SERVICE


@pytest.mark.parametrize(("schema", "file"), WORKFLOWS.items())
def test_workflow_follows_the_schema_of_its_runner(schema: str, file: str) -> None:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, str(DEPLOY / file)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr


# ---- what is run
def steps(word: str) -> list[str]:
    """The commands of the unit and of the workflows that hold a word."""
    found = [step["run"] for step in GITHUB["steps"] if "run" in step]
    found += [*GITLAB["script"], *re.findall(r"^ExecStart=(.*)$", SERVICE, re.MULTILINE)]
    return [command.replace("/opt/referentiel", str(ROOT)) for command in found if word in command]


def test_every_command_keeps_the_code_of_the_run(tmp_path: Path) -> None:
    """`make` would answer 2 for all of them, and none could be told from a fault of ours."""
    assert len(steps("publish run")) == 3
    with FileLock(tmp_path / lock.NAME):
        for command in steps("publish run"):
            env = os.environ | {"REFERENTIEL_DATA": str(tmp_path)}
            done = subprocess.run(command, shell=True, cwd=ROOT, env=env, capture_output=True, timeout=60)
            assert done.returncode == LOCKED, command
    assert re.findall(r"^SuccessExitStatus=(.*)$", SERVICE, re.MULTILINE) == [str(LOCKED)]


def test_workflows_make_the_environment_before() -> None:
    assert steps("make") == ["make .venv/pret"] * 2
    for command in {*steps("make")}:
        done = subprocess.run([*command.split(), "--dry-run"], cwd=ROOT, capture_output=True, timeout=60)
        assert done.returncode == 0, done.stderr


def pairs(assignments: str) -> set[tuple[str, ...]]:
    return {tuple(one.split("=", 1)) for one in assignments.split()}


def test_every_runner_has_the_environment_that_make_gives() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    given = set(re.findall(r"^export (\w+) := (\w+)$", makefile, re.MULTILINE))
    (unit,) = re.findall(r"^Environment=(.*)$", SERVICE, re.MULTILINE)
    by_hand = re.findall(r"^export (.*)$", (DEPLOY / "referentiel").read_text(encoding="utf-8"), re.MULTILINE)
    told = pairs(unit)
    assert told == given | pairs("REFERENTIEL_DATA=/var/lib/referentiel REFERENTIEL_REGION=28")
    assert pairs(" ".join(by_hand)) == told | pairs("HOME=/var/lib/referentiel")
    for job in (GITHUB["env"], GITLAB["variables"]):
        assert given <= {(name, str(value)) for name, value in job.items()}


def test_cron_line_has_five_times_a_user_and_a_command() -> None:
    line = (DEPLOY / "cron/referentiel").read_text(encoding="utf-8").splitlines()[-1].split(maxsplit=6)
    assert all(re.fullmatch(r"[\d*/,-]+", one) for one in line[:5]) and line[5] == "referentiel"
    assert "%" not in line[6]  # cron makes a new line of it


def test_commands_by_hand_are_those_of_the_programs() -> None:
    wrapper = r"^(?:\w+=\S+ )*/opt/referentiel/deploy/referentiel (publish|extract) ([^#\n]*)"
    told = re.findall(wrapper, TOLD, re.MULTILINE)
    assert len(told) >= 5
    for program, rest in told:
        parser = publish.parser() if program == "publish" else extract._parser()
        parser.parse_args(shlex.split(rest))  # exits with what is wrong


# ---- who reads what
def test_who_runs_the_service_may_read_its_environment() -> None:
    """Cron reads the file as the user of the service; systemd as root."""
    (command,) = re.findall(r"^install .* /etc/referentiel/environnement", TOLD, re.MULTILINE)
    assert "-m 640 -g referentiel deploy/environnement" in command


def test_readers_may_enter_the_data_folder_under_systemd_as_under_cron() -> None:
    """systemd gives its folder the mode of the unit at each start, whatever it was made with."""
    (unit,) = re.findall(r"^StateDirectoryMode=0?(\d+)$", SERVICE, re.MULTILINE)
    (made,) = re.findall(r"^install -d -m (\d+) .* /var/lib/referentiel$", TOLD, re.MULTILINE)
    assert unit == made and int(made, 8) & 0o005 == 0o005


# ---- the sample of keys
def sample() -> dict[str, str]:
    text = (DEPLOY / "environnement").read_text(encoding="utf-8")
    return dict(re.findall(r"^#([A-Z_]+)=(.*)$", text, re.MULTILINE))


def quoted(value: str) -> str:
    """As the sample tells to write a value."""
    return "'" + value.replace("'", "'\"'\"'") + "'"


def test_sample_names_every_key_and_address() -> None:
    keys = {one.key["variable"] for one in load_all().values() if one.key}
    told = set(re.findall(r"`(REFERENTIEL_(?:WEBHOOK|SMTP|COURRIEL)\w*)`", TOLD))
    assert keys and told and keys | told <= set(sample())
    assert [value for value in sample().values() if not re.fullmatch(r"'[^']*'", value)] == []
    assert quoted("'").strip("'") in (DEPLOY / "environnement").read_text(encoding="utf-8")


@pytest.mark.parametrize("value", HARD)
def test_shell_and_systemd_read_the_sample_alike(value: str, tmp_path: Path) -> None:
    if shutil.which("systemd-tmpfiles") is None:
        pytest.skip("systemd-tmpfiles manque : apt-get install systemd")
    # A manager cannot be started here. systemd reads os-release with the parser of EnvironmentFile=, and systemd-tmpfiles
    # writes its ID: each variable of the filled sample takes that name in turn.
    filled = (DEPLOY / "environnement").read_text(encoding="utf-8")
    filled = re.sub(r"^#([A-Z_]+)=.*$", lambda m: f"{m[1]}={quoted(value)}", filled, flags=re.MULTILINE)
    (tmp_path / "etc").mkdir()
    file, asked = tmp_path / "etc/os-release", tmp_path / "asked.conf"
    asked.write_text("f+ /read 0644 - - - %o\n", encoding="utf-8")
    for name in sample():
        file.write_text(filled.replace(f"\n{name}=", "\nID="), encoding="utf-8")
        command = ["systemd-tmpfiles", f"--root={tmp_path}", "--create", str(asked)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
        assert (tmp_path / "read").read_text(encoding="utf-8") == value, done.stderr
        command = ["sh", "-euc", '. "$1"; printf %s "$ID"', "sh", str(file)]
        assert subprocess.run(command, capture_output=True, text=True, timeout=60).stdout == value


# ---- what a workflow leaves
def uses(action: str) -> dict[str, Any]:
    (step,) = [step for step in GITHUB["steps"] if step.get("uses", "").startswith(f"{action}@")]
    return step


def test_github_keeps_what_a_refused_run_received() -> None:
    """actions/cache saves after a success only."""
    restored, saved = uses("actions/cache/restore"), uses("actions/cache/save")
    assert saved["if"] == "always()" and saved["with"]["path"] == restored["with"]["path"] == "data"
    # a key is written once: a second attempt of the same run needs its own
    assert saved["with"]["key"] == restored["with"]["key"] and "github.run_attempt" in saved["with"]["key"]
    assert saved["with"]["key"].startswith(restored["with"]["restore-keys"])
    run = next(place for place, step in enumerate(GITHUB["steps"]) if "publish run" in step.get("run", ""))
    assert GITHUB["steps"].index(restored) < run < GITHUB["steps"].index(saved)


@pytest.mark.parametrize("published", [True, False])
@pytest.mark.parametrize("runner", ["github", "gitlab"])
def test_artefact_holds_the_release_and_not_its_pointer(runner: str, published: bool, tmp_path: Path) -> None:
    if runner == "github":
        (step,) = [step for step in GITHUB["steps"] if "cp " in step.get("run", "")]
        copy, sent = step["run"], uses("actions/upload-artifact")
        kept = sent["with"]["path"].split()
        assert step["if"] == sent["if"] == "always()"
    else:
        (copy,) = GITLAB["after_script"]
        kept = GITLAB["artifacts"]["paths"]
        assert GITLAB["artifacts"]["when"] == GITLAB["cache"]["when"] == "always"
    release = tmp_path / "data/published/2026-11-29-000000-aaaaaaaa"
    if published:
        (release / "parquet").mkdir(parents=True)
        (release / "referentiel.duckdb").write_bytes(b"base")
        (tmp_path / "data/published/current").symlink_to(release.name)
    done = subprocess.run(["bash", "-ec", copy], cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    folders = [tmp_path / one for one in kept if (tmp_path / one).is_dir()]
    assert [one for one in folders if one.is_symlink()] == []
    found = {
        path.name for one in folders for path in one.iterdir() if path.is_file() and not path.is_symlink()
    }
    assert found == ({"referentiel.duckdb"} if published else set())
