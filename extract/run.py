"""A run: several sources at once, none stopping the others, pynsee's calls one at a time, a summary at the
end."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)

from extract import context, landing, layout
from extract.archive import Archive
from extract.attempt import SourceResult
from extract.clients import USES_PYNSEE
from extract.definitions import Definition, Part, load_all, select
from extract.delivery import deliver
from extract.deposit import deposit
from extract.durable import TEMP_PREFIX
from extract.errors import FOR_ALL, ArchiveDamaged, ClockWrong, RunLocked
from extract.replay import Reread, reconcile
from extract.replica.served import grouped, unserved
from extract.settings import Settings
from extract.transport import Policy, Transport

WORKERS = 4

__all__ = ["RunSummary", "SourceResult", "run_deposit", "run_sources"]


@dataclass
class RunSummary:
    """What a run did. `joint`: False when no answer came from any producer, of whom most were asked or none
    ever gave anything."""

    results: list[SourceResult] = field(default_factory=list)
    joint: bool = True
    relues: list[str] = field(default_factory=list)  # deliveries made again from the archive before asking
    non_servies: list[str] = field(default_factory=list)  # sources that the replica has no real figures for
    en_attente: int = 0  # parts that are not due
    heure_confirmee: bool = False  # the answer of a producer had our hour

    def of(self, outcome: str) -> list[SourceResult]:
        """The results with one outcome."""
        return [result for result in self.results if result.resultat == outcome]

    @property
    def nouveau(self) -> int:
        """How many deliveries were accepted."""
        return len(self.of("nouveau"))

    @property
    def fautes(self) -> list[SourceResult]:
        """Failures that are ours, not the producers'."""
        return [result for result in self.results if result.faute]


def run_sources(
    settings: Settings,
    only: list[str] | None = None,
    *,
    complete: bool = False,
    definitions: dict[str, Definition] | None = None,
    console: Console | None = None,
    policy: Policy | None = None,
    due: Callable[[Archive, Definition, Part], bool] | None = None,
) -> RunSummary:
    """Pull every source (or `only` those), land what is new, journal everything. `definitions`: other yamls
    than the project's own (tests). `complete`: ask for everything again, even what is said unchanged. Sources
    that the replica does not hold are left out of a whole run, and asked all the same when named.
    `due`: says, from what the archive holds once the run has it alone, which parts to ask now; the others are
    left and counted, save those whose archived bytes turn out to be damaged: their producer may still serve
    them.

    Raises DefinitionError or SettingsError before asking anything, RunLocked when another run holds the
    archive, ContextMismatch when the archive belongs to another region or origin, ArchiveDamaged when it no
    longer says to whom (no producer is asked then), ClockWrong when the machine's clock and those of
    producers differ by more than CLOCK_TOLERANCE and none agrees with ours (one alone of many is not
    believed), WriteRefused or OSError when the disk refuses a write."""
    everything = load_all() if definitions is None else definitions
    wanted = select(everything, only)
    asked = [(definition, part) for definition in wanted.values() for part in definition.parts(settings)]
    console = console or Console(stderr=True)
    archive = Archive(settings.archive)
    with alone(settings):
        _refuse_others(settings, archive)
        _clean(settings)
        again = reconcile(settings, archive, everything)
        damaged = [one for one in again if one.abimee]
        spoilt = {one.part for one in damaged}
        parts = [one for one in asked if due is None or one[1].name in spoilt or due(archive, *one)]
        waiting = len(asked) - len(parts)
        absent: list[str] = []
        if settings.producteurs and only is None and definitions is None:
            missing = unserved(settings.producteurs, parts)
            absent = grouped(missing, parts)
            parts = [(definition, part) for definition, part in parts if part not in missing]
        transport = Transport(settings, archive, policy)
        summary = RunSummary(relues=[one.livraison for one in again], non_servies=absent, en_attente=waiting)
        try:
            summary.results = _pull(settings, archive, transport, parts, complete, spoilt, console)
            if damaged:
                _healed(reconcile(settings, archive, everything))
        finally:
            landing.write_frame(settings, archive, everything.values())
        summary.heure_confirmee = transport.clock_confirmed
        first = not archive.accepted()  # nothing to go on with
        known = _known_hosts(transport, everything, summary.results)
        if transport.clock_fault is not None and not transport.clock_confirmed:
            doubting = transport.clock_doubted_by
            if first or len(doubting) > 1 or _speak_for_all(doubting, known):
                raise ClockWrong(transport.clock_fault)
        if transport.asked and not transport.answered:
            asked_of = {one.source for one in summary.results if one.resultat != "ignore"}
            summary.joint = not first and not _speak_for_all(_hosts(transport, everything, asked_of), known)
        order = {part.name: rank for rank, (_, part) in enumerate(parts)}
        summary.results.sort(
            key=lambda one: order[one.source if one.partition is None else f"{one.source}/{one.partition}"]
        )
    return summary


