"""What several folders of tests share: the demonstration that somebody made already."""

import json
import os
from pathlib import Path

import pytest

from publish.inputs import code_hash


@pytest.fixture(scope="session")
def demo_made() -> Path | None:
    """The data folder of REFERENTIEL_DEMO, when it is set: the whole check calls `make demo` first, and it need not be
    made three times. Another version of the code must not have made it."""
    made = os.environ.get("REFERENTIEL_DEMO")
    if not made:
        return None
    folder = Path(made).resolve()
    manifest = json.loads((folder / "published/current/manifeste.json").read_text(encoding="utf-8"))
    assert manifest["empreintes"]["code"] == code_hash(), (
        f"une autre version du code a fait {folder} : make demo"
    )
    return folder


@pytest.hookimpl(tryfirst=True)  # before the groups are read
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """How `make test` shares the tests between cores: a file stays whole, and all that read the one demonstration
    stay together."""
    for item in items:
        shared = item.path.parent.name == "end_to_end"
        item.add_marker(pytest.mark.xdist_group("end_to_end" if shared else item.path.stem))
