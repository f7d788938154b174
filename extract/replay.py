"""Rebuild the landing from the archive, with the network unplugged: same client, same reading, archived
answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from extract import landing, written
from extract.archive import Archive
from extract.attempt import land, reading_digest
from extract.definitions import Definition
from extract.delivery import expected_of, reread
from extract.errors import ArchiveDamaged, DeliveryRefused, ExtractError, WriteRefused
from extract.settings import Settings


@dataclass(frozen=True)
class Reread:
    """One delivery read again: `motif` is empty when it went well; `abimee` when its bytes are spoilt.
    `part`: the name of what is then to be asked again; empty for a deposit, which nobody was asked for."""

    livraison: str
    lignes: int | None
    motif: str = ""
    part: str = ""
    abimee: bool = False


def replay(
    settings: Settings,
    archive: Archive,
    definitions: dict[str, Definition],
    tell: Callable[[Reread], None] = lambda _: None,
) -> list[Reread]:
    """Make every landed file again. A delivery that today's yaml refuses loses its file, and that is told."""
    results = [_again(settings, archive, definitions, record, tell) for record in archive.accepted()]
    landing.remove_strangers(settings, archive)
    landing.write_frame(settings, archive, definitions.values())
    return results


def reconcile(settings: Settings, archive: Archive, definitions: dict[str, Definition]) -> list[Reread]:
    """Make the landing agree with the journal and the yamls: strangers go, what is missing, was read with
    other rules or has other bytes than it was written with is made again."""
    landing.remove_strangers(settings, archive)
    results = []
    digests = written.noted(settings.landing)
    for record in archive.accepted():
        definition = definitions.get(record["source"])
        path = landing.delivery_path(settings, record["source"], record["livraison"])
        if definition is None or record["partition"] not in definition.partitions:
            path.unlink(missing_ok=True)  # no yaml reads it any more; the archive keeps it
            continue
        known = path.exists() and _read_as_today(settings, definition, record, path)
        if known and (digests is None or written.same(settings.landing, path, digests)):
            continue
        results.append(_again(settings, archive, definitions, record, lambda _: None))
    if digests is None and settings.landing.is_dir():
        written.note(settings.landing, *settings.landing.glob("*/[!_]*.parquet"))
    return results


def _read_as_today(settings: Settings, definition: Definition, record: dict[str, Any], path: Path) -> bool:
    try:
        wanted = reading_digest(expected_of(settings, definition, record))
    except DeliveryRefused:  # reading it again will say why
        return False
    try:
        return landing.reading_of(pq.read_metadata(path)) == wanted
    except landing.UNREADABLE:  # made again
        return False


def _again(
    settings: Settings,
    archive: Archive,
    definitions: dict[str, Definition],
    record: dict[str, Any],
    tell: Callable[[Reread], None],
) -> Reread:
    path = landing.delivery_path(settings, record["source"], record["livraison"])
    definition = definitions.get(record["source"])
    if definition is None:
        result = Reread(record["livraison"], None, f"aucun fichier {record['source']}.yml")
    else:
        try:
            with reread(settings, archive, definition, record) as table:
                result = Reread(record["livraison"], table.rows)
                land(settings, record, table, reading_digest(expected_of(settings, definition, record)))
        except ArchiveDamaged as error:  # what was landed before the damage stays
            part = "" if "depot" in record else expected_of(settings, definition, record).name
            result = Reread(record["livraison"], None, str(error), part, abimee=True)
        except WriteRefused:  # says nothing of the delivery
            raise
        except ExtractError as error:
            result = Reread(record["livraison"], None, str(error))
    if result.motif and not result.abimee:
        path.unlink(missing_ok=True)
    tell(result)
    return result
