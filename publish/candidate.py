"""Builds the candidate: dbt in a process of its own, in the build folder that nobody reads. Whole, or only
what depends on the sources that changed (publish.partial)."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from extract.archive import utc_text
from extract.durable import fsync_file, write_text
from extract.settings import PROJECT_ROOT, Settings
from publish import memory, partial
from publish.errors import PublishFault, no_memory
from publish.inputs import code_hash
from publish.manifest import sha256
from publish.releases import Release

Progress = Callable[[str, int, int], None]
CHECKPOINT = "candidat.json"
# Read by the macros of par_indicateur: the indicators whose rows are made again, these with all that their
# rows depend on, and the measures that feed these; empty: all.
INDICATORS, READ = "REFERENTIEL_INDICATEURS", "REFERENTIEL_INDICATEURS_LUS"
MEASURES = "REFERENTIEL_MESURES_LUES"


@dataclass
class Candidate:
    """The candidate file and what dbt left beside it.

    `rebuilt`: the nodes that a partial build ran, None after a whole one; `sources`: those that it built
    again; `indicators`: the only ones of which the models of one row per figure made rows again, all when
    empty. `entiere_le`: when the last whole build was (UTC, ISO). `held`: what the landing held when the
    build began (`partial.sources`). `digests`: sha256 (hex) of the files of `made`, by name, once they are
    known."""

    database: Path
    target: Path
    code: int = 0
    tail: list[str] = field(default_factory=list)
    rebuilt: frozenset[str] | None = None
    sources: tuple[str, ...] = ()
    indicators: tuple[str, ...] = ()
    entiere_le: str = ""
    held: dict[str, str] = field(default_factory=dict)
    digests: dict[str, str] = field(default_factory=dict)

    @property
    def run_results(self) -> Path:
        """dbt's account of each node."""
        return self.target / "run_results.json"

    @property
    def manifest(self) -> Path:
        """dbt's description of the project."""
        return self.target / "manifest.json"

    @property
    def made(self) -> tuple[Path, Path, Path]:
        """All of it: the database, then dbt's accounts."""
        return self.database, self.run_results, self.manifest


# -P: the modules beside that file have names that dbt's libraries may look for.
DBT = (sys.executable, "-P", str(Path(__file__).with_name("dbt_process.py")))


def environment(settings: Settings, candidate: Candidate) -> dict[str, str]:
    """What dbt's process is told; keys of producers are not its business and are taken out."""
    env = {k: v for k, v in os.environ.items() if not k.endswith("_API_KEY")}
    return env | {
        "REFERENTIEL_DATA": str(settings.data.resolve()),
        "REFERENTIEL_LANDING": str(settings.landing.resolve()),
        "REFERENTIEL_BASE": str(candidate.database.resolve()),
        "REFERENTIEL_REGION": settings.region,
        "DBT_TARGET_PATH": str(candidate.target.resolve()),
        "DBT_LOG_PATH": str((settings.build / "logs").resolve()),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "DO_NOT_TRACK": "1",
        "PYTHONUNBUFFERED": "1",
        INDICATORS: "",
        READ: "",
        MEASURES: "",
    }


