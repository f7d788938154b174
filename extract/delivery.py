"""One delivery asked of a producer, and the same read again from the archive, without network."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import requests

from extract import deposit
from extract.archive import Archive, known_on
from extract.attempt import Attempt, SourceResult, conclude, read
from extract.clients import CLASSIFY, CLIENTS, Ask, Collected
from extract.definitions import Definition, Part
from extract.durable import scratch
from extract.errors import DeliveryFailed, DeliveryRefused, KeyMissing
from extract.exchanges import ArchiveAdapter, Recorder
from extract.reading.table import Table
from extract.selection import PREFIX
from extract.settings import Settings
from extract.transport import Transport


def deliver(
    settings: Settings,
    archive: Archive,
    transport: Transport,
    definition: Definition,
    part: Part,
    complete: bool,
) -> SourceResult:
    """Collect one part and journal the outcome; raises only what `conclude` does.

    `complete`: download even when the producer says that nothing changed."""
    protocol = definition.text("protocole")
    recorder = Recorder(part.source, part.partition, CLASSIFY[protocol])
    held = archive.accepted_of(part.source, part.partition)
    asked = [one for one in held if "depot" not in one]
    previous = asked[-1] if asked else None
    # A deposit may already hold what the producer serves now: neither is a novelty.
    newest = max(held, key=known_on, default=None)
    known = tuple(one for one in (previous, newest) if one is not None)
    marked = archive.last_answer(part.source, part.partition)
    names = {one["livraison"]: one for one in held}
    repeated = names.get(marked.get("comme") or marked["livraison"], previous) if marked else None
    asks_news = marked and repeated and marked["acces"] == part.acces and not complete

    def collect() -> Collected:
        session = _session(settings, transport, definition, recorder)
        ask = Ask(
            part, archive, session, recorder, _mounting(transport, recorder), marked if asks_news else None
        )
        return CLIENTS[protocol](ask)

    attempt = Attempt(settings, archive, part, protocol, recorder, known, previous, repeated)
    return conclude(attempt, collect)


@contextmanager
def reread(
    settings: Settings, archive: Archive, definition: Definition, record: dict[str, Any]
) -> Iterator[Table]:
    """The rows of an accepted delivery from its archived exchanges, read with today's yaml, for the length of
    the block; raises ExtractError (ArchiveDamaged when a byte that is read is not the one that was
    received)."""
    with (
        scratch(archive.unpacking) as folder,
        closing(_again(settings, archive, definition, record, folder)) as table,
    ):
        yield table


def _again(
    settings: Settings, archive: Archive, definition: Definition, record: dict[str, Any], folder: Path
) -> Table:
    part = expected_of(settings, definition, record)
    if "depot" in record:
        deposit.require_intact(archive, record)
        return read(deposit.collected(archive, definition, part, record), part, folder)
    part = Part(part.source, part.partition, record["acces"], part.lecture, part.attendu)
    recorder = Recorder(part.source, part.partition, CLASSIFY[record["protocole"]])

    def mount(session: requests.Session) -> None:
        adapter = ArchiveAdapter(archive, record["echanges"], recorder)
        session.mount("https://", adapter)
        session.mount("http://", adapter)
        session.mount(PREFIX, adapter)

    session = requests.Session()
    mount(session)
    try:
        ask = Ask(part, archive, session, recorder, mount)
        return read(CLIENTS[record["protocole"]](ask), part, folder)
    except requests.exceptions.RequestException as error:
        raise DeliveryFailed(f"l'archive ne suffit pas à relire {record['livraison']} : {error}") from error


def expected_of(settings: Settings, definition: Definition, record: dict[str, Any]) -> Part:
    """What today's yaml expects of a journaled delivery; raises DeliveryRefused when it knows it no more."""
    if record["partition"] not in definition.partitions:
        raise DeliveryRefused(f"la partition {record['partition']} n'est plus dans {record['source']}.yml")
    part = definition.part(record["partition"], settings)
    return deposit.form(definition, part, record["depot"].get("forme")) if "depot" in record else part


def _session(
    settings: Settings, transport: Transport, definition: Definition, recorder: Recorder
) -> requests.Session:
    session = transport.session(recorder)
    if definition.key is not None:
        variable = definition.key["variable"]
        key = settings.key(variable)
        if key is None:
            raise KeyMissing(
                f"clé absente : la variable d'environnement {variable} "
                f"n'est pas donnée ({definition.key['obtenir']})"
            )
        session.headers[definition.key["entete"]] = definition.key["forme"].replace("{cle}", key)
    return session


def _mounting(transport: Transport, recorder: Recorder) -> Any:
    def mount(session: requests.Session) -> None:
        transport.mount(session, recorder)

    return mount
