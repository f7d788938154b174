"""The main job, in order: lock, pull, compare, build, judge, release, point. Exit codes are the
CONTRACT's."""

from __future__ import annotations

import gc
import importlib
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)

from expectations.model import Verdict
from extract import landing as rows
from extract import layout
from extract.archive import Archive
from extract.durable import refuses_writes
from extract.errors import ExtractError, RunLocked
from extract.settings import Settings
from publish import candidate as dbt
from publish import content, partial, pointer_file, releases
from publish import inputs as hashes
from publish.dbt_process import LOOKS
from publish.errors import (
    FAULT,
    LOCKED,
    PUBLISHED,
    REFUSED,
    UNREACHABLE,
    PublishFault,
    lacks_memory,
    no_memory,
)
from publish.exports.outlines import draw_ahead
from publish.operations import allowance, clock, feed, lock, refusals, retirement, runlog, space
from publish.releases import Release
from publish.second_process import SecondProcess

if TYPE_CHECKING:
    from extract.definitions import Definition, Part
    from extract.run import RunSummary
    from publish.release import Draft

NETWORK = "Vérifiez le réseau, le mandataire (HTTPS_PROXY) et les certificats"


@dataclass
class Outcome:
    """How the run ended: exit code, one sentence, and what there is to show."""

    code: int
    message: str
    release: Release | None = None
    nouvelle: bool = False
    summary: RunSummary | None = None
    verdict: Verdict | None = None
    refused: Path | None = None
    partielle: tuple[str, ...] = ()  # the sources that were built again, when the rest was not
    seconds: float = 0.0
    steps: dict[str, float] = field(default_factory=dict)


def run(
    settings: Settings,
    console: Console,
    *,
    only: list[str] | None = None,
    force: bool = False,
    compare: bool = True,
    calendar: bool = False,
    tell_killed: Callable[[int], None] = lambda _: None,
) -> Outcome:
    """One run from the producers to the pointer. Never raises for what the CONTRACT gives a code to.

    `only`: source ids to pull (default all). `force`: publish even when the inputs are those of a known
    release. `compare`: judge against the current release; False when someone has read why the figures jump
    (a new geography, a rewritten model) and answers for it. `calendar`: ask only the sources that are due.
    `tell_killed`: called with how many runs were killed just before this one, when some were.
    """
    start = time.monotonic()
    steps: dict[str, float] = {}
    try:
        settings.data.mkdir(parents=True, exist_ok=True)
        with lock.alone(settings.data), _begun(settings, tell_killed) as moment:
            code = hashes.code_hash()  # of what is loaded, whatever is put in its place meanwhile
            outcome = _run(_Job(settings, console, moment, code, only, force, compare, calendar, steps))
    except RunLocked as error:
        outcome = Outcome(LOCKED, str(error))
    except (PublishFault, ExtractError) as error:
        outcome = Outcome(FAULT, str(error))
    except Exception as error:
        if lacks_memory(error):
            outcome = Outcome(FAULT, no_memory(error))
        elif isinstance(error, OSError | duckdb.IOException) or (
            isinstance(error, duckdb.Error) and refuses_writes(error)
        ):  # a full disk, a folder that is not ours
            outcome = Outcome(FAULT, runlog.unwritable(settings.data, error))
        else:
            raise
    outcome.seconds, outcome.steps = time.monotonic() - start, steps
    return outcome


@contextmanager
def _begun(settings: Settings, tell_killed: Callable[[int], None]) -> Iterator[datetime]:
    """The moment of a run, once nothing forbids it to begin; a run that is killed leaves its mark, and the
    next one is told how many were. Raises LayoutUnknown, ClockWrong or PublishFault."""
    moment = datetime.now(UTC).replace(microsecond=0)
    allowance.require()
    layout.check(settings.archive)
    clock.require(settings, moment)
    releases.repair(settings.published, moment)
    space.require(settings)
    with runlog.marked(settings) as killed:
        if killed:
            tell_killed(killed)
        yield moment


@dataclass(frozen=True)
class _Job:
    """What a run was asked, when and by which code; `steps` is filled with what each of its steps took."""

    settings: Settings
    console: Console
    moment: datetime
    code: str
    only: list[str] | None
    force: bool
    compare: bool
    calendar: bool
    steps: dict[str, float]


