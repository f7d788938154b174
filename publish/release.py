"""Makes the release: a folder written under a temporary name, then named, then pointed to. Refusals are
kept aside."""

from __future__ import annotations

import csv
import shutil
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from expectations.model import Verdict
from extract.durable import fsync_file, fsync_folder
from extract.settings import Settings
from publish import changes, content, database, manifest, note, pages, releases, words
from publish.database import Taken
from publish.exports import bundle, vigilance
from publish.exports.produce import Origin
from publish.inputs import Inputs, versions
from publish.partial import Kept
from publish.releases import DATABASE, REFUSED, UNFINISHED, Release

FLUSHED = 8  # files of a release at once
KEPT_REFUSALS = 5  # whole refused candidates kept; the folder would otherwise grow with every hourly refusal

DICTIONARY = """
    select i.*, o.premiere_periode, o.derniere_periode, o.territoires, o.valeurs
    from indicateurs i
    left join (
        select indicateur, min(periode) as premiere_periode, max(periode) as derniere_periode,
            count(distinct territoire) as territoires, count(valeur) as valeurs
        from observations where valeur is not null group by all
    ) o using (indicateur)
    order by i.ordre, i.indicateur
"""


CORRECTIONS = """
    select distinct h.indicateur, i.libelle, i.decimales, h.territoire, h.periode, h.modalite, h.valeur,
    h.correction from observations_historique h join indicateurs i using (indicateur)
    where h.correction is not null and h.connu_jusqua is null
    order by h.indicateur, h.territoire, h.periode
"""


@dataclass(frozen=True)
class Draft:
    """A release that lacks its judgement: its unfinished folder, what was counted in it, what it follows."""

    nom: str
    folder: Path
    moment: datetime
    inputs: Inputs
    previous: Release | None
    rows: dict[str, int]
    hashes: dict[str, str]
    sums: dict[str, content.Sums]

    @property
    def database(self) -> Path:
        """Its DuckDB file."""
        return self.folder / DATABASE


def draft(
    settings: Settings,
    candidate: Path,
    dbt_manifest: Path,
    inputs: Inputs,
    moment: datetime,
    kept: Kept | None = None,
) -> Draft:
    """Writes the tables of a release, in DuckDB and Parquet, and their hashes, in a folder under a temporary
    name. `kept`: what it has in common with the last release.

    It owes them to the figures alone and readers see nothing of it, so it may be made while the candidate is
    judged; `abandon` removes it."""
    published = settings.published
    published.mkdir(parents=True, exist_ok=True)
    abandon(settings, moment, inputs)
    folder = _unfinished(settings, moment, inputs)
    folder.mkdir()
    previous = releases.current(published)
    file = folder / DATABASE
    kept = kept or Kept()
    found = unchanged(previous, kept.tables | kept.partly, inputs.code)
    taken = {table: path for table, path in found.items() if table in kept.tables}
    source = None
    if previous is not None and found:
        partly = frozenset(found) & kept.partly.keys()
        working = kept.travail if kept.release == previous.nom else frozenset()
        source = Taken(previous.database, frozenset(taken), partly, kept.indicateurs, working)
    rows = database.write(candidate, file, dbt_manifest, taken=source)
    rows[changes.TABLE] = changes.write(
        file, previous.database if previous else None, previous.nom if previous else None
    )
    # Before the exports: these attach the release before, which every connection of a process to one file
    # then sees, and a table that is there twice would be hashed as another one.
    database.write_parquet(file, folder / "parquet", taken)
    nom = releases.name(moment, inputs.entrees)
    known: dict[str, content.Sums] = {}
    renewed = None
    if previous is not None:
        hashes = previous.manifest.get("empreintes_tables", {})
        known = content.recalled(settings.build / content.SUMS, previous.database, hashes)
    if previous is not None and source is not None:
        same = {t: one for t, one in known.items() if t in source.partly}
        renewed = content.Renewed(previous.database, source.indicateurs, same)
    sums = content.all_sums(file, kept.tables, renewed)
    if renewed is not None and any(sums[table].rows != rows[table] for table in renewed.sums):
        sums = content.all_sums(file, kept.tables)
    hashes = content.digests(file, sums, kept.tables)
    return Draft(nom, folder, moment, inputs, previous, rows, hashes, known | sums)


def draw(settings: Settings, inputs: Inputs, moment: datetime) -> None:
    """Adds to a draft its pages and the exports that are laid out, while the candidate is judged."""
    nom, folder = releases.name(moment, inputs.entrees), _unfinished(settings, moment, inputs)
    pages.write(folder / DATABASE, folder / "dictionnaire", moment)
    previous = releases.current(settings.published)
    origin = _origin(settings, folder / DATABASE, nom, moment, previous)
    bundle.write_formatted(origin, folder / "exports")


def _origin(settings: Settings, file: Path, nom: str, moment: datetime, previous: Release | None) -> Origin:
    before = (previous.nom, previous.database) if previous is not None else None
    return Origin(file, settings.region, nom, moment, before)


def abandon(settings: Settings, moment: datetime, inputs: Inputs) -> None:
    """Removes the draft of a candidate that was refused, whatever there is of it."""
    folder = _unfinished(settings, moment, inputs)
    if folder.exists():
        shutil.rmtree(folder)


def _unfinished(settings: Settings, moment: datetime, inputs: Inputs) -> Path:
    """Where the draft of a release lies."""
    return settings.published / f"{UNFINISHED}{releases.name(moment, inputs.entrees)}"


