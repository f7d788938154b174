"""Bytes as received: content-addressed, append-only, with a journal of one JSON line per attempt.

- `archive/objets/ab/<sha256>`: the bytes; never rewritten
- `archive/journal.jsonl`: {"type": "echange"} per HTTP attempt, {"type": "livraison"} per delivery attempt
  (`extract.journal`)
- `archive/format.json`: the number of this layout (extract.layout)
- `archive/contexte.json`: {"origine", "region"}, whom this archive speaks for (`extract.context`)
- `archive/tmp`: what is being received, or unpacked to be read; a run removes what a killed one left there
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import tempfile
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from extract import context, journal, layout
from extract.durable import TEMP_PREFIX, as_line, fsync_folder, writing
from extract.errors import ArchiveDamaged
from extract.settings import Settings

ACCEPTED, UNCHANGED = "nouveau", "inchange"
# How far our clock may be from a producer's and behind the journal's last reception. One for both: what is
# accepted today must not stop the runs of tomorrow.
CLOCK_TOLERANCE = timedelta(hours=1)
SERVED_AGAIN = "une exécution qui interroge sa source le remet d'elle-même si ces octets sont encore servis"


def now_iso() -> str:
    """UTC now, ISO 8601 to the microsecond, with a Z."""
    return utc_text(datetime.now(UTC), "microseconds")


def utc_text(moment: datetime, timespec: str = "seconds") -> str:
    """An aware moment as our files write it: ISO 8601, UTC, with a Z. `timespec`: as `isoformat` takes it."""
    return moment.astimezone(UTC).isoformat(timespec=timespec).replace("+00:00", "Z")


def known_on(delivery: dict[str, Any]) -> tuple[str, str, str]:
    """Sorts deliveries by when their figures were known: the producer's date of publication, else the day of
    reception; then by reception, then by name (the models order them the same way)."""
    published = delivery["publie_le"]
    return (
        comparable(published) if published else delivery["recu_le"],
        delivery["recu_le"],
        delivery["livraison"],
    )


def comparable(moment: str) -> str:
    """An ISO date or date and time as the journal's form of UTC, so that texts sort as moments do."""
    return utc_text(in_utc(moment), "microseconds")


def in_utc(moment: str) -> datetime:
    """The moment that an ISO text says, aware, in UTC (which a text without zone is taken to be in)."""
    read = datetime.fromisoformat(moment.replace("Z", "+00:00"))
    return read.astimezone(UTC) if read.tzinfo else read.replace(tzinfo=UTC)


@dataclass(frozen=True)
class StoredObject:
    """One object of the archive: sha256 (hex), size in bytes, path."""

    sha256: str
    octets: int
    path: Path


class Deliveries:
    """The `livraison` records of a journal, oldest first. After years nearly all of them say that nothing
    changed: such a one is parsed when somebody looks at it."""

    BEGINS, OTHERS = b'{"type":"livraison",', b'{"type":"echange",'  # as our lines do
    NEW = f'"{ACCEPTED}"'.encode()  # is in the line of every accepted one

    def __init__(self, lines: Iterable[bytes]) -> None:
        self.accepted: list[dict[str, Any]] = []
        self.digest = hashlib.sha256()
        self._held: list[dict[str, Any] | bytes] = []
        for line in lines:
            self.add(line)

    def add(self, line: bytes) -> None:
        """Take up the JSON of one more line of the journal, if it is that of a delivery."""
        if line.startswith(self.OTHERS):
            return
        record: dict[str, Any] | None = None
        if self.NEW in line or not line.startswith(self.BEGINS):
            record = json.loads(line)
            if record.get("type") != "livraison":
                return
            if record.get("resultat") == ACCEPTED:
                self.accepted.append(record)
        self.digest.update(line + b"\n")
        self._held.append(line if record is None else record)

    def every(self) -> list[dict[str, Any]]:
        """All of them, oldest first."""
        return [self._at(rank) for rank in range(len(self._held))]

    def of(self, source: str, partition: str | None) -> Iterator[dict[str, Any]]:
        """Those of a (source, partition), newest first: the last one is found without parsing the rest."""
        newest_first = (self._at(rank) for rank in reversed(range(len(self._held))))
        return (one for one in newest_first if one["source"] == source and one["partition"] == partition)

    def _at(self, rank: int) -> dict[str, Any]:
        held = self._held[rank]
        if isinstance(held, bytes):
            held = self._held[rank] = json.loads(held)
        return held