def build(
    settings: Settings,
    progress: Progress | None = None,
    root: Path = PROJECT_ROOT,
    *,
    skip_tests: bool = False,
    whole: bool = False,
    files: dict[str, str] | None = None,
    meanwhile: Callable[[], object] | None = None,
    process: subprocess.Popen[str] | None = None,
) -> Candidate:
    """Builds and tests every model into a new file; never raises on dbt's own failures, which the judgement
    reads.

    What the candidate of the last release says already is not built again when that is sure, unless `whole`;
    what dbt refuses of such a partial build is built again whole, so that a refusal never comes from it.
    `progress(name, done, total)` is called as nodes finish. `skip_tests`: models and seeds only
    (measurements). `files`: `landing.digests`, when they are known. `meanwhile` is called once dbt works.
    `process`: the one of `started`, when it was.
    Raises PublishFault when dbt cannot even be started, or is killed.
    """
    settings.build.mkdir(parents=True, exist_ok=True)
    moment = datetime.now(UTC)
    without = ("--exclude-resource-type", "test", "unit_test") if skip_tests else ()
    with (
        started(settings, root) if process is None else nullcontext(process) as waiting,
        ThreadPoolExecutor(1) as beside,
    ):
        partly = not whole and not skip_tests and root == PROJECT_ROOT
        kept = beside.submit(partial.digests, settings) if partly else None
        known = memory.deliveries(settings)
        key = memory.key(settings, known)
        told = memory.prepare(settings, known, key)
        held = partial.sources(settings, files)
        plan = partial.plan(settings, moment, held, kept.result) if kept is not None else None
        candidate = _fresh(settings)
        if plan is None:
            arguments = (*_project(root), *without)
            _dbt(waiting, candidate, told, arguments, progress, meanwhile=meanwhile)
        else:
            partial.start(settings, candidate.database)
            narrow = ("--exclude-resource-type", "unit_test", "--select", *plan.select)
            narrow += ("--exclude", *plan.exclude) if plan.exclude else ()
            # Seconds long: to tell each node costs more than it says, and what fails is built again, whole.
            narrow += ("--log-level", "none")
            only = {INDICATORS: plan.indicateurs, READ: plan.lus, MEASURES: plan.mesures_lues}
            narrowed = told | {name: " ".join(values) for name, values in only.items()}
            arguments = (*_project(root), *narrow)
            _dbt(waiting, candidate, narrowed, arguments, progress, True, meanwhile)
    if plan is not None and candidate.code == 0 and partial.still_sure(plan, candidate.database):
        candidate.rebuilt = partial.complete(settings, candidate.run_results, candidate.manifest)
        candidate.sources, candidate.entiere_le = plan.sources, plan.entiere_le
        candidate.indicators = plan.indicateurs
    elif plan is not None:
        candidate = _fresh(settings)
        with started(settings, root) as again:
            _dbt(again, candidate, told, _project(root), progress)
    candidate.entiere_le = candidate.entiere_le or utc_text(moment)
    candidate.held = held
    if candidate.code == 0:
        memory.keep(settings, candidate.database, known, key)
    return candidate


def _candidate(settings: Settings) -> Candidate:
    return Candidate(settings.build / "candidat.duckdb", settings.build / "dbt")


def _fresh(settings: Settings) -> Candidate:
    """A candidate of which nothing is there yet."""
    candidate = _candidate(settings)
    (settings.build / CHECKPOINT).unlink(missing_ok=True)
    candidate.database.unlink(missing_ok=True)
    candidate.database.with_suffix(".duckdb.wal").unlink(missing_ok=True)
    # A report left by a former run must never be read as this one's.
    candidate.run_results.unlink(missing_ok=True)
    return candidate


@contextmanager
def started(settings: Settings, root: Path = PROJECT_ROOT) -> Iterator[subprocess.Popen[str]]:
    """dbt's process, that loads its libraries until it is told what to do; it ends with the block."""
    try:
        process = subprocess.Popen(
            DBT,
            cwd=root,
            env=environment(settings, _candidate(settings)),
            stdin=subprocess.PIPE,  # held open: dbt ends with whoever holds it
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
        )
    except OSError as error:
        raise PublishFault(f"dbt ne démarre pas ({' '.join(DBT)}) : {error}") from error
    assert process.stdin is not None
    try:
        yield process
    finally:
        # what a process that died was not told is lost with it
        with suppress(BrokenPipeError):
            process.stdin.close()
        process.wait(timeout=30)


def _project(root: Path) -> tuple[str, ...]:
    """dbt's arguments. No model reads the variable: when one has changed, dbt parses the whole project again
    instead of what another version of the code left in the build folder. Of that it would keep unit tests
    that are no more, and the candidate would be refused by them."""
    return (
        "--log-format",
        "json",
        # A tenth of dbt's time went into a file of every statement, which its failures tell anyway; it makes
        # every line of it, written or not.
        "--log-level-file",
        "none",
        "--no-use-colors",
        "build",
        "--project-dir",
        str(root),
        "--profiles-dir",
        str(root),
        "--vars",
        json.dumps({"code": code_hash(root)}),
    )


