"""What several folders of tests share: the demonstration that somebody made already."""

import json
import os
from pathlib import Path

import pytest
from xdist.scheduler import LoadScopeScheduling

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


def pytest_make_parametrize_id(val: object) -> str | None:
    """Bytes are no name: those of an archive made on the spot hold its time, and two workers would not collect the
    same tests."""
    return "octets" if isinstance(val, bytes) else None


class ByFile(LoadScopeScheduling):
    """How `make test` shares the tests between cores: a file stays whole, and all that read the one demonstration stay
    together."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.split("::", 1)[0]
        return "end_to_end" if "/end_to_end/" in file else file


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> ByFile:
    return ByFile(config, log)
