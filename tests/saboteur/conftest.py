"""The clean candidate that the saboteur spoils: the landing at hand, or a demonstration made for it; built once."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from rebuild import ROOT, Plan

from extract.settings import Settings
from publish import candidate


@pytest.fixture(scope="session")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    """dbt's candidate of the clean landing and the SQL that dbt ran."""
    data = Path(os.environ.get("REFERENTIEL_DATA", ROOT / "data")).resolve()
    if not (data / "landing/_livraisons.parquet").exists():
        data = tmp_path_factory.mktemp("demo")
        env = {k: v for k, v in os.environ.items() if not k.startswith(("REFERENTIEL_", "WEBSTAT_"))}
        done = subprocess.run(
            [sys.executable, "-m", "publish", "demo"],
            cwd=ROOT,
            env=env | {"REFERENTIEL_DATA": str(data)},
            capture_output=True,
            text=True,
            timeout=400,
        )
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    built = tmp_path_factory.mktemp("candidat")
    (built / "landing").symlink_to(data / "landing")
    made = candidate.build(Settings(data=built))
    assert made.code == 0, made.tail
    # dbt reads the landing under its real path
    return Plan(made.database, made.target, Settings(data=built).landing.resolve())
