"""A candidate built from the landing, once for the session: the real figures, with the models as they are."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from construction import ROOT, Build


@pytest.fixture(scope="session")
def build(tmp_path_factory: pytest.TempPathFactory) -> Build:
    """The candidate of the landing at hand; skipped when nothing was pulled yet (`make demo` does)."""
    data = Path(os.environ.get("REFERENTIEL_DATA", ROOT / "data"))
    landing = Path(os.environ.get("REFERENTIEL_LANDING", data / "landing"))
    if not (landing / "_livraisons.parquet").exists():
        pytest.skip(f"pas de landing dans {landing} : make demo d'abord")
    made = Build(tmp_path_factory.mktemp("candidat"), landing)
    made.dbt("seed")
    made.dbt("run")
    return made
