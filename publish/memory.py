"""What earlier builds know of old deliveries, so that a build reads only the new ones: time grows with what
changed.

`build/memoire/` holds the versions that the last good build found (`int_versions_recues`) and which
deliveries they come from. It is a saving, never a source: it is thrown away as soon as anything else than a
new delivery could change them (the code, the seeds, the geography, a reading rule), or when a file of it is
not the one noted, and a build without it finds the same versions (a test compares).
"""

from __future__ import annotations

import csv
import hashlib
import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq

from extract import landing
from extract.durable import fsync_file, fsync_folder, write_text
from extract.settings import PROJECT_ROOT, Settings
from publish.inputs import code_hash
from publish.manifest import sha256

FOLDER = "memoire"
VERSIONS, DELIVERIES, KEY = "versions", "livraisons.parquet", "memoire.json"
# Figures that are also weights of the passages between geographies: a new delivery of them changes which
# places count.
ALSO_GEOGRAPHY = {"insee__populations_communes"}
ORDER = """
    select livraison, source, partition,
        lead(livraison) over chaine as suivante, lead(livraison) over chaine is null as en_vigueur
    from read_parquet(?) where resultat = 'nouveau'
    window chaine as (
        partition by source, partition order by coalesce(publie_le, recu_le), recu_le, livraison
    )
    order by livraison
"""


@dataclass(frozen=True)
class Delivery:
    """An accepted delivery, the one that follows it in its partition, and how its rows were read."""

    livraison: str
    source: str
    partition: str | None
    suivante: str | None
    en_vigueur: bool
    lecture: str | None


def figure_sources(root: Path = PROJECT_ROOT) -> set[str]:
    """The sources of which the dictionary takes figures."""
    sources = set()
    for name in ("dictionnaire.csv", "mesures_complementaires.csv"):
        with (root / "seeds" / name).open(encoding="utf-8", newline="") as handle:
            sources |= {row["source"] for row in csv.DictReader(handle)}
    return sources


def deliveries(settings: Settings) -> list[Delivery]:
    """Every accepted delivery that the landing holds, by name."""
    with duckdb.connect() as connection:
        rows = connection.execute(ORDER, [str(settings.landing / landing.DELIVERIES)]).fetchall()
    found = []
    for name, source, partition, following, in_force in rows:
        path = landing.delivery_path(settings, source, name)
        reading = landing.reading_of(pq.read_metadata(path)) if path.exists() else None
        found.append(Delivery(name, source, partition, following, in_force, reading))
    return found


def key(settings: Settings, known: list[Delivery], root: Path = PROJECT_ROOT) -> str:
    """sha256 over all that turns a delivery into versions, but the deliveries of figures themselves."""
    digest = hashlib.sha256(f"{settings.region}\0{code_hash(root)}\0".encode())
    for path in sorted((root / "extract").rglob("*")):
        if path.suffix in {".py", ".yml", ".json"} and "replica" not in path.parts:
            digest.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes())
    plain = figure_sources(root) - ALSO_GEOGRAPHY
    for one in sorted(known, key=lambda d: d.livraison):
        if one.source not in plain:
            digest.update(f"{one.livraison}\0{one.lecture}\0".encode())
    return digest.hexdigest()


def prepare(settings: Settings, every: list[Delivery], now: str) -> dict[str, str]:
    """What to tell dbt's process: the landing to read and, when there is a memory, where it is.

    Read: the deliveries in force, those that the memory does not hold, and the one that follows each of
    those; the landing to read is then a folder of links. A memory that does not fit any more is removed.
    `every`: what the landing holds (`deliveries`); `now`: the `key` of it.
    """
    folder = settings.build / FOLDER
    if not (folder / KEY).is_file():
        return _everything(settings)
    kept = _noted(folder)
    readings = {one.livraison: one.lecture for one in every}
    fits = (
        kept["cle"] == now
        and all(readings.get(name) == reading for name, reading in kept["livraisons"].items())
        and _intact(folder, kept["fichiers"])
    )
    if not fits or not kept["livraisons"]:
        shutil.rmtree(folder)
        return _everything(settings)
    figures = figure_sources()
    new = [one for one in every if one.source in figures and one.livraison not in kept["livraisons"]]
    again = {one.suivante for one in new}
    trusted = [name for name in kept["livraisons"] if name not in again]
    with duckdb.connect() as connection:
        connection.execute("create table livraisons (livraison varchar)")
        connection.execute("insert into livraisons select unnest(?::varchar[])", [trusted])
        connection.execute(f"copy livraisons to '{_text(folder / DELIVERIES)}' (format parquet)")
    left_out = {one.livraison for one in every if one.livraison in trusted and not one.en_vigueur}
    return {
        "REFERENTIEL_LANDING": str(_links(settings, left_out)),
        "REFERENTIEL_VERSIONS": str(folder.resolve()),
    }


