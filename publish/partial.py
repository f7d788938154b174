"""A build from where the last one stopped: a copy of the candidate that made the last release, in which only
what depends on the sources that changed is built and tested again; and of the models that hold one row per
figure, only the rows of the indicators that those sources touch (macro `par_indicateur`).

`build/derniere/` holds that candidate, dbt's accounts of it and `etat.json`, which says what it was made
from. It is a saving, never a source: any doubt (another code, region or folder, a changed geography, no
memory of the old deliveries, a file that is not the one noted, a week since the last whole build, a partial
build that dbt does not pass) gives a whole build, and a test compares the two, hash for hash. The folder is
replaced only when a release was published from the candidate, so a refused or killed build leaves it alone.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb

from extract import landing
from extract.archive import in_utc
from extract.durable import write_text
from extract.settings import PROJECT_ROOT, Settings
from publish import memory
from publish.inputs import code_hash
from publish.manifest import sha256

FOLDER = "derniere"
STATE, DATABASE, RESULTS, MANIFEST = "etat.json", "candidat.duckdb", "run_results.json", "manifest.json"
WHOLE_EVERY = timedelta(days=7)
JOURNAL = "model.referentiel.stg_extraction__livraisons"
# What is read again at each build whatever came: the journal of attempts, and what earlier builds know.
ALWAYS = ("stg_extraction__livraisons", "stg_memoire__versions+", "stg_memoire__livraisons+")
ACCEPTED = """
    select source, string_agg(concat_ws(chr(31), livraison, partition, publie_le, recu_le), chr(30) order by
        livraison)
    from read_parquet(?) where resultat = 'nouveau' group by source
"""
# A staging model that joins the journal to its own rows only sees the deliveries of its source.
OWN_DELIVERIES = re.compile(
    r"join \{\{ source\('extraction', 'livraisons'\) \}\} as (\w+) on \w+\._livraison = \1\.livraison\s"
)


BY_INDICATOR = "par_indicateur"  # the materialization of the models that hold one row per figure
DOOR = "model.referentiel.int_observations_recues"  # where the figures of every source enter them
# What only the figures of the keys of splits change; their tests read nothing else that figures make.
KEYED = ("int_passages_par_cle", "passages_par_cle")
# Which indicators are fed by which source, and which rows of an indicator depend on another one: its terms
# (and the other way round where a producer prints the ratio: one term and the ratio give a hidden term back),
# its weight, the key by which it is shared out, the counts that its threshold looks at.
FED = "select source, indicateur from intermediaire.int_mesures_indicateurs"
MEASURED = """
    select distinct mesure from intermediaire.int_mesures_indicateurs where list_contains(?, indicateur)
    order by mesure
"""
LINKS = """
    select term, indicateur
    from (select unnest([numerateur, denominateur]) as term, indicateur from seeds.dictionnaire)
    where term <> ''
    union
    select indicateur, unnest([numerateur, denominateur]) from seeds.dictionnaire
    where calcul = 'publie' and numerateur <> '' and denominateur <> ''
    union
    select poids, indicateur from seeds.poids
    union
    select term, indicateur from (
        select unnest([indicateur_menages, indicateur_personnes]) as term, indicateur
        from intermediaire.int_seuils
    ) where term is not null
