"""Settings over a temporary folder, a synthetic candidate, a verdict that accepts it, and runs that end as they are
told to."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

import extract.run
import publish.run
from expectations.model import Controle, Verdict
from extract import landing
from extract.archive import Archive
from extract.definitions import load_all
from extract.run import RunSummary
from extract.settings import Settings
from publish import database, inputs, release, releases
from publish.exports import bundle
from publish.inputs import Inputs
from publish.operations import refresh
from publish.partial import Kept
from publish.releases import Release
from publish.run import Outcome
from publish.second_process import SecondProcess
from tests.unit.publish import synthetic

QUIET = Console(quiet=True)
MOMENT = datetime(2026, 11, 23, 8, 30, tzinfo=UTC)


@dataclass
class World:
    """A data folder with a candidate in its build folder."""

    settings: Settings
    candidate: Path
    manifest: Path
    quality: Path
    made: int = 0

    def publish(self, inputs: str = "a" * 64) -> Release:
        """Publishes the candidate as it is now, one minute after the last time."""
        verdict = Verdict(
            [
                Controle(
                    "essai", "publication", "bloquant", "reussi", "observations", "Tout va bien.", "3 lignes"
                )
            ]
        )
        moment = MOMENT + timedelta(minutes=self.made)
        self.made += 1
        return self.make(verdict, Inputs(inputs, "l" * 64, "c" * 64), moment)

    def make(self, verdict: Verdict, inputs: Inputs, moment: datetime, kept: Kept | None = None) -> Release:
        """The release of the candidate as it is now, judged so."""
        draft = release.draft(self.settings, self.candidate, self.manifest, inputs, moment, kept)

        def drawn() -> None:
            release.draw(self.settings, inputs, moment)

        made = release.make(self.settings, draft, drawn, self.candidate, self.quality, verdict)
        releases.tell(self.settings.published, made.nom, moment)
        return made


@pytest.fixture(autouse=True)
def no_macros(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The CONTRACT's macros read tables that the synthetic candidate does not have; tests/end_to_end runs
    them."""
    folder = tmp_path / "aucune_macro"
    folder.mkdir()
    monkeypatch.setattr(database, "MACROS", folder)


@pytest.fixture(autouse=True)
def no_exports(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are most of the time that a release takes; a test that looks at them is marked `exports`."""
    if request.node.get_closest_marker("exports") is None:
        monkeypatch.setattr(bundle, "write_flat", lambda *_: [])
        monkeypatch.setattr(bundle, "write_formatted", lambda *_: [])


class SameProcess(SecondProcess):
    """Does the work at once and here, where the fixtures above hold."""

    def __init__(self) -> None:
        self.answers: list[tuple[Any, Exception | None]] = []

    def load(self) -> None:
        pass

    def start(self, work: Callable[..., Any], *arguments: object) -> None:
        try:
            self.answers.append((work(*arguments), None))
        except Exception as error:
            self.answers.append((None, error))

    def ahead(self, work: Callable[..., object], *arguments: object) -> None:
        with suppress(Exception):
            work(*arguments)

    def result(self) -> Any:
        answer, error = self.answers.pop(0)
        if error is not None:
            raise error
        return answer

    def end(self) -> None:
        self.answers = []


@pytest.fixture(autouse=True)
def same_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """The real one is tried by test_second_process, and by every run of tests/end_to_end."""
    monkeypatch.setattr(publish.run, "SecondProcess", SameProcess)


@pytest.fixture
def world(tmp_path: Path) -> World:
    settings = Settings(data=tmp_path / "data", region="28")
    settings.build.mkdir(parents=True)
    candidate = synthetic.make(settings.build / "candidat.duckdb")
    manifest = synthetic.manifest(candidate, tmp_path / "manifest.json")
    quality = settings.build / "qualite"
    quality.mkdir()
    (quality / "index.html").write_text("<p>contrôles</p>", encoding="utf-8")
    return World(settings, candidate, manifest, quality)


@pytest.fixture
def nothing_new(world: World, monkeypatch: pytest.MonkeyPatch) -> Release:
    """A current release, the second one, of what is received and of the code: a run finds nothing to do."""
    monkeypatch.setattr(extract.run, "run_sources", lambda *_, **__: RunSummary())
    landing.write_frame(world.settings, Archive(world.settings.archive), load_all().values())
    world.publish("a" * 64)
    landed = landing.fingerprint(world.settings)
    return world.publish(inputs.fingerprint(world.settings, landed, inputs.code_hash()))


def ended(monkeypatch: pytest.MonkeyPatch, world: World, outcome: Outcome) -> None:
    """One run as a scheduler starts it, that ends so."""
    monkeypatch.setattr(refresh, "run", lambda *_, **__: outcome)
    refresh.refresh(world.settings, QUIET)
