"""What the last screen of the demonstration tells its reader to type."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
from rich.console import Console

from extract.archive import Archive
from extract.settings import Settings
from publish import screen

RACINE = Path(__file__).resolve().parents[3]


def test_refresh_that_is_proposed_after_the_demonstration_has_a_folder_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    demo = Settings(tmp_path / "data", producteurs="http://127.0.0.1:9")
    Archive(demo.archive).claim(demo)
    output = io.StringIO()
    Console(file=output, width=screen.WIDTH).print(screen._next(demo))
    proposed = re.search(r"(?:REFERENTIEL_DATA=(\S+) )?make refresh ", output.getvalue())
    assert proposed is not None
    real = Settings.from_env({"REFERENTIEL_DATA": proposed[1] or ""})
    Archive(real.archive).claim(real)  # raises where the demonstration is
    assert f"/{proposed[1]}/" in (RACINE / ".gitignore").read_text(encoding="utf-8").splitlines()
    for page in ("README.md", "LISEZMOI.md"):
        assert f"REFERENTIEL_DATA={proposed[1]}\n" in (RACINE / page).read_text(encoding="utf-8"), page
