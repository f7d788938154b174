"""A file that someone gives: a captcha stood before it, the vintage is old, a colleague had it.

It takes the road of what is asked: archive, strict reading by the source's yaml, landing. Its place among
the others is its date of publication, whatever the order in which vintages are deposited."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from extract.archive import Archive, StoredObject, comparable, known_on, now_iso, utc_text
from extract.attempt import Attempt, SourceResult, conclude, read
from extract.clients import Collected, bdm, melodi, opendatasoft
from extract.definitions import Definition, Part
from extract.durable import scratch
from extract.errors import DeliveryRefused, SettingsError
from extract.exchanges import Exchange, Recorder
from extract.reading import Table, read_file
from extract.settings import Settings

CHUNK = 1 << 20
METHOD = "DEPOT"
WORKBOOK = "[Content_Types].xml"  # an xlsx is itself a zip, and holds this


def deposit(
    settings: Settings,
    archive: Archive,
    definition: Definition,
    partition: str | None,
    file: Path,
    published: str,
) -> SourceResult:
    """Archive, read and land one file; the outcome is journaled as that of any delivery.

    `published`: the day (or moment) on which the producer published it, ISO. Raises SettingsError for what
    cannot be tried at all (no such file, one that this user may not read, no such partition or date),
    ContextMismatch for another region, WriteRefused for a disk that fails."""
    part = _part(settings, definition, partition)
    moment = _moment(published)
    _require_readable(file)
    held = archive.accepted_of(part.source, partition)
    before = [one for one in held if known_on(one)[0] < comparable(moment)]
    attempt = Attempt(
        settings,
        archive,
        part,
        definition.text("protocole"),
        Recorder(part.source, partition),
        tuple(one for one in held if known_on(one)[0] == comparable(moment)),
        max(before, key=known_on, default=None),
        deposit={"fichier": file.name, "publie_le": moment},
    )
    return conclude(attempt, lambda: _received(attempt, definition, file))


def collected(archive: Archive, definition: Definition, part: Part, record: dict[str, Any]) -> Collected:
    """What a journaled deposit brought, from the archive."""
    exchange = record["echanges"][0]
    path = archive.object_path(exchange["sha256"])
    return Collected(
        exchange["url"],
        record["depot"]["publie_le"],
        lambda scratch: _read(part, definition.text("protocole"), path, scratch),
        part=part,
    )


def require_intact(archive: Archive, record: dict[str, Any]) -> None:
    """Raises ArchiveDamaged when a journaled deposit has lost its bytes: nobody can be asked for them."""
    given = record["depot"]
    asked = f"{record['source']} FICHIER --published-on {given['publie_le'].removesuffix('T00:00:00Z')}"
    if record["partition"]:
        asked += f" --partition {record['partition']}"
    archive.require_intact(
        record["echanges"][0]["sha256"],
        f"sans sauvegarde, déposez de nouveau {given['fichier']}, le même à l'octet près"
        f" (extract deposit {asked})",
    )


def form(definition: Definition, part: Part, name: str | None) -> Part:
    """The part as read under one of the yaml's `depots`, or as asked of the producer; raises
    DeliveryRefused for a form that is gone."""
    forms = dict(definition.deposited_as(part))
    if name is not None and name not in forms:
        raise DeliveryRefused(f"la forme de dépôt {name} n'est plus dans {part.source}.yml")
    return part if name is None else forms[name]


def _received(attempt: Attempt, definition: Definition, file: Path) -> Collected:
    """Archive the bytes, then find the first form of the yaml under which they are what is expected; raises
    DeliveryRefused with what each form says when none fits."""
    stored = attempt.archive.store(_chunks(file))
    attempt.recorder.note(_exchange(file, stored))
    assert attempt.deposit is not None
    record = {"echanges": [attempt.recorder.exchanges[0].as_record()], "depot": attempt.deposit}
    forms = definition.raw.get("depots", {})
    refusals = []
    for name in (None, *forms):
        part = form(definition, attempt.part, name)
        found = collected(attempt.archive, definition, part, record)
        if not forms:
            return found
        try:
            with scratch(attempt.archive.unpacking) as folder:
                read(found, part, folder).close()
        except DeliveryRefused as error:
            refusals.append(f"{name or 'forme du producteur'} : {error}")
            continue
        attempt.deposit["forme"] = name
        return found
    raise DeliveryRefused("aucune forme connue ne convient. " + " ; ".join(refusals))


def _require_readable(file: Path) -> None:
    """Raises SettingsError: what this user may not read is no failure of the source, nor of the disk."""
    try:
        if not file.is_file():
            raise SettingsError(f"{file} : fichier introuvable.")
        file.open("rb").close()
    except PermissionError as error:
        raise SettingsError(
            f"{file} : {_who_runs()}, qui exécute cette commande, n'a pas le droit de lire ce fichier (ou de"
            " traverser son dossier). Copiez-le dans /tmp et donnez-le à lire (chmod a+r), puis recommencez."
        ) from error
    except OSError as error:
        raise SettingsError(f"{file} : fichier illisible ({error.strerror}).") from error


def _who_runs() -> str:
    import pwd  # of Unix only, as the lock of a run is

    try:
        return f"l'utilisateur {pwd.getpwuid(os.geteuid()).pw_name}"
    except KeyError:  # a container may run a user that has no name
        return f"l'utilisateur {os.geteuid()}"


def _exchange(file: Path, stored: StoredObject) -> Exchange:
    """The name of the file only: where it was on someone's machine is nobody's business."""
    return Exchange(METHOD, f"depot:{file.name}", 200, stored.sha256, stored.octets, {}, now_iso(), "")


def _chunks(file: Path) -> Iterator[bytes]:
    with file.open("rb") as source:
        while chunk := source.read(CHUNK):
            yield chunk


def _read(part: Part, protocol: str, path: Path, scratch: Path) -> Table:
    """The rows, in the form that the producer gives to those who ask; raises DeliveryRefused."""
    match protocol:
        case "bdm":
            return bdm.read_message(path)
        case "melodi" if "format" not in part.lecture:
            return melodi.read_answer(path)
        case "opendatasoft":
            return opendatasoft.read_exports(part, [(path, "", None)], scratch)
        case _:
            return read_file(replace(part, lecture=_lecture(part, path)), path, "", scratch)


def _lecture(part: Part, path: Path) -> dict[str, Any]:
    """How to read a file that the producer gives in a zip: people unpack it before they pass it on."""
    packed = zipfile.is_zipfile(path)
    if packed:
        with zipfile.ZipFile(path) as archive:
            packed = WORKBOOK not in archive.namelist()
    return part.lecture if packed else {**part.lecture, "membre": None}


def _part(settings: Settings, definition: Definition, partition: str | None) -> Part:
    known = definition.partitions
    if partition in known:
        return definition.part(partition, settings)
    if known == (None,):
        raise SettingsError(f"{definition.source} n'a pas de partition : ôtez --partition.")
    named = ", ".join(filter(None, known))
    raise SettingsError(
        f"{definition.source} se livre par partition : donnez --partition parmi {named}. Pour un millésime "
        f"qui n'y est pas, ajoutez-le d'abord sous partitions dans extract/sources/{definition.source}.yml."
    )


def _moment(published: str) -> str:
    """The date as the journal writes it; a day is its first instant, in UTC."""
    try:
        moment = datetime.fromisoformat(published.replace("Z", "+00:00"))
    except ValueError as error:
        raise SettingsError(
            f"« {published} » n'est pas une date de publication : il faut AAAA-MM-JJ, comme 2021-02-23."
        ) from error
    moment = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    if moment > datetime.now(UTC):
        raise SettingsError(f"La date de publication {published} est dans le futur.")
    return utc_text(moment)