@dataclass(frozen=True)
class _Received:
    """What the landing holds (`landing.digests`), the hashes of all that a release is made of, and what to
    say when these very inputs gave a release or a refusal already."""

    files: dict[str, str]
    inputs: hashes.Inputs
    known: str | None
    refusal: str | None

    @property
    def deliveries(self) -> bool:
        """Whether there is anything to build from."""
        return rows.holds_deliveries(self.files)

    @property
    def answered(self) -> bool:
        """Whether there is nothing to build, for it was done."""
        return self.known is not None or self.refusal is not None


def _run(job: _Job) -> Outcome:
    from extract.run import run_sources

    settings = job.settings
    with ExitStack() as processes:
        process = None
        if _awaits_build(job):  # dbt loads while the producers answer
            process = processes.enter_context(dbt.started(settings))
        beside = feed.follow(settings.published, job.moment)
        with _step(job.steps, "extraction"):
            due = _due(job.moment) if job.calendar and not job.only else None
            summary = run_sources(settings, job.only, console=job.console, due=due)
        with _step(job.steps, "empreinte"):
            received = _received(job)
        current = releases.current(settings.published)
        if not summary.joint and (received.answered or not received.deliveries):
            return Outcome(UNREACHABLE, _unreachable(settings, current), current, summary=summary)
        if received.known is not None:
            return Outcome(PUBLISHED, "\n".join([received.known, *beside]), current, summary=summary)
        if received.refusal is not None:
            return Outcome(REFUSED, received.refusal, current, summary=summary)
        if received.deliveries:  # nothing may have been asked: nothing else would say that they are others'
            Archive(settings.archive).claim(settings)
        if not summary.joint:
            beside.append(
                f"{_silence(settings)} : la candidate est faite de ce qui était déjà reçu. {NETWORK}."
            )
        built = None if job.force else dbt.resume(settings, received.inputs.entrees)
        if built is None and process is None:
            process = processes.enter_context(dbt.started(settings))
        with SecondProcess() as second:
            # read before it is compared with, which would blame the candidate at every run
            beside += _leave_damaged(settings, job.moment)
            if built is None:
                built = _build(job, received.files, process, second)
            outcome = _decide(job, built, received.inputs, second, summary.heure_confirmee)
    first, *others = outcome.message.splitlines()
    outcome.message, outcome.summary = "\n".join([first, *beside, *others]), summary
    return outcome


def _received(job: _Job) -> _Received:
    """Raises PublishFault as `_known` does."""
    settings = job.settings
    files = rows.digests(settings)
    landing = rows.fingerprint(settings, files)
    inputs = hashes.Inputs(hashes.fingerprint(settings, landing, job.code), landing, job.code)
    if job.force:
        return _Received(files, inputs, None, None)
    known = _known(settings, inputs.entrees)
    refusal = refusals.already(settings.published, inputs.entrees, job.compare)
    return _Received(files, inputs, known, refusal)


def _awaits_build(job: _Job) -> bool:
    """Whether what was received before the producers are asked is to be built whatever they answer: a
    deposit, what a killed run left, another code, `force`."""
    with suppress(PublishFault):  # met again, and told, once the producers were asked
        received = _received(job)
        return received.deliveries and not received.answered
    return False


def _build(
    job: _Job, files: dict[str, str], process: subprocess.Popen[str] | None, second: SecondProcess
) -> dbt.Candidate:
    """The candidate, built by dbt's `process`; meanwhile all that judges it and writes its release loads."""
    loading = threading.Thread(target=_load, args=(job.settings, second), daemon=True)

    def meanwhile() -> None:
        # Not before: what dbt waits for is found out by this process, on the same two cores.
        gc.set_threshold(*LOOKS)
        loading.start()

    try:
        with _step(job.steps, "construction"), _bar(job.console, "Construction") as advance:
            built = dbt.build(
                job.settings, advance, whole=job.force, files=files, meanwhile=meanwhile, process=process
            )
    finally:
        if loading.ident is not None:
            loading.join()
    hashes.require_same_code(job.code)  # or what two codes made would be taken up as that of one
    return built


