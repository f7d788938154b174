"""A whole release of the version before is read by every command; one of a newer major by none, and that is told."""

import json
import shutil
from pathlib import Path

import pytest
from conduite import publier

from extract import layout

FIGURE = "'taux_chomage_localise', 'REG-28', '2023-T3'"
COMMANDS = {
    "portrait": ("sql", "select count(*) from portrait('REG-28')"),
    "au": ("sql", "select count(*) from au(current_date) where indicateur = 'population_municipale'"),
    "preuve": ("sql", f"select count(*) from preuve({FIGURE})"),
    "status": ("status",),
    "rollback": ("rollback",),
    "verify": ("verify", "--nombre", "50"),
    "export": ("export",),
}


@pytest.fixture
def older(data: Path, tmp_path: Path) -> Path:
    """The demonstration's folder as the version before the numbers would have left it."""
    world = tmp_path / "data"
    for part in ("archive", "landing", "published"):
        shutil.copytree(data / part, world / part, symlinks=True)
    (world / "archive" / layout.FILE).unlink()
    (world / "published/current/manifeste.sha256").unlink()
    number(world, None)
    return world


def number(world: Path, value: str | None) -> None:
    """Writes the number of the current release, or takes it out."""
    file = world / "published/current/manifeste.json"
    content = json.loads(file.read_text(encoding="utf-8"))
    content = {k: v for k, v in (content | {"format": value}).items() if v is not None}
    file.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")


@pytest.mark.long
def test_release_and_archive_of_the_version_before_are_read_by_every_command(older: Path) -> None:
    for name, command in COMMANDS.items():
        done = publier(older, *command)
        assert done.returncode == 0 and done.stdout.strip(), (name, done.stdout[-2000:] + done.stderr[-2000:])
    number(older, "1.99")
    for name in ("portrait", "rollback"):
        assert publier(older, *COMMANDS[name]).returncode == 0, name
    number(older, "2.0")
    for name in ("portrait", "status", "verify", "export"):
        done = publier(older, *COMMANDS[name])
        told = " ".join((done.stderr + done.stdout).split())
        assert done.returncode == 2 and "plus récente" in told, (name, told[-2000:])
