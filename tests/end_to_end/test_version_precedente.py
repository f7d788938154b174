"""The version before, true: the last commit of the release format before ours, taken out of the history, reads what
this code makes, writes after it, and is read by it. With the libraries of today, which are this code's."""

import json
import re
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest
import yaml
from conduite import RACINE, publier
from monde import nothing_corrupt, nothing_lost, whole

from bench import actualisation
from extract import layout
from extract.archive import Archive, utc_text

LAYOUT = "extract/layout.py"
CONTRACTS = "models/marts/_marts__models.yml"
MACRO = re.compile(r"create or replace macro (\w+)\(([^)]*)\)")
READS = {
    "portrait": ("sql", "from portrait('REG-28')"),
    "au": ("sql", "select count(*) from au(current_date) where indicateur = 'population_municipale'"),
    "preuve": ("sql", "select count(*) from preuve('taux_chomage_localise', 'REG-28', '2023-T3')"),
    "status": ("status",),
    "rollback": ("rollback",),
    "verify": ("verify", "--nombre", "50"),
    "export": ("export",),
}


def git(*arguments: str) -> str:
    """What git says of this folder's history; skips the test when it cannot."""
    if shutil.which("git") is None:
        pytest.skip("git manque, et avec lui la version d'avant : apt-get install git")
    if not (RACINE / ".git").exists():
        pytest.skip(
            "ce dossier n'est pas un clone, la version d'avant n'y est pas : git clone, et relancer là"
        )
    done = subprocess.run(["git", *arguments], cwd=RACINE, capture_output=True, text=True)
    if done.returncode:
        pytest.skip(
            f"la version d'avant manque à ce clone ({done.stderr.strip()}) : git fetch --unshallow, et relancer"
        )
    return done.stdout.strip()


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the version before: HEAD as long as our number is not committed."""
    ours = f'RELEASE = "{layout.RELEASE}"'
    commit = "HEAD"
    if ours in git("show", f"HEAD:{LAYOUT}"):
        commit = f"{git('log', '-1', '--format=%H', '-S', ours, '--', LAYOUT)}^"
    folder = tmp_path_factory.mktemp("avant")
    git("archive", "--output", str(folder / "code.tar"), commit)
    shutil.unpack_archive(folder / "code.tar", folder / "code")
    assert ours not in (folder / "code" / LAYOUT).read_text(encoding="utf-8")
    return folder / "code"


def done(data: Path, *command: str, code: Path = RACINE, **options: str) -> str:
    """What a command that goes well says."""
    found = publier(data, *command, code=code, **options)
    assert found.returncode == 0 and found.stdout.strip(), (
        command,
        code,
        found.stdout[-3000:] + found.stderr[-3000:],
    )
    return " ".join(found.stdout.split())


def read(data: Path, code: Path = RACINE) -> None:
    """Has every command that reads go well."""
    said = {name: done(data, *command, code=code) for name, command in READS.items()}
    assert "Population municipale" in said["portrait"] and "en cours" in said["rollback"], said
    assert "égal à ce qui est publié" in said["verify"] and ": 0 faute" in said["verify"], said["verify"]
    assert "aucun essai" not in re.findall(r"urssaf__effectifs_salaries .*?(?= \w+__)", said["status"])[0], (
        said
    )


def released(data: Path, code: Path = RACINE) -> str:
    """A release more, made by that code; its name."""
    assert "publiée" in done(data, "demo", code=code)
    return whole(data)


def manifest(data: Path, release: str) -> dict:
    return json.loads((data / "published" / release / "manifeste.json").read_text(encoding="utf-8"))


def test_release_keeps_every_name_of_the_version_before(
    before: Path, base: duckdb.DuckDBPyConnection
) -> None:
    """A column or a macro that is renamed, or changes its type, is a new major, which the version before refuses."""
    models = yaml.safe_load((before / CONTRACTS).read_text(encoding="utf-8"))["models"]
    promised = {(m["name"], c["name"], c["data_type"].upper()) for m in models for c in m["columns"]}
    columns = base.execute(
        "select table_name, column_name, data_type from duckdb_columns() where schema_name = 'main'"
    )
    assert len(promised) > 100 and promised - set(columns.fetchall()) == set()
    macros = base.execute("select function_name, parameters from duckdb_functions() where not internal")
    found = dict(macros.fetchall())
    files = sorted((before / "publish/macros").glob("*.sql"))
    for name, given in MACRO.findall("\n".join(file.read_text(encoding="utf-8") for file in files)):
        parameters = [one.split(":=")[0].strip() for one in given.split(",")]
        assert found.get(name, [])[: len(parameters)] == parameters, name


@pytest.mark.long
def test_version_before_reads_what_this_one_makes(before: Path, world: Path) -> None:
    read(world, before)


@pytest.mark.campaign
def test_there_and_back(before: Path, tmp_path: Path) -> None:
    """As docs/mise-a-jour.md says it: the program is brought up to date, brought back, brought up to date again."""
    world = tmp_path / "data"
    first = released(world, before)
    read(world)
    done(world, "export", PORTRAIT="REG-28")
    second = released(world)
    assert layout.of_archive(world / "archive") == layout.ARCHIVE
    assert manifest(world, second)["format"] == layout.RELEASE != manifest(world, first).get("format")
    assert manifest(world, first).keys() <= manifest(world, second).keys()

    read(world, before)
    done(world, "rollback", first, code=before)
    assert "écartée" in done(world, "rollback")  # by the version before, told by ours
    file = world / "revision.csv"
    file.write_bytes(actualisation.revised(Archive(world / "archive"), 1))
    day = utc_text(datetime.now(UTC))
    deposit = ("deposit", actualisation.SOURCE, str(file), "--published-on", day)
    done(world, *deposit, code=before, module="extract")
    third = released(world, before)

    read(world)
    for release in (second, third):
        assert release in done(world, "rollback", release) and whole(world) == release
        done(world, "export", PORTRAIT="REG-28")
    received = nothing_lost(world)
    assert released(world) not in (first, second, third)
    read(world)
    assert received <= nothing_lost(world)
    nothing_corrupt(world)
