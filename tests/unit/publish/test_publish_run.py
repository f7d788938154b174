"""The orchestrator's exit codes, with the real judgement and the real release over a candidate that a step
before made.

Extraction and dbt are replaced by what they would leave (their own tests run them over the replica); the
chain with all of them is tests/end_to_end.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest
from filelock import FileLock

import extract.run
from expectations import runner
from extract.errors import ContextMismatch
from extract.run import RunSummary
from extract.settings import Settings
from publish import __main__ as command
from publish import candidate as dbt
from publish import inputs, releases, rollback
from publish.operations import retirement
from publish.run import Outcome, run
from tests.unit.publish import synthetic
from tests.unit.publish.conftest import QUIET, World


class Steps:
    """What the two steps before publication leave in this test; counts how often dbt was started."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.summary = RunSummary(heure_confirmee=True)
        self.sql = ""
        self.status = "pass"
        self.builds = 0

    def pull(self, settings: Settings, only: object = None, **_: object) -> RunSummary:
        settings.landing.mkdir(parents=True, exist_ok=True)
        return self.summary

    def build(self, settings: Settings, progress: object = None, **_: object) -> dbt.Candidate:
        self.builds += 1
        built = dbt.Candidate(settings.build / "candidat.duckdb", settings.build / "dbt")
        built.target.mkdir(parents=True, exist_ok=True)
        synthetic.make(built.database)
        shutil.copy(self.world.manifest, built.manifest)
        synthetic.run_results(built.run_results, self.status)
        if self.sql:
            with duckdb.connect(str(built.database)) as c:
                c.execute(self.sql)
        return built


@pytest.fixture
def steps(world: World, monkeypatch: pytest.MonkeyPatch) -> Steps:
    made = Steps(world)
    monkeypatch.setattr(extract.run, "run_sources", made.pull)
    monkeypatch.setattr(dbt, "build", made.build)
    return made


def change_inputs(world: World) -> None:
    folder = world.settings.landing / "source"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{len(list(folder.iterdir()))}.parquet").write_bytes(b"x")


def attempt(world: World, **options: object) -> Outcome:
    return run(world.settings, QUIET, **options)  # type: ignore[arg-type]


def no_space(*_: object, **__: object) -> None:
    raise OSError(28, "No space left on device")


def test_published_then_nothing_new_without_starting_dbt(world: World, steps: Steps) -> None:
    first = attempt(world)
    assert first.code == 0 and first.nouvelle, first.message
    again = attempt(world)
    assert again.code == 0 and not again.nouvelle and "Rien de nouveau" in again.message
    assert steps.builds == 1 and again.seconds < 1
    assert attempt(world, force=True).nouvelle and steps.builds == 2


def test_dbt_loads_while_producers_are_asked_when_something_waits(
    world: World, steps: Steps, monkeypatch: pytest.MonkeyPatch
) -> None:
    order: list[str] = []
    really = dbt.started

    @contextmanager
    def started(settings: Settings) -> Iterator[subprocess.Popen[str]]:
        with really(settings) as process:
            order.append("dbt")
            yield process
        order.append("dbt fini")
        assert process.poll() is not None

    def pull(settings: Settings, only: object = None, **_: object) -> RunSummary:
        order.append("producteurs")
        return steps.pull(settings)

    monkeypatch.setattr(dbt, "started", started)
    monkeypatch.setattr(extract.run, "run_sources", pull)
    assert attempt(world).nouvelle and order == ["producteurs", "dbt", "dbt fini"]
    order.clear()
    change_inputs(world)
    assert attempt(world).nouvelle and order == ["dbt", "producteurs", "dbt fini"]
    order.clear()
    assert not attempt(world).nouvelle and order == ["producteurs"]
    order.clear()
    assert attempt(world, force=True).nouvelle and order == ["dbt", "producteurs", "dbt fini"]
    order.clear()
    change_inputs(world)
    steps.status = "fail"  # refused once, it is waited for no more
    assert attempt(world).code == 1 and attempt(world).code == 1
    assert order == ["dbt", "producteurs", "dbt fini", "producteurs"]


def test_unreadable_list_of_reports_does_not_unsay_the_release(world: World, steps: Steps) -> None:
    world.settings.published.mkdir(parents=True)
    (world.settings.published / retirement.REPORTS).write_text("{", encoding="utf-8")
    outcome = attempt(world)
    assert outcome.code == 0 and outcome.nouvelle, outcome.message
    assert "Aucune ancienne release n'a été retirée" in outcome.message
    assert (world.settings.published / "current").exists()