"""


@dataclass(frozen=True)
class Plan:
    """What to build again: the sources that changed, dbt's selectors, when the last whole build was.

    `exclude`: what dbt would run and of which nothing changes (`spared_tests`, KEYED). `indicateurs`:
    those whose rows are made again in the models of one row per figure; empty when all are. `mesures`: the
    models through which the sources come to the figures. `lus`: `indicateurs` and all that their rows depend
    on; `mesures_lues`: the measures that feed these."""

    sources: tuple[str, ...]
    select: tuple[str, ...]
    entiere_le: str
    exclude: tuple[str, ...] = ()
    indicateurs: tuple[str, ...] = ()
    mesures: tuple[str, ...] = ()
    lus: tuple[str, ...] = ()
    mesures_lues: tuple[str, ...] = ()


@dataclass(frozen=True)
class Kept:
    """What the release of a partial build has in common with the last one.

    `tables`: content hash of the tables of which nothing was made again. `partly`: content hash, in the last
    release, of those of which only the rows of `indicateurs` were. `travail`: models and seeds, published or
    not, of which nothing was made again since the release of that name, `release`."""

    tables: dict[str, str] = field(default_factory=dict)
    partly: dict[str, str] = field(default_factory=dict)
    indicateurs: tuple[str, ...] = ()
    travail: frozenset[str] = frozenset()
    release: str = ""


def digests(settings: Settings) -> dict[str, str]:
    """sha256 (hex) of each file of `build/derniere` but its state."""
    folder = settings.build / FOLDER
    files = [folder / name for name in (DATABASE, RESULTS, MANIFEST)]
    return {path.name: sha256(path) for path in files if path.is_file()}


def plan(
    settings: Settings,
    moment: datetime,
    held: dict[str, str],
    found: Callable[[], dict[str, str]],
    root: Path = PROJECT_ROOT,
) -> Plan | None:
    """What a partial build would do, or None when only a whole one is sure. `held`: what the landing holds
    (`sources`); `found`: `digests`, which may be on the way. Reads `build/derniere`; to be asked after
    `memory.prepare` (without a memory, every old delivery must be read again)."""
    folder = settings.build / FOLDER
    try:
        state = json.loads((folder / STATE).read_text(encoding="utf-8"))
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        noted, whole = dict(state["fichiers"]), in_utc(state["entiere_le"])
        before, key = dict(state["sources"]), state["cle"]
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None
    if key != _key(settings, root) or not timedelta(0) <= moment - whole < WHOLE_EVERY:
        return None
    if not (settings.build / memory.FOLDER / memory.KEY).is_file():
        return None
    changed = {name for name in before.keys() | held.keys() if before.get(name) != held.get(name)}
    described = landing.SOURCES in changed
    changed.discard(landing.SOURCES)
    if changed - (memory.figure_sources(root) - memory.ALSO_GEOGRAPHY):
        return None
    if found() != noted:
        return None
    select = [f"source:referentiel.landing.{name}+" for name in sorted(changed)]
    readers = journal_readers(manifest)
    select += [*ALWAYS, *(f"{name}+" for name in readers)]
    select += ["source:referentiel.extraction.sources+"] if described else []
    reached = measures(manifest, changed)
    spared = spared_tests(manifest, changed, readers)
    names, whole_on = tuple(sorted(changed)), str(state["entiere_le"])
    if not reached:
        return Plan(names, tuple(select), whole_on, spared)
    with duckdb.connect(str(folder / DATABASE), read_only=True) as last:
        indicators = touched(last, changed, reached)
        read = needed(last, indicators)
        fed = feeding(last, read)
        spared += KEYED if indicators and not keys(last) & set(indicators) else ()
    return Plan(names, tuple(select), whole_on, spared, indicators, reached, read, fed)


def measures(manifest: dict[str, Any], changed: set[str]) -> tuple[str, ...]:
    """Names of the models by which the sources come to DOOR; empty when they come to the models of one row
    per figure by another way too (a geography), so that every row of these must be made again."""
    children: dict[str, list[str]] = manifest["child_map"]
    nodes: dict[str, dict[str, Any]] = manifest["nodes"]
    front = {f"source.referentiel.landing.{name}" for name in changed}
    seen: set[str] = set()
    doors = set()
    while front:
        seen |= front
        following = {(key, child) for key in front for child in children.get(key, ()) if child in nodes}
        figures = {(k, c) for k, c in following if nodes[c]["config"].get("materialized") == BY_INDICATOR}
        if any(child != DOOR for _, child in figures):
            return ()
        doors |= {key for key, _ in figures}
        front = {child for _, child in following - figures} - seen
    return tuple(sorted(nodes[key]["name"] for key in doors if key in nodes))


def touched(
    candidate: duckdb.DuckDBPyConnection, changed: set[str], reached: tuple[str, ...]
) -> tuple[str, ...]:
    """The indicators that the sources feed, or that share a model of `reached` with what they feed, and all
    that depend on these; sorted."""
    names = changed | _labels(candidate, reached)
    found = {key for source, key in candidate.execute(FED).fetchall() if source in names}
    return _followed(found, candidate.execute(LINKS).fetchall())


def needed(candidate: duckdb.DuckDBPyConnection, indicators: tuple[str, ...]) -> tuple[str, ...]:
    """Some indicators and all that their rows depend on; sorted."""
    links = candidate.execute(LINKS).fetchall()
    return _followed(set(indicators), [(key, term) for term, key in links])


def feeding(candidate: duckdb.DuckDBPyConnection, indicators: tuple[str, ...]) -> tuple[str, ...]:
    """The measures of which some indicators are made; sorted."""
    rows = candidate.execute(MEASURED, [list(indicators)]).fetchall()
    return tuple(name for (name,) in rows)


def _followed(found: set[str], links: list[tuple[str, str]]) -> tuple[str, ...]:
    """What `links` lead to, step by step, and where they were begun from; sorted."""
    while more := {reached for begun, reached in links if begun in found} - found:
        found |= more
    return tuple(sorted(found))


def keys(candidate: duckdb.DuckDBPyConnection) -> set[str]:
    """The indicators by which split communes are shared out: what KEYED is made of."""
    rows = candidate.execute("select poids from seeds.poids where usage = 'repartition'").fetchall()
    return {name for (name,) in rows}


def still_sure(plan: Plan, database: Path) -> bool:
    """Whether the models of `plan.mesures`, built again at `database`, hold figures of no other indicators
    than those that were expected of them."""
    if not plan.indicateurs:
        return True
    with duckdb.connect(str(database), read_only=True) as candidate:
        return set(touched(candidate, set(plan.sources), plan.mesures)) <= set(plan.indicateurs)


def _labels(candidate: duckdb.DuckDBPyConnection, names: tuple[str, ...]) -> set[str]:
    """The sources that the rows of some models of the intermediate layer name."""
    found: set[str] = set()
    for name in names:
        rows = candidate.execute(f'select distinct source from intermediaire."{name}"').fetchall()
        found |= {source for (source,) in rows}
    return found


def journal_readers(manifest: dict[str, Any]) -> list[str]:
    """Names of what reads the journal of attempts otherwise than to keep its own source's delivery in force.

    The macro `en_vigueur` joins the journal to the rows of one staging model by delivery: another source's
    attempt changes nothing there."""
    children: dict[str, list[str]] = manifest["child_map"]
    nodes: dict[str, dict[str, Any]] = manifest["nodes"]
    found = set()
    for parent in (JOURNAL, "source.referentiel.extraction.livraisons"):
        for key in children.get(parent, ()):
            node = nodes.get(key)
            if node is None or key == JOURNAL:
                continue
            text = node["raw_code"]
            mentions = text.count("extraction__livraisons") + text.count("'livraisons'")
            by_macro = "macro.referentiel.en_vigueur" in node["depends_on"]["macros"] and not mentions
            own = mentions == 1 and OWN_DELIVERIES.search(text + "\n") is not None
            if not by_macro and not own:
                found.add(node["name"])
    return sorted(found)


def spared_tests(manifest: dict[str, Any], changed: set[str], readers: list[str]) -> tuple[str, ...]:
    """Names of the tests that read the journal as `en_vigueur` does, and nothing else that is built again."""
    children: dict[str, list[str]] = manifest["child_map"]
    nodes: dict[str, dict[str, Any]] = manifest["nodes"]
    front = {f"source.referentiel.landing.{name}" for name in changed} | {
        "source.referentiel.extraction.sources"
    }
    front |= {
        key for key, node in nodes.items() if node["name"] in readers or "stg_memoire__" in node["name"]
    }
    seen: set[str] = set()
    while front:
        seen |= front
        front = {child for key in front for child in children.get(key, ())} - seen
    return tuple(
        sorted(
            nodes[key]["name"]
            for key in children.get(JOURNAL, ())
            if key.startswith("test.") and key not in seen and nodes[key].get("attached_node") != JOURNAL
        )
    )


def sources(settings: Settings, files: dict[str, str] | None = None) -> dict[str, str]:
    """Source → sha256 (hex) of all that the landing holds of it: its files and its accepted deliveries; and
    the table of the sources under its file's name. `files`: `landing.digests`, when they are known."""
    digests: dict[str, Any] = {}
    files = landing.digests(settings) if files is None else files
    for path, own in files.items():
        source, _, name = path.rpartition("/")
        if source:
            digests.setdefault(source, hashlib.sha256()).update(f"{name}\0{own}\0".encode())
    journal = settings.landing / landing.DELIVERIES
    if journal.exists():
        with duckdb.connect() as connection:
            for source, text in connection.execute(ACCEPTED, [str(journal)]).fetchall():
                digests.setdefault(source, hashlib.sha256()).update(text.encode())
    found = {source: digest.hexdigest() for source, digest in digests.items()}
    return found | {name: own for name, own in files.items() if name == landing.SOURCES}


