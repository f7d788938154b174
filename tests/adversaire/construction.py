"""A candidate built from a landing, in a folder of its own."""

from __future__ import annotations

import os
from pathlib import Path

from tests.run_dbt import run_dbt

ROOT = Path(__file__).resolve().parents[2]


class Build:
    """A candidate and the means to build a part of it again."""

    def __init__(self, folder: Path, landing: Path) -> None:
        """An empty candidate in `folder`."""
        self.base = folder / "candidat.duckdb"
        self.env = os.environ | {
            "REFERENTIEL_LANDING": str(landing.resolve()), "REFERENTIEL_BASE": str(self.base),
            "DBT_TARGET_PATH": str(folder / "cible"), "DBT_LOG_PATH": str(folder / "journal"), "DO_NOT_TRACK": "1",
        }  # fmt: skip

    def dbt(self, *arguments: str) -> None:
        """Run dbt on this candidate."""
        done = run_dbt(*arguments, cwd=ROOT, env=self.env, timeout=600)
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]
