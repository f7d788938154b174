"""One demo for the whole folder: replica, extraction, dbt, Great Expectations, release; each test reads what it left."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from conduite import publier

from extract.replica.process import replica


@pytest.fixture(scope="session")
def data(demo_made: Path | None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    if demo_made:
        return demo_made
    dossier = tmp_path_factory.mktemp("demo")
    sortie = publier(dossier, "demo")
    assert sortie.returncode == 0, sortie.stdout[-4000:] + sortie.stderr[-4000:]
    return dossier


@pytest.fixture(scope="session")
def base(data: Path) -> duckdb.DuckDBPyConnection:
    return duckdb.connect(str(data / "published/current/referentiel.duckdb"), read_only=True)


@pytest.fixture(scope="module")
def producers() -> Iterator[str]:
    with replica() as running:
        yield running.url


@pytest.fixture
def world(data: Path, tmp_path: Path) -> Path:
    """A data folder of its own, as the demonstration left it."""
    shutil.copytree(data, tmp_path / "data", symlinks=True)
    return tmp_path / "data"
