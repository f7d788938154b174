"""Running the project as the Makefile does, in a data folder of its own."""

import os
import subprocess
import sys
from pathlib import Path

RACINE = Path(__file__).resolve().parents[2]


def publier(
    data: Path, *commande: str, code: Path = RACINE, module: str = "publish", **env: str
) -> subprocess.CompletedProcess[str]:
    """`python -m publish …` in a data folder, as the Makefile calls it. `code`: the folder of another version."""
    propre = {k: v for k, v in os.environ.items() if not k.startswith(("REFERENTIEL_", "WEBSTAT_"))}
    return subprocess.run(
        [sys.executable, "-m", module, *commande],
        cwd=code,
        env=propre | {"REFERENTIEL_DATA": str(data)} | env,
        capture_output=True,
        text=True,
        timeout=400,
    )