def _refuse_others(settings: Settings, archive: Archive) -> None:
    """Raises ContextMismatch when the archive is already somebody's and not ours. It becomes somebody's when
    a delivery is accepted, not before: a run that receives nothing ties it to nobody."""
    if context.written(archive.root):
        archive.claim(settings)


def _speak_for_all(hosts: set[str], known: set[str]) -> bool:
    """Whether hosts that are silent, or disagree with our clock, are half of the known ones at least: what
    fewer do is their own failure."""
    return 2 * len(hosts) >= len(known)


def _known_hosts(
    transport: Transport, everything: dict[str, Definition], results: list[SourceResult]
) -> set[str]:
    """Those of every source; one that lacks its key is never asked, and counts for nothing."""
    keyless = {one.source for one in results} - {one.source for one in results if one.resultat != "ignore"}
    return _hosts(transport, everything, everything.keys() - keyless)


def _hosts(transport: Transport, everything: dict[str, Definition], names: Iterable[str]) -> set[str]:
    return {urlsplit(transport.wire_url(everything[name].url)).netloc for name in names}


def _healed(again: list[Reread]) -> None:
    """Raises ArchiveDamaged when deliveries cannot be read again even after their sources were asked."""
    lost = [f"{one.livraison} : {one.motif}" for one in again if one.abimee]
    if lost:
        raise ArchiveDamaged(
            "L'archive est abîmée et rien de ce que les producteurs viennent de servir ne la répare. Rien"
            " n'est publié, les lecteurs gardent la release en cours.\n" + "\n".join(lost)
        )


def run_deposit(
    settings: Settings,
    source: str,
    file: Path,
    published: str,
    partition: str | None = None,
    *,
    definitions: dict[str, Definition] | None = None,
) -> SourceResult:
    """Deposit one file (see `extract.deposit`) and leave the landing whole. Raises DefinitionError or
    SettingsError for what cannot be tried, RunLocked, ContextMismatch."""
    everything = load_all() if definitions is None else definitions
    definition = select(everything, [source])[source]
    archive = Archive(settings.archive)
    with alone(settings):
        _clean(settings)
        reconcile(settings, archive, everything)
        try:
            return deposit(settings, archive, definition, partition, file, published)
        finally:
            landing.write_frame(settings, archive, everything.values())


def _pull(
    settings: Settings,
    archive: Archive,
    transport: Transport,
    parts: list[tuple[Definition, Part]],
    complete: bool,
    spoilt: set[str],
    console: Console,
) -> list[SourceResult]:
    results: list[SourceResult] = []
    progress = Progress(
        SpinnerColumn(), TextColumn("{task.description}"), BarColumn(bar_width=24), MofNCompleteColumn(),
        TimeElapsedColumn(), console=console, transient=True,
    )  # fmt: skip
    hopeless: Exception | None = None
    with (
        progress,
        ThreadPoolExecutor(WORKERS, thread_name_prefix="source") as many,
        ThreadPoolExecutor(1, thread_name_prefix="pynsee") as one,  # pynsee's state is global
    ):
        task = progress.add_task("Extraction", total=len(parts))
        futures: dict[Future[SourceResult], Part] = {}
        for definition, part in parts:
            pool = one if definition.text("protocole") in USES_PYNSEE else many
            whole = complete or part.name in spoilt  # the same bytes heal the archive
            futures[pool.submit(deliver, settings, archive, transport, definition, part, whole)] = part
        for future in as_completed(futures):
            if future.cancelled():
                continue
            try:
                results.append(future.result())
            except FOR_ALL as error:
                hopeless = error
                for other in futures:
                    other.cancel()
            progress.update(task, advance=1, description=f"Extraction : {futures[future].name}")
    if hopeless is not None:
        raise hopeless
    return results


@contextmanager
def alone(settings: Settings) -> Iterator[None]:
    """Hold the archive's lock, which falls with the process, however it dies; the archive has today's
    layout. Raises RunLocked, LayoutUnknown."""
    import fcntl

    settings.archive.mkdir(parents=True, exist_ok=True)
    handle = os.open(settings.archive / "verrou", os.O_RDWR | os.O_CREAT, 0o644)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise RunLocked(
                f"Une autre extraction écrit déjà dans {settings.data}. Attendez sa fin ; si elle est morte, "
                "son verrou est tombé avec elle et cette commande passera."
            ) from error
        layout.migrate(settings.archive)
        yield
    finally:
        os.close(handle)


def _clean(settings: Settings) -> None:
    """Remove what a killed run left half-written (the lock is held: nobody else is writing)."""
    shutil.rmtree(settings.archive / "tmp", ignore_errors=True)
    for folder in (settings.archive, settings.landing):
        for path in folder.glob(f"{TEMP_PREFIX}*"):
            path.unlink(missing_ok=True)