def start(settings: Settings, database: Path) -> None:
    """Copies the last candidate to where the new one is built."""
    shutil.copyfile(settings.build / FOLDER / DATABASE, database)


def complete(settings: Settings, run_results: Path, manifest: Path) -> frozenset[str]:
    """Adds to dbt's account of a partial build what the last one says of the nodes that did not run again,
    and describes the project as the last whole one did, for it is the same code; returns the nodes that
    ran."""
    folder = settings.build / FOLDER
    results = json.loads(run_results.read_text(encoding="utf-8"))
    ran = frozenset(result["unique_id"] for result in results["results"])
    last = json.loads((folder / RESULTS).read_text(encoding="utf-8"))
    results["results"] += [result for result in last["results"] if result["unique_id"] not in ran]
    write_text(run_results, json.dumps(results, ensure_ascii=False))
    shutil.copyfile(folder / MANIFEST, manifest)
    return ran


def keep(
    settings: Settings,
    database: Path,
    run_results: Path,
    manifest: Path,
    entiere_le: str,
    held: dict[str, str],
    hashes: dict[str, str],
    release: str = "",
    known: dict[str, str] | None = None,
) -> None:
    """Moves the candidate of a published release to `build/derniere` (the state is written last).

    `entiere_le`: when the last whole build was (UTC, ISO). `held`: what the landing held when this one began,
    so that what was received meanwhile is built next time. `hashes`: content hash of each published table.
    `release`: the name of the release; `known`: `digests` of these files, when they are."""
    folder = settings.build / FOLDER
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    database.replace(folder / DATABASE)
    shutil.copyfile(run_results, folder / RESULTS)
    shutil.copyfile(manifest, folder / MANIFEST)
    state = {
        "cle": _key(settings, PROJECT_ROOT),
        "entiere_le": entiere_le,
        "sources": held,
        "empreintes_tables": hashes,
        "release": release,
        "fichiers": known or digests(settings),
    }
    write_text(folder / STATE, json.dumps(state, ensure_ascii=False, indent=1) + "\n")


