"""The models of the history, compiled once for the session."""

from __future__ import annotations

import pytest

from bench.chaine import compiled


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Model name to SQL, over tables named like what it reads."""
    return compiled(tmp_path_factory.mktemp("chaine"))