def test_wrong_golden_figure_is_refused_and_current_untouched(world: World, steps: Steps) -> None:
    first = attempt(world)
    before = {p: p.stat().st_mtime_ns for p in (world.settings.published / "current/").rglob("*")}
    change_inputs(world)
    steps.sql = (
        "update observations set valeur = valeur + 1 where territoire = 'DEP-76' and indicateur ="
        " 'emploi_salarie';update chiffres_cles set valeur = valeur + 1 where territoire = 'DEP-76' and"
        " indicateur = 'emploi_salarie'"
    )
    refused = attempt(world)
    assert refused.code == 1
    assert (
        "obs_valeurs_de_reference" in refused.message
        and "DEP-76" in refused.message
        and "494" in refused.message
    )
    current = releases.current(world.settings.published)
    assert first.release is not None and current is not None and current.nom == first.release.nom
    assert before == {p: p.stat().st_mtime_ns for p in (world.settings.published / "current/").rglob("*")}
    assert refused.refused is not None and (refused.refused / "qualite/index.html").is_file()
    assert not list(world.settings.published.glob(f"{releases.UNFINISHED}*")), "written while it was judged"


def test_failed_dbt_test_is_a_refusal(world: World, steps: Steps) -> None:
    steps.status = "fail"
    refused = attempt(world)
    assert refused.code == 1 and "La clé des observations est unique." in refused.message
    assert "rien n'est publié" in refused.message
    assert not (world.settings.published / "current").exists()


def test_exception_in_the_judgement_is_exit_2(world: World, steps: Steps) -> None:
    steps.sql = "alter table observations drop column motif"
    outcome = attempt(world)
    assert outcome.code == 2 and "faute est de notre côté" in outcome.message
    assert releases.current(world.settings.published) is None