def _load(settings: Settings, second: SecondProcess) -> None:
    """Loads what judges the candidate, then what writes its release, which takes seconds: one after the
    other, for dbt works on the same two cores and is waited for. What goes wrong is met again, and told, when
    it is needed."""
    with suppress(Exception):
        importlib.import_module("expectations.docs")
        importlib.import_module("publish.release")
    with suppress(Exception):
        current = releases.current(settings.published)
        if current is not None:
            second.ahead(draw_ahead, current.database)
        second.load()


def _decide(
    job: _Job, built: dbt.Candidate, inputs: hashes.Inputs, second: SecondProcess, sure: bool
) -> Outcome:
    """Judges the candidate and makes the release of it, or keeps it with its refusal. `sure`: a
    producer confirmed the hour."""
    # Imported late, with the exports: "nothing new" must be told in a second.
    from publish import release as folders

    settings, moment = job.settings, job.moment
    kept = partial.kept_tables(settings, built.rebuilt, built.indicators, built.manifest)
    if built.code == 0:
        # What the release has if nothing is found against the figures is written meanwhile.
        second.start(folders.draft, settings, built.database, built.manifest, inputs, moment, kept)
        second.start(folders.draw, settings, inputs, moment)
        if not built.digests:
            dbt.checkpoint(built, inputs.entrees)
    with _step(job.steps, "contrôle"), job.console.status("Contrôle de la candidate…"):
        verdict, quality = _judge(settings, built, moment, job.compare)
    hashes.require_same_code(inputs.code)
    if verdict.code == 0 and built.code == 0:
        with _step(job.steps, "publication"), job.console.status("Écriture de la release…"):
            drafted = second.result()
            release = folders.make(settings, drafted, second.result, built.database, quality, verdict)
            told = [f"Release {release.nom} publiée."]
            told += _afterwards(settings, built, release, drafted, inputs.code, moment, sure)
        return Outcome(PUBLISHED, "\n".join(told), release, True, verdict=verdict, partielle=built.sources)
    second.end()
    with _step(job.steps, "refus"):
        folders.abandon(settings, moment, inputs)
        refused = folders.refuse(settings, built.database, quality, verdict, inputs, moment)
    current = releases.current(settings.published)
    said = _refusal(verdict, current, refused)
    if verdict.code == REFUSED:
        refusals.remember(settings.published, refused, inputs.entrees, job.compare, said)
    return Outcome(verdict.code, said, current, verdict=verdict, refused=refused)


def _afterwards(
    settings: Settings,
    built: dbt.Candidate,
    release: Release,
    drafted: Draft,
    code: str,
    moment: datetime,
    sure: bool,
) -> list[str]:
    """What follows a release that readers already have, in words what fails of it. `sure`: a producer
    confirmed the hour."""

    def settle() -> None:
        # it is kept under the hash of the code on disk
        hashes.require_same_code(code)
        dbt.settle(settings, built, release)

    steps: dict[str, Callable[[], object]] = {
        f"{pointer_file.POINTER} dit encore la release d'avant, la prochaine exécution l'écrira": lambda: (
            releases.tell(settings.published, release.nom, moment)
        ),
        "La candidate n'a pas été gardée, la prochaine construction sera entière": settle,
        "Les sommes des tables n'ont pas été gardées, la prochaine release les refera": lambda: (
            content.remember(settings.build / content.SUMS, drafted.sums)
        ),
    }
    if sure:  # an hour that is wrong would take away those of the last month
        steps["Aucune ancienne release n'a été retirée"] = lambda: retirement.retire(
            settings.published, moment
        )
    told = []
    for consequence, step in steps.items():
        try:
            step()
        except Exception as error:  # also what an old release that is damaged makes of them
            told.append(f"{consequence} : {error}")
    return told + feed.follow(settings.published, moment)


def leave_damaged(settings: Settings) -> list[str]:
    """What a run does of a damaged current release before it builds, done between two runs. Raises RunLocked
    while another one is going on."""
    with lock.alone(settings.data):
        return _leave_damaged(settings, datetime.now(UTC))


def _leave_damaged(settings: Settings, moment: datetime) -> list[str]:
    """Leaves a current release whose base has not the bytes that its manifest says for the newest whole one;
    returns what was done, in words, or nothing. Under the lock."""
    damaged = releases.current(settings.published)
    if damaged is None:
        return []
    altered = releases.altered(damaged)
    if not altered:
        return []
    releases.leave_current(settings.published, moment)
    current = releases.current(settings.published)
    readers = f"suivent maintenant {current.nom}" if current else "n'ont plus de release"
    said = (
        f"La release {damaged.nom} est abîmée : {' ; '.join(altered)} n'a plus les octets de son manifeste."
        f" Elle est mise de côté sous {settings.published / releases.DAMAGED}, les lecteurs {readers}."
        " Vérifiez le disque, puis l'archive (make verify)."
    )
    return [said, *feed.follow(settings.published, moment)]


