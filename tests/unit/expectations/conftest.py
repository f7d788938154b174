"""A fresh synthetic candidate per test: damaging it is the test."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.unit.publish import synthetic


@pytest.fixture(scope="session")
def clean_candidate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return synthetic.make(tmp_path_factory.mktemp("candidat") / "candidat.duckdb")


@pytest.fixture
def candidate(clean_candidate: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(clean_candidate, tmp_path / "candidat.duckdb"))