def kept_tables(
    settings: Settings, rebuilt: frozenset[str] | None, indicators: tuple[str, ...], manifest: Path
) -> Kept:
    """What the release of a partial build has in common with the last one.

    `rebuilt`: the nodes that ran in it, None after a whole build, of which nothing is taken over;
    `indicators`: those whose rows were made again, when not all were; `manifest`: dbt's."""
    if rebuilt is None:
        return Kept()
    state = json.loads((settings.build / FOLDER / STATE).read_text(encoding="utf-8"))
    nodes = json.loads(manifest.read_text(encoding="utf-8"))["nodes"]
    hashes: dict[str, str] = state["empreintes_tables"]
    same = {t: h for t, h in hashes.items() if f"model.referentiel.{t}" not in rebuilt}
    partly = {
        t: h
        for t, h in hashes.items()
        if indicators and nodes[f"model.referentiel.{t}"]["config"]["materialized"] == BY_INDICATOR
    }
    working = (
        key.split(".")[-1] for key in nodes if key.startswith(("model.", "seed.")) and key not in rebuilt
    )
    partly = {t: h for t, h in partly.items() if t not in same}
    return Kept(same, partly, indicators, frozenset(working), str(state["release"]))


def _key(settings: Settings, root: Path) -> str:
    """sha256 over what makes every table another one: the code, the region, where the views look."""
    parts = (code_hash(root), settings.region, settings.origine, str(settings.data.resolve()))
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()