def _dbt(
    process: subprocess.Popen[str],
    candidate: Candidate,
    told: dict[str, str],
    arguments: tuple[str, ...],
    progress: Progress | None,
    accounts_only: bool = False,
    meanwhile: Callable[[], object] | None = None,
) -> None:
    """Tells dbt's process what to do, calls `meanwhile` and waits for it. `accounts_only`: dbt describes the
    nodes that it ran, not the project."""
    tail: deque[str] = deque(maxlen=30)
    assert process.stdin is not None and process.stdout is not None
    results = str(candidate.run_results.resolve()) if accounts_only else None
    wanted = {"arguments": arguments, "environment": told, "results": results}
    with suppress(BrokenPipeError):  # it died already: its code says how
        process.stdin.write(json.dumps(wanted) + "\n")
        process.stdin.flush()
    if meanwhile is not None:
        meanwhile()
    for line in process.stdout:
        _event(line, tail, progress)
    candidate.code = process.wait()
    candidate.tail = list(tail)
    if candidate.code == -signal.SIGKILL:
        lowered = "Sinon baissez REFERENTIEL_MEMOIRE (500MB), celle de dbt, et relancez."
        said = no_memory("dbt a été tué, comme le système le fait quand elle manque")
        raise PublishFault(f"{said} {lowered}")


def _event(line: str, tail: deque[str], progress: Progress | None) -> None:
    try:
        event = json.loads(line)
        info, data = event["info"], event.get("data") or {}
    except (ValueError, KeyError, TypeError):
        if line.strip():
            tail.append(line.rstrip())
        return
    if info.get("level") in ("warn", "error") and info.get("msg", "").strip():
        tail.append(info["msg"].strip())
    if (
        progress
        and info.get("name") in ("LogModelResult", "LogTestResult", "LogSeedResult")
        and data.get("total")
    ):
        node = (data.get("node_info") or {}).get("node_name", "")
        progress(node, int(data.get("index") or 0), int(data["total"]))


def checkpoint(candidate: Candidate, inputs: str) -> None:
    """Notes that the candidate was built whole from these inputs: a run killed after this goes on here."""
    if candidate.code == 0:
        for path in candidate.made:
            fsync_file(path)
        candidate.digests = {path.name: sha256(path) for path in candidate.made}
        noted = {
            "empreinte_entrees": inputs, "entiere_le": candidate.entiere_le, "landing": candidate.held,
            "fichiers": candidate.digests,
        }  # fmt: skip
        write_text(candidate.target.parent / CHECKPOINT, json.dumps(noted) + "\n")


def resume(settings: Settings, inputs: str) -> Candidate | None:
    """The candidate that a killed run left whole for the very same inputs, or None: a power cut may have
    spoilt what was noted of it, or its files."""
    candidate = _candidate(settings)
    try:
        noted = json.loads((settings.build / CHECKPOINT).read_text(encoding="utf-8"))
        files, same = dict(noted["fichiers"]), noted["empreinte_entrees"] == inputs
        candidate.entiere_le, candidate.held = str(noted["entiere_le"]), dict(noted["landing"])
        candidate.digests = files
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None
    whole = same and all(p.is_file() and sha256(p) == files.get(p.name) for p in candidate.made)
    return candidate if whole else None


def settle(settings: Settings, candidate: Candidate, release: Release) -> None:
    """After the release: keeps its candidate for the next partial build, empties the rest of the folder."""
    if candidate.entiere_le and candidate.held:
        tables = release.manifest["empreintes_tables"]
        whole, held, known = candidate.entiere_le, candidate.held, candidate.digests
        partial.keep(settings, *candidate.made, whole, held, tables, release.nom, known)
    clean(settings)


def clean(settings: Settings) -> None:
    """Empties the build folder of candidates and reports (keeps dbt's parse cache, which only saves time)."""
    for entry in (CHECKPOINT, "candidat.duckdb", "qualite"):
        path = settings.build / entry
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