def make(
    settings: Settings,
    made: Draft,
    drawn: Callable[[], object],
    candidate: Path,
    quality: Path,
    verdict: Verdict,
) -> Release:
    """Gives a draft its judgement and its note, names the folder, gives it to readers, returns the release.
    `drawn` waits for `draw`.

    Killed before the rename, nothing is there but a folder that the next run removes; between the rename and
    the pointer, a whole release that nobody follows yet.
    """
    nom, folder, moment, previous, file = made.nom, made.folder, made.moment, made.previous, made.database
    # That which the other process would end after this one.
    write_dictionary(file, folder / "dictionnaire.csv")
    bundle.write_flat(_origin(settings, file, nom, moment, previous), folder / "exports")
    shutil.copytree(quality, folder / "qualite")
    watched = vigilance.write(
        folder / "qualite" / vigilance.FILE, candidate, verdict, title=f"release {nom}", made=moment
    )
    note.write(
        folder / "NOTE.md",
        file,
        previous,
        verdict,
        nom=nom,
        made=moment,
        origin=settings.origine,
        corrections=corrections(file),
        watched=[(sheet.question.titre, sheet.question.lecteur, len(sheet.rows)) for sheet in watched],
    )
    drawn()
    # Nobody else may have the file open.
    controles = database.add_controles(file, verdict.controles)
    database.write_parquet_table(file, folder / "parquet", database.CONTROLES_TABLE)
    manifest.write(
        folder,
        nom=nom,
        made=moment,
        inputs=asdict(made.inputs),
        versions=versions(),
        region=settings.region,
        origin=settings.origine,
        rows=made.rows | {database.CONTROLES_TABLE: controles},
        counts=dict(Counter(c.resultat for c in verdict.controles)),
        content=made.hashes,
    )
    with ThreadPoolExecutor(FLUSHED) as several:  # what each waits for is the disk
        list(several.map(fsync_file, [path for path in folder.rglob("*") if path.is_file()]))
    folder.rename(settings.published / nom)
    fsync_folder(settings.published)
    releases.follow(settings.published, nom)
    return releases.read(settings.published / nom)


def unchanged(previous: Release | None, known: dict[str, str], code: str) -> dict[str, Path]:
    """The tables of `known` of which the previous release has that content hash, and their Parquet files;
    none when another code than `code` made it, or a file of it is not what its manifest says."""
    if previous is None or previous.manifest["empreintes"]["code"] != code:
        return {}
    hashes, files = previous.manifest.get("empreintes_tables", {}), previous.manifest["fichiers"]
    same = [table for table, digest in known.items() if hashes.get(table) == digest]
    found = {table: previous.folder / "parquet" / f"{table}.parquet" for table in same}
    for path in (previous.database, *found.values()):
        told = files.get(path.relative_to(previous.folder).as_posix(), {}).get("sha256")
        if not path.is_file() or manifest.sha256(path) != told:
            return {}
    return found


def write_dictionary(file: Path, target: Path) -> None:
    """dictionnaire.csv: the dictionary and, for each indicator, what the release holds of it."""
    with duckdb.connect(str(file), read_only=True) as connection:
        result = connection.execute(DICTIONARY)
        names = [column[0] for column in result.description or []]
        rows = result.fetchall()
    with target.open("w", encoding="utf-8-sig", newline="") as handle:
        writer = csv.writer(handle, delimiter=";")
        writer.writerow(names)
        writer.writerows([[_cell(value) for value in row] for row in rows])


def _cell(value: object) -> object:
    """Decimal comma, as in the other CSV of the release."""
    if isinstance(value, float):
        return f"{value:.10g}".replace(".", ",")
    return "" if value is None else value


def corrections(file: Path) -> list[str]:
    """The corrections that hold in the release, one line each."""
    with duckdb.connect(str(file), read_only=True) as connection:
        rows = connection.execute(CORRECTIONS).fetchall()
    return [
        f"- **{label}** (`{key}`), {territory}, {words.period(period)}"
        f"{'' if modality == '_T' else f' ({modality})'} :"
        f" {words.number(value, decimals)}. {text}"
        for key, label, decimals, territory, period, modality, value, text in rows
    ]


def refuse(
    settings: Settings, candidate: Path, quality: Path, verdict: Verdict, inputs: Inputs, moment: datetime
) -> Path:
    """Keeps the refused candidate with its report under published/_refused/ and returns its folder."""
    refused = settings.published / REFUSED
    refused.mkdir(parents=True, exist_ok=True)
    nom = releases.name(moment, inputs.entrees)
    folder = refused / f"{UNFINISHED}{nom}"
    folder.mkdir()
    if candidate.exists():
        shutil.copy2(candidate, folder / "candidat.duckdb")
    if quality.is_dir():
        shutil.copytree(quality, folder / "qualite")
    refusal = f"candidate refusée {nom}"
    vigilance.write(folder / vigilance.FILE, candidate, verdict, title=refusal, made=moment)
    lines = [f"# Candidate refusée le {moment.astimezone(UTC):%d/%m/%Y à %H:%M} UTC", ""]
    lines += [f"- {c.objet} · {c.phrase} {c.detail} (`{c.controle}`)" for c in verdict.refus]
    lines += [f"- faute de notre côté : {fault}" for fault in verdict.fautes]
    (folder / "RAPPORT.md").write_text("\n".join(lines) + "\n", encoding="utf-8")
    with (folder / "controles.csv").open("w", encoding="utf-8-sig", newline="") as handle:
        writer = csv.writer(handle, delimiter=";")
        writer.writerow([name for name in database.CONTROLES if name])
        writer.writerows(c.row() for c in verdict.controles)
    folder.rename(refused / nom)
    fsync_folder(refused)
    old = sorted(f for f in refused.iterdir() if f.is_dir() and not f.name.startswith("."))[:-KEPT_REFUSALS]
    for folder in old:
        shutil.rmtree(folder)
    return refused / nom
