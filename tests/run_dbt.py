"""dbt as the main job runs it (publish/dbt_process.py), for the tests that build some models only."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

from publish.candidate import DBT


def run_dbt(
    *arguments: str, cwd: Path, env: dict[str, str], timeout: float
) -> subprocess.CompletedProcess[str]:
    """What dbt answered on the project at `cwd`; it ends with us, for we hold the pipe that it reads."""
    read, held = os.pipe()
    arguments += ("--project-dir", ".", "--profiles-dir", ".")
    try:
        wanted = {"arguments": arguments, "environment": {}, "results": None}
        os.write(held, json.dumps(wanted).encode() + b"\n")
        return subprocess.run(
            DBT,
            cwd=cwd,
            env=env,
            stdin=read,
            capture_output=True,
            text=True,
            timeout=timeout,
        )
    finally:
        os.close(read)
        os.close(held)
