"""One clean candidate for the whole folder."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from propre import prepare, published
from rebuild import Plan


@pytest.fixture(scope="session")
def plan(demo_made: Path | None, tmp_path_factory: pytest.TempPathFactory) -> Plan:
    """dbt's candidate of the clean landing and the SQL that dbt ran: the demonstration's when somebody made it; in
    REFERENTIEL_SABOTEUR_PROPRE, to keep it from one run to the next while no model changes."""
    if demo_made:
        return published(demo_made)
    kept = os.environ.get("REFERENTIEL_SABOTEUR_PROPRE")
    return prepare(Path(kept) if kept else tmp_path_factory.mktemp("propre"))