def test_dbt_that_dies_without_report_is_exit_2(
    world: World, steps: Steps, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dead(settings: Settings, progress: object = None, **_: object) -> dbt.Candidate:
        return dbt.Candidate(
            settings.build / "candidat.duckdb", settings.build / "vide", code=2, tail=["Killed"]
        )

    monkeypatch.setattr(dbt, "build", dead)
    assert attempt(world).code == 2


def test_lock_held_is_exit_3(world: World, steps: Steps) -> None:
    with FileLock(world.settings.data / "run.lock"):
        outcome = attempt(world)
    assert outcome.code == 3 and steps.builds == 0
    assert attempt(world).code == 0


def test_rollback_waits_for_the_run_and_says_so(
    world: World, steps: Steps, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = world.publish("a" * 64), world.publish("b" * 64)
    monkeypatch.setenv("REFERENTIEL_DATA", str(world.settings.data))
    with FileLock(world.settings.data / "run.lock"):
        assert command.main(["rollback", first.nom]) == 3
        assert "Une autre exécution" in " ".join(capsys.readouterr().err.split())
        assert command.main(["rollback"]) == 0  # the list waits for nobody
    assert releases.require_current(world.settings.published) == second
    assert command.main(["rollback", first.nom]) == 0
    assert releases.require_current(world.settings.published) == first


def test_nobody_reached_is_exit_4_and_leaves_nothing(world: World, steps: Steps) -> None:
    steps.summary = RunSummary(joint=False)
    outcome = attempt(world)
    assert outcome.code == 4 and "Aucun producteur n'a pu être joint" in outcome.message
    assert not world.settings.published.exists() and steps.builds == 0


def test_what_waits_is_published_although_nobody_is_reached(world: World, steps: Steps) -> None:
    steps.summary = RunSummary(joint=False)
    change_inputs(world)  # a deposit, or what a killed run landed
    outcome = attempt(world)
    assert outcome.code == 0 and outcome.nouvelle, outcome.message
    assert "Aucun producteur n'a pu être joint" in outcome.message
    again = attempt(world)
    assert again.code == 4 and steps.builds == 1
    assert outcome.release is not None and outcome.release.nom in again.message
    other = replace(world.settings, region="53")
    foreign = run(other, QUIET)
    assert foreign.code == 2 and "autre contexte" in foreign.message and steps.builds == 1


def test_what_waits_and_is_refused_is_told_once_then_nobody_is_reached(world: World, steps: Steps) -> None:
    steps.summary, steps.status = RunSummary(joint=False), "fail"
    change_inputs(world)
    refused = attempt(world)
    assert refused.code == 1 and "Aucun producteur n'a pu être joint" in refused.message
    assert attempt(world).code == 4 and steps.builds == 1


def test_wrong_context_is_exit_2_with_its_words(
    world: World, steps: Steps, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> RunSummary:
        raise ContextMismatch("Cette archive est celle d'une autre région.")

    monkeypatch.setattr(extract.run, "run_sources", refuse)
    outcome = attempt(world)
    assert outcome.code == 2 and "autre région" in outcome.message


@pytest.mark.parametrize("back", [False, True])
@pytest.mark.parametrize("step", ["run_sources", "build"])
def test_code_that_changes_during_the_run_publishes_nothing(
    world: World, steps: Steps, monkeypatch: pytest.MonkeyPatch, step: str, back: bool
) -> None:
    owner, done = (extract.run, steps.pull) if step == "run_sources" else (dbt, steps.build)

    def pulled_meanwhile(*arguments: object, **options: object) -> object:
        (patch if back else monkeypatch).setattr(inputs, "versions", lambda: {"duckdb": "une autre"})
        return done(*arguments, **options)  # type: ignore[operator]

    with monkeypatch.context() as patch:
        patch.setattr(owner, step, pulled_meanwhile)
        outcome = attempt(world)
    assert outcome.code == 2 and "code a changé pendant" in outcome.message
    assert releases.current(world.settings.published) is None
    assert attempt(world).nouvelle and steps.builds == 2, "what was built of two codes is built again"


def test_old_release_that_does_not_read_unsays_nothing(world: World, steps: Steps) -> None:
    old = attempt(world).release
    assert old is not None
    change_inputs(world)
    assert attempt(world).nouvelle
    note = old.folder / "NOTE.md"
    note.write_bytes(note.read_bytes()[:-2] + b"\xff\n")  # of the same size: it is not set aside
    (old.folder / releases.MANIFEST).write_text(
        (old.folder / releases.MANIFEST).read_text("utf-8").replace('"produite_le": "2', '"produite_le": "X'),
        "utf-8",
    )
    change_inputs(world)
    done = attempt(world)
    assert done.code == 0 and done.nouvelle and "Aucune ancienne release n'a été retirée" in done.message


def test_old_release_without_its_date_unsays_nothing(world: World, steps: Steps) -> None:
    old = attempt(world).release
    assert old is not None
    manifest = old.folder / releases.MANIFEST
    manifest.write_text(manifest.read_text("utf-8").replace('"produite_le"', '"prodtite_le"'), "utf-8")
    change_inputs(world)
    done = attempt(world)
    assert done.code == 0 and done.nouvelle and "Aucune ancienne release n'a été retirée" in done.message
    feed = (world.settings.published / "releases.atom").read_text("utf-8")
    assert done.release is not None and done.release.nom in feed and f":{old.nom}" not in feed
    rollback.listing(world.settings.published, QUIET)


def test_no_release_is_retired_at_an_hour_that_nobody_confirmed(
    world: World, steps: Steps, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Path] = []
    monkeypatch.setattr(retirement, "retire", lambda published, _: asked.append(published))
    for sure in (False, True):
        steps.summary = RunSummary(heure_confirmee=sure)
        change_inputs(world)
        assert attempt(world).nouvelle
    assert len(asked) == 1


@pytest.mark.parametrize(
    "step", ["pointer_file.write", "content.remember", "candidate.settle", "feed.write_text"]
)
def test_full_disk_after_readers_have_the_release_does_not_unsay_it(
    world: World, steps: Steps, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    first = attempt(world).release
    change_inputs(world)

    with monkeypatch.context() as patch:
        where = "publish.operations." if step.startswith("feed") else "publish."
        patch.setattr(where + step, no_space)
        outcome = attempt(world)
    assert outcome.code == 0 and outcome.nouvelle and "No space left" in outcome.message, outcome.message
    current = releases.current(world.settings.published)
    assert current is not None and first is not None and current.nom != first.nom
    again = attempt(world)
    assert again.code == 0 and not again.nouvelle
    assert releases.pointer(world.settings.published)["release"] == current.nom


def test_full_disk_that_a_transaction_meets_is_told_as_such(
    world: World, steps: Steps, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise duckdb.TransactionException("Failed to commit: Could not write file: No space left on device")

    monkeypatch.setattr("publish.changes.write", full)
    outcome = attempt(world)
    assert outcome.code == 2 and "Écriture impossible" in outcome.message


def test_current_release_with_other_bits_is_left_before_it_is_compared_with(
    world: World, steps: Steps
) -> None:
    first = attempt(world).release
    change_inputs(world)
    second = attempt(world).release
    assert first is not None and second is not None
    second.database.write_bytes(synthetic.flipped(second.database.read_bytes()))
    change_inputs(world)
    third = attempt(world)
    assert third.code == 0 and third.nouvelle and third.release is not None, third.message
    assert second.nom in third.message and "abîmée" in third.message and "make verify" in third.message
    (aside,) = (world.settings.published / releases.DAMAGED).iterdir()
    assert aside.name.startswith(second.nom) and first.nom in (third.release.folder / "NOTE.md").read_text()
    assert not (world.settings.published / releases.REFUSED).exists()


def test_rolled_back_inputs_are_not_published_again_by_themselves(world: World, steps: Steps) -> None:
    first = attempt(world).release
    change_inputs(world)
    second = attempt(world).release
    assert first is not None and second is not None and first.nom != second.nom
    rollback.back_to(world.settings.published, first.nom, QUIET)
    outcome = attempt(world)
    assert outcome.code == 0 and not outcome.nouvelle and second.nom in outcome.message
    current = releases.current(world.settings.published)
    assert current is not None and current.nom == first.nom


def test_nothing_but_what_was_set_aside_is_a_fault_that_says_so(world: World, steps: Steps) -> None:
    first = attempt(world).release
    change_inputs(world)
    second = attempt(world).release
    assert first is not None and second is not None
    rollback.back_to(world.settings.published, first.nom, QUIET)
    first.database.write_bytes(b"")
    outcome = attempt(world)
    assert outcome.code == 2 and "plus aucune release" in outcome.message
    assert f"make rollback RELEASE={second.nom}" in outcome.message and "--force" in outcome.message
    assert releases.current(world.settings.published) is None
    assert attempt(world, force=True).nouvelle


def test_previous_release_is_compared(world: World, steps: Steps) -> None:
    attempt(world)
    change_inputs(world)
    steps.sql = (
        "delete from observations where indicateur = 'compte_synthetique_05' and territoire like 'DEP%'"
    )
    refused = attempt(world)
    assert refused.verdict is not None
    assert "obs_rien_ne_disparait" in {c.controle for c in refused.verdict.refus}
    alone = attempt(world, compare=False)
    assert alone.verdict is not None
    assert "obs_rien_ne_disparait" not in {c.controle for c in alone.verdict.refus}


def test_judgement_does_not_touch_the_candidate(world: World) -> None:
    before = world.candidate.read_bytes()
    runner.run(world.candidate, region="28", folder=world.quality, data_docs=False)
    assert world.candidate.read_bytes() == before


def test_dbt_is_told_the_paths_and_no_key(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEBSTAT_API_KEY", "secret")
    env = dbt.environment(world.settings, dbt.Candidate(Path("c.duckdb"), Path("t")))
    assert "secret" not in env.values()
    assert Path(env["REFERENTIEL_LANDING"]).is_absolute() and env["DBT_SEND_ANONYMOUS_USAGE_STATS"] == "false"


def test_refused_inputs_are_not_built_again(world: World, steps: Steps) -> None:
    steps.status = "fail"
    first, again = attempt(world), attempt(world)
    assert (first.code, again.code) == (1, 1) and steps.builds == 1
    assert "déjà refusées" in again.message and "La clé des observations est unique." in again.message
    change_inputs(world)
    steps.status = "pass"
    assert attempt(world).nouvelle and steps.builds == 2


def test_candidate_built_before_a_kill_is_taken_up(
    world: World, steps: Steps, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    def killed(*_: object, **__: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(runner, "run", killed)
        with pytest.raises(Killed):
            attempt(world)
    assert attempt(world).nouvelle and steps.builds == 1
    change_inputs(world)
    assert attempt(world).nouvelle and steps.builds == 2


@pytest.mark.parametrize("name", ["run_results.json", "manifest.json", "candidat.duckdb", dbt.CHECKPOINT])
@pytest.mark.parametrize("left", [b"", b'{"other": "words"}'])
def test_candidate_that_a_power_cut_spoilt_is_built_again(
    world: World, steps: Steps, name: str, left: bytes
) -> None:
    built = steps.build(world.settings)
    dbt.checkpoint(built, "e" * 64)
    again = dbt.resume(world.settings, "e" * 64)
    assert again is not None and again.database == built.database and again.held == built.held
    assert dbt.resume(world.settings, "f" * 64) is None
    (spoilt,) = world.settings.build.rglob(name)
    spoilt.write_bytes(left)
    assert dbt.resume(world.settings, "e" * 64) is None


def test_full_disk_while_writing_the_release_is_exit_2(
    world: World, steps: Steps, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = attempt(world).release
    change_inputs(world)

    with monkeypatch.context() as patch:
        patch.setattr("publish.manifest.write", no_space)
        outcome = attempt(world)
    assert outcome.code == 2 and "Écriture impossible" in outcome.message and first is not None
    current = releases.current(world.settings.published)
    assert current is not None and current.nom == first.nom
    assert attempt(world).nouvelle and not list(world.settings.published.glob(".en-cours-*"))