def _due(moment: datetime) -> Callable[[Archive, Definition, Part], bool]:
    from publish.operations.calendar import judge_from

    return lambda archive, definition, part: judge_from(archive, definition, part, moment).due


def _judge(settings: Settings, built: dbt.Candidate, moment: datetime, compare: bool) -> tuple[Verdict, Path]:
    import shutil

    from expectations import runner

    quality = settings.build / "qualite"
    if quality.exists():
        shutil.rmtree(quality)
    current = releases.current(settings.published) if compare else None
    verdict = runner.run(
        built.database,
        region=settings.region,
        folder=quality,
        run_results=built.run_results,
        manifest=built.manifest,
        previous=current.database if current else None,
        moment=moment,
        title=f"Contrôles de la release candidate du {moment:%d/%m/%Y}",
    )
    # dbt answers 1 for failed tests, which the verdict tells one by one; anything else it could not tell.
    if built.code and verdict.code == 0:
        verdict.fautes.append(f"dbt a fini avec le code {built.code} : " + " / ".join(built.tail[-5:]))
    return verdict, quality


def _known(settings: Settings, inputs: str) -> str | None:
    """What to say when these very inputs already made a release: nothing new, or one that an operator left
    aside. Raises PublishFault when readers have none and that one is all there is."""
    current = releases.current(settings.published)
    if current is not None and current.manifest.get("empreinte_entrees") == inputs:
        return f"Rien de nouveau depuis la release {current.nom} : mêmes données, même code."
    discarded = releases.discarded(settings.published)
    for release in releases.every(settings.published):
        if release.nom in discarded and release.manifest.get("empreinte_entrees") == inputs:
            made = f"ces données ont donné la release {release.nom}, mise de côté par un retour arrière"
            again = f"Pour la reprendre : make rollback RELEASE={release.nom}"
            if current is not None:
                return f"Rien de nouveau : {made}. {again}"
            raise PublishFault(
                f"Les lecteurs n'ont plus aucune release : celle qu'ils avaient était abîmée, et {made}."
                f" {again} ; pour en refaire une des mêmes données : python -m publish run --force"
            )
    return None


def _silence(settings: Settings) -> str:
    where = f" par la réplique ({settings.producteurs})" if settings.producteurs else ""
    return f"Aucun producteur n'a pu être joint{where}"


def _unreachable(settings: Settings, current: Release | None) -> str:
    nothing = "Aucun chiffre n'a été reçu, rien n'a été publié."
    kept = f"La release {current.nom} reste en place." if current else nothing
    return f"{_silence(settings)}. {NETWORK}, puis relancez. {kept}"


def _refusal(verdict: Verdict, current: Release | None, refused: Path) -> str:
    kept = f"les lecteurs gardent la release {current.nom}" if current else "rien n'est publié"
    if verdict.code == FAULT:
        lines = [f"La candidate n'a pas pu être jugée : une faute est de notre côté, {kept}."]
        lines += [f"  - {fault}" for fault in verdict.fautes[:10]]
    else:
        count = len(verdict.refus)
        lines = [f"Release refusée par {count} contrôle{'s' if count > 1 else ''} ; {kept}."]
        lines += [f"  - {c.objet} : {c.phrase}\n    {c.detail} ({c.controle})" for c in verdict.refus[:15]]
    return "\n".join([*lines, f"Rapport : {refused}"])


@contextmanager
def _step(steps: dict[str, float], name: str) -> Iterator[None]:
    start = time.monotonic()
    try:
        yield
    finally:
        steps[name] = time.monotonic() - start


@contextmanager
def _bar(console: Console, title: str) -> Iterator[dbt.Progress]:
    progress = Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
        transient=True,
    )
    with progress:
        task = progress.add_task(title, total=None)

        def advance(name: str, done: int, total: int) -> None:
            progress.update(task, completed=done, total=total, description=f"{title} : {name[:48]}")

        yield advance