def _noted(folder: Path) -> dict[str, Any]:
    """What memoire.json says: `cle`, `livraisons`, `fichiers`; all empty when it does not say it."""
    try:
        noted = json.loads((folder / KEY).read_text(encoding="utf-8"))
        lists = {name: dict(noted[name]) for name in ("livraisons", "fichiers")}
        return {"cle": noted["cle"]} | lists
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return {"cle": "", "livraisons": {}, "fichiers": {}}


def _intact(folder: Path, files: dict[str, str]) -> bool:
    """Whether the files of versions are those of these names and digests."""
    found = {path.name: sha256(path) for path in (folder / VERSIONS).glob("*")}
    return found == files


def keep(settings: Settings, candidate: Path, held: list[Delivery], began: str | None = None) -> None:
    """Keeps the versions of a candidate that dbt built and tested whole, one file per source; the file of a
    source without a new delivery is taken over as it is.

    `held`: what the landing held when the build began (`deliveries`). When it holds anything else by now,
    nobody knows which models saw it: the former memory stays, and both are read at the next build. So it is
    when the key is not `began`, that of the beginning, any more: the code changed meanwhile."""
    now = key(settings, held)
    if deliveries(settings) != held or now != (began or now):
        return
    folder = settings.build / FOLDER
    fresh = settings.build / f".{FOLDER}"
    shutil.rmtree(fresh, ignore_errors=True)
    (fresh / VERSIONS).mkdir(parents=True)
    figures = figure_sources()
    former = _noted(folder)
    known = former["livraisons"] if former["cle"] == now else {}
    files = {}
    with duckdb.connect(str(candidate), read_only=True) as connection:
        for source in sorted({one.source for one in held if one.source in figures}):
            file = f"{source}.parquet"
            mine = {one.livraison: one.lecture for one in held if one.source == source}
            # a delivery never leaves the journal: nothing new is nothing changed
            if (folder / VERSIONS / file).is_file() and mine.items() <= known.items():
                os.link(folder / VERSIONS / file, fresh / VERSIONS / file)
                files[file] = former["fichiers"].get(file)
                continue
            connection.execute(
                f"copy (select * from intermediaire.int_versions_recues where source = '{source}')"
                f" to '{_text(fresh / VERSIONS / file)}' (format parquet, compression zstd)"
            )
            fsync_file(fresh / VERSIONS / file)
            files[file] = sha256(fresh / VERSIONS / file)
    read = {one.livraison: one.lecture for one in held if one.source in figures}
    content = {"cle": now, "livraisons": read, "fichiers": files}
    write_text(fresh / KEY, json.dumps(content, ensure_ascii=False, indent=1))
    shutil.rmtree(folder, ignore_errors=True)
    fresh.rename(folder)
    fsync_folder(settings.build)


def _everything(settings: Settings) -> dict[str, str]:
    # The same folder as with a memory: the views of a kept candidate look there, and dbt, which reads its
    # whole project again when a setting changes, keeps what it read.
    return {"REFERENTIEL_LANDING": str(_links(settings, set())), "REFERENTIEL_VERSIONS": ""}


def _links(settings: Settings, left_out: set[str]) -> Path:
    """The landing without some deliveries, as links; its journals are copied, for a delivery that arrives
    while dbt works replaces them."""
    folder = settings.build / "landing"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for path in settings.landing.glob("**/*.parquet"):
        if path.stem not in left_out:
            link = folder / path.relative_to(settings.landing)
            link.parent.mkdir(exist_ok=True)
            if path.parent == settings.landing:
                shutil.copyfile(path, link)
            else:
                link.symlink_to(path.resolve())
    return folder.resolve()


def _text(path: Path) -> str:
    return str(path).replace("'", "''")