class Archive:
    """The archive under one folder; safe for several threads of one process (the run's lock keeps others
    out). `unpacking`: where its files are unpacked to be read (default: in its own folder, of which a run
    measures the disk); whoever reads without the lock gives another one."""

    def __init__(self, root: Path, unpacking: Path | None = None) -> None:
        self.root = root
        self.journal_path = root / "journal.jsonl"
        self._objects = root / "objets"
        self._temporary = root / "tmp"
        self.unpacking = unpacking or self._temporary
        self._lock = threading.Lock()
        self._deliveries: Deliveries | None = None

    # ---- objects
    def object_path(self, sha256: str) -> Path:
        """Where the object of that hash is, whether it exists or not."""
        return self._objects / sha256[:2] / sha256

    def is_intact(self, sha256: str) -> bool:
        """Whether the object is there with the bytes that its name promises."""
        try:
            with self.object_path(sha256).open("rb") as handle:
                return hashlib.file_digest(handle, "sha256").hexdigest() == sha256
        except OSError as error:
            if error.errno in (errno.ENOENT, errno.EIO):  # a disk that no longer gives them
                return False
            raise

    def require_intact(self, sha256: str, otherwise: str = SERVED_AGAIN) -> None:
        """Raises ArchiveDamaged, saying what can be done, when the object is absent or spoilt. `otherwise`:
        what mends it where there is no backup, in words."""
        if not self.is_intact(sha256):
            raise ArchiveDamaged(
                f"l'objet {self.object_path(sha256)} de l'archive est abîmé ou manque. Restaurez-le d'une"
                f" sauvegarde ; {otherwise}"
            )

    def store(self, chunks: Iterable[bytes]) -> StoredObject:
        """Stream bytes into the archive; returns the object. What was received before an error is stored by
        `store_partial`, never as a whole object under this name."""
        stored, failure = self.store_partial(chunks)
        if failure is not None:
            raise failure
        return stored

    def store_partial(self, chunks: Iterable[bytes]) -> tuple[StoredObject, Exception | None]:
        """Stream bytes into the archive and keep what came even when the stream breaks; the error comes back
        with the object, so that the caller can journal both. Raises WriteRefused, and keeps nothing, when the
        disk fails: half of a write may have passed, which no digest counts."""
        digest, size = hashlib.sha256(), 0
        broken: list[Exception] = []
        with writing(self.root):
            self._temporary.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(prefix=TEMP_PREFIX, dir=self._temporary)
            temporary = Path(name)
            try:
                with os.fdopen(handle, "wb") as sink:
                    for chunk in _until_broken(chunks, broken):
                        sink.write(chunk)
                        digest.update(chunk)
                        size += len(chunk)
                    sink.flush()
                    os.fsync(sink.fileno())
                target = self.object_path(digest.hexdigest())
                if not self.is_intact(digest.hexdigest()):  # absent, or spoilt since: these bytes heal it
                    target.parent.mkdir(parents=True, exist_ok=True)
                    temporary.replace(target)
                    fsync_folder(target.parent)
            finally:
                temporary.unlink(missing_ok=True)
        return StoredObject(digest.hexdigest(), size, target), broken[0] if broken else None

    # ---- journal
    def append(self, record: dict[str, Any]) -> None:
        """Add one line to the journal and force it to disk before returning; raises WriteRefused."""
        with self._lock, writing(self.root):
            self.root.mkdir(parents=True, exist_ok=True)
            journal.append(self.journal_path, record)
            if self._deliveries is not None:
                self._deliveries.add(as_line(record))

    def records(self) -> Iterator[dict[str, Any]]:
        """Every whole line of the journal, oldest first. Raises ArchiveDamaged at one that is not as it was
        written, and when the journal of an archive that has received is gone."""
        self._require_journal()
        return journal.records(self.journal_path)

    def _require_journal(self) -> None:
        if lost := self.lost():
            raise ArchiveDamaged(lost)

    def lost(self) -> str:
        """What to say of a journal that is gone: without it every delivery would be forgotten, and its rows
        taken from the landing. Empty when it is there, or nothing was ever received."""
        if self.journal_path.exists() or not context.written(self.root):
            return ""
        return (
            f"{self.journal_path} manque : toutes les livraisons de cette archive seraient oubliées et leurs"
            " chiffres retirés. Rien n'est demandé, retiré ni publié, les lecteurs gardent la release en"
            " cours. Remettez ce fichier d'une sauvegarde, puis relancez."
        )

    def named(self) -> set[str]:
        """The objects that the journal names; raises ArchiveDamaged."""
        found: set[str | None] = set()
        for record in self.records():
            found |= {record.get("sha256"), *record.get("objets", ())}
            found |= {exchange["sha256"] for exchange in record.get("echanges", ())}
        return {sha256 for sha256 in found if sha256}

    def deliveries(self) -> list[dict[str, Any]]:
        """The `livraison` records, oldest first. Raises LayoutUnknown, ArchiveDamaged, as do those below."""
        return self._journaled().every()

    def deliveries_digest(self) -> str:
        """sha256 (hex) of all that the journal says of deliveries."""
        return self._journaled().digest.hexdigest()

    def _journaled(self) -> Deliveries:
        """The journal's deliveries, read once, then kept up to date by `append`."""
        with self._lock:
            if self._deliveries is None:
                layout.check(self.root)
                self._require_journal()
                self._deliveries = Deliveries(journal.lines(self.journal_path))
            return self._deliveries

    def accepted(self) -> list[dict[str, Any]]:
        """The deliveries that the landing holds, oldest first."""
        return list(self._journaled().accepted)

    def accepted_of(self, source: str, partition: str | None) -> list[dict[str, Any]]:
        """The deliveries of a (source, partition) that the landing holds, oldest received first."""
        return [one for one in self.accepted() if one["source"] == source and one["partition"] == partition]

    def last_answer(self, source: str, partition: str | None) -> dict[str, Any] | None:
        """The last attempt on a (source, partition) whose bytes were asked, received and good (new or not):
        its marks (ETag, dates) are those to ask for news with. Deposits carry none."""
        for delivery in self._journaled().of(source, partition):
            good = delivery["resultat"] in (ACCEPTED, UNCHANGED) and delivery.get("objets")
            if good and "depot" not in delivery:
                return delivery
        return None

    def last_question(self, source: str, partition: str | None) -> dict[str, Any] | None:
        """The last attempt on a (source, partition) for which its producer was asked, whatever came of it."""
        asked = (one for one in self._journaled().of(source, partition) if "depot" not in one)
        return next(asked, None)

    # ---- context
    def claim(self, settings: Settings, *, deposit: bool = False) -> None:
        """Tie the archive to the origin and the region of its first accepted delivery (figures of the replica
        must never mix with the producers'); raises ContextMismatch when it already belongs to others,
        ArchiveDamaged when nothing sure says to whom, WriteRefused. A deposit asks nobody: only its region
        must be the archive's."""
        with self._lock, writing(self.root):
            if not context.written(self.root):
                self.root.mkdir(parents=True, exist_ok=True)
                self.journal_path.touch()  # first: an archive that is somebody's has a journal
            context.claim(self.root, settings, deposit=deposit)


def _until_broken(chunks: Iterable[bytes], broken: list[Exception]) -> Iterator[bytes]:
    """The chunks until their source fails; what it raised is put in `broken`."""
    try:
        yield from chunks
    except Exception as error:
        broken.append(error)
