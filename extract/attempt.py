"""From what was collected to the journal: read strictly, compare with what is held, accept or say why.

The same road for what was asked of a producer (`extract.delivery`) and for what someone deposited
(`extract.deposit`)."""

from __future__ import annotations

import hashlib
import json
import time
import zlib
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import requests

from extract import landing
from extract.archive import ACCEPTED, UNCHANGED, Archive, comparable, in_utc, known_on, now_iso
from extract.clients import Collected
from extract.definitions import Part
from extract.durable import scratch
from extract.errors import (
    FOR_ALL,
    DeliveryFailed,
    DeliveryRefused,
    ExtractError,
    KeyMissing,
    WriteRefused,
)
from extract.exchanges import Recorder
from extract.network import ProducerUnavailable
from extract.reading.table import Table
from extract.settings import Settings
from extract.strict import shaped

FIRST_DELIVERY = "première livraison"
# To raise by one with any change of the code (extract/reading, the clients, strict, pynsee) after which the
# same bytes may give other rows: the next run then reads every landed delivery again from the archive.
# tests/conventions/test_reading_code.py reminds of it.
READING_VERSION = 1


@dataclass(frozen=True)
class SourceResult:
    """How one delivery ended. `resultat`: nouveau, inchange, refuse, echec, ignore. `ecart`: what differs
    from the last good delivery, in words. `faute`: the failure is a fault of our code, not of the
    producer's answer."""

    source: str
    partition: str | None
    resultat: str
    motif: str = ""
    livraison: str | None = None
    lignes: int | None = None
    octets: int = 0
    publie_le: str | None = None
    duree_s: float = 0.0
    ecart: str = ""
    faute: bool = False
    avertissements: tuple[str, ...] = ()


@dataclass(frozen=True)
class Attempt:
    """One delivery attempt: whose, and the accepted deliveries that its content may repeat.

    `previous`: the one that its rows and columns are compared with in words. `unchanged`: the one that the
    producer repeats when it says that nothing changed. `deposit`: what someone gave and said of it, or None
    for what was asked of a producer."""

    settings: Settings
    archive: Archive
    part: Part
    protocol: str
    recorder: Recorder
    known: tuple[dict[str, Any], ...] = ()
    previous: dict[str, Any] | None = None
    unchanged: dict[str, Any] | None = None
    deposit: dict[str, Any] | None = None


def conclude(attempt: Attempt, collect: Callable[[], Collected]) -> SourceResult:
    """Collect, read, land and journal; raises only what stops every source, ContextMismatch, ArchiveDamaged
    and WriteRefused (nothing is journaled then: none is the producer's doing)."""
    started, received = time.monotonic(), now_iso()
    part, archive, recorder = attempt.part, attempt.archive, attempt.recorder
    record: dict[str, Any] = {
        "type": "livraison",
        "livraison": "",
        "source": part.source,
        "partition": part.partition,
        "protocole": attempt.protocol,
        "acces": part.acces,
        **({"depot": attempt.deposit} if attempt.deposit is not None else {}),
        "url": None,
        "recu_le": received,
        "publie_le": None,
        "http_statut": None,
        "octets": 0,
        "sha256": None,
        "lignes": None,
        "empreinte_schema": None,
        "resultat": "",
        "motif": None,
    }
    fault = False
    try:
        _collected(attempt, record, collect())
    except FOR_ALL:
        raise
    except KeyMissing as error:
        record |= {"resultat": "ignore", "motif": str(error)}
    except DeliveryRefused as error:
        record |= {"resultat": "refuse", "motif": str(error)}
    except (DeliveryFailed, ProducerUnavailable, ExtractError) as error:
        record |= {"resultat": "echec", "motif": str(error)}
    except (requests.exceptions.RequestException, EOFError, zlib.error) as error:
        record |= {
            "resultat": "echec",
            "motif": f"réponse inutilisable : {type(error).__name__} {error}"[:400],
        }
    except (
        duckdb.Error,
        OSError,
        ValueError,
        TypeError,
        KeyError,
        AttributeError,
        IndexError,
        RuntimeError,
    ) as error:
        fault = True  # not a declared outcome: our own fault, told apart so that nobody blames the data
        record |= {
            "resultat": "echec",
            "motif": f"défaut de notre programme : {type(error).__name__} {error}"[:400],
        }
    record |= _bytes_received(archive, recorder)
    if recorder.exchanges:
        record["url"] = record["url"] or recorder.exchanges[-1].url
        record["http_statut"] = recorder.exchanges[-1].statut
    record["echanges"] = [exchange.as_record() for exchange in recorder.exchanges]
    record["duree_s"] = round(time.monotonic() - started, 3)
    record["livraison"] = record["livraison"] or _attempt_name(part, received, record["resultat"])
    archive.append(record)
    return SourceResult(
        part.source,
        part.partition,
        record["resultat"],
        record["motif"] or "",
        record["livraison"],
        record["lignes"],
        record["octets"],
        record["publie_le"],
        record["duree_s"],
        difference(record, attempt.previous),
        fault,
        tuple(record.get("avertissements", ())),
    )


def _collected(attempt: Attempt, record: dict[str, Any], collected: Collected) -> None:
    """Fill the record with what came: unchanged, or read and accepted; raises DeliveryRefused."""
    record |= {"url": collected.url, "publie_le": collected.publie_le}
    record |= _bytes_received(attempt.archive, attempt.recorder)
    if collected.unchanged is not None:
        assert attempt.unchanged is not None
        return _same(attempt, record, attempt.unchanged, collected.unchanged)
    for one in attempt.known:
        if one["objets"] == record["objets"]:
            return _same(attempt, record, one, "mêmes octets")
    part = collected.part or attempt.part
    with scratch(attempt.archive.unpacking) as folder, closing(read(collected, part, folder)) as table:
        record |= {
            "lignes": table.rows,
            "colonnes": list(table.columns),
            "empreinte_schema": schema_fingerprint(table.columns),
            "contenu": landing.content_hash(table),
            "avertissements": list(table.warnings),
        }
        for one in attempt.known:
            if one["contenu"] == record["contenu"]:
                return _same(attempt, record, one, "mêmes lignes, autre enveloppe")
        return _accept(attempt, record, part, table)


def read(collected: Collected, part: Part, folder: Path) -> Table:
    """The rows in the landing's shape, all checks passed; raises DeliveryRefused. `folder`: an existing one
    for what has to be unpacked; the caller deletes it once the table is closed."""
    assert collected.read is not None
    return shaped(collected.read(folder), part)


def schema_fingerprint(columns: tuple[str, ...]) -> str:
    """sha256 (hex) of the names of the columns, in their order."""
    return hashlib.sha256("\n".join(columns).encode()).hexdigest()


def land(settings: Settings, record: dict[str, Any], table: Table, reading: str) -> None:
    """Write the rows of an accepted delivery, stamped with the digest of the rules they were read with.
    Raises WriteRefused."""
    try:
        landing.write_delivery(
            settings, record["source"], record["partition"], record["livraison"], table, reading
        )
    except (OSError, duckdb.IOException) as error:
        raise WriteRefused(settings.landing, error) from error


def reading_digest(part: Part) -> str:
    """Digest of the rules that turn the bytes into the landed rows: when the yaml changes them, or a new
    READING_VERSION the code, the file is remade."""
    rules: list[Any] = [part.lecture, part.attendu]
    if READING_VERSION != 1:  # the stamp of before there was a version stays good
        rules.append(READING_VERSION)
    return hashlib.sha256(json.dumps(rules, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


def difference(record: dict[str, Any], previous: dict[str, Any] | None) -> str:
    """Rows and columns against the last good delivery, in words."""
    if record["resultat"] not in (ACCEPTED, "refuse") or record["lignes"] is None or previous is None:
        return FIRST_DELIVERY if record["resultat"] == ACCEPTED else ""
    words = [f"{record['lignes'] - previous['lignes']:+d} lignes"]
    added = [name for name in record["colonnes"] if name not in previous["colonnes"]]
    removed = [name for name in previous["colonnes"] if name not in record["colonnes"]]
    words += [f"+ {name}" for name in added] + [f"- {name}" for name in removed]
    return ", ".join(words)


def _bytes_received(archive: Archive, recorder: Recorder) -> dict[str, Any]:
    """Objects, size and sha256 of what carries figures. Several objects: the sha256 is that of their list,
    which is itself an object of the archive (one hash a line)."""
    data = recorder.of_role("donnees")
    hashes = [exchange.sha256 for exchange in data]
    if not hashes:
        return {"objets": [], "octets": 0, "sha256": None}
    sha256 = hashes[0]
    if len(hashes) > 1:
        sha256 = archive.store([("\n".join(hashes) + "\n").encode("ascii")]).sha256
    return {"objets": hashes, "octets": sum(exchange.octets for exchange in data), "sha256": sha256}


def _same(attempt: Attempt, record: dict[str, Any], known: dict[str, Any], why: str) -> None:
    attempt.archive.claim(attempt.settings, deposit=attempt.deposit is not None)
    record |= {
        "resultat": UNCHANGED,
        "comme": known["livraison"],
        "motif": f"{why} ; comme {known['livraison']}",
        "lignes": known["lignes"],
        "empreinte_schema": schema_fingerprint(tuple(known["colonnes"])),
    }


def _accept(attempt: Attempt, record: dict[str, Any], part: Part, table: Table) -> None:
    """Land the rows, then let the journal say so: killed between the two, the next run removes the orphan
    file."""
    archive = attempt.archive
    archive.claim(attempt.settings, deposit=attempt.deposit is not None)
    _date_of_knowledge(attempt, record)
    day = (record["publie_le"] or record["recu_le"])[:10].replace("-", "")
    name = "-".join(filter(None, (part.source, part.partition, day, record["sha256"][:8])))
    taken = {one["livraison"] for one in archive.accepted()}
    record["livraison"] = next(
        n for n in (name, *(f"{name}-{i}" for i in range(2, 10_000))) if n not in taken
    )
    record["resultat"] = ACCEPTED
    land(attempt.settings, record, table, reading_digest(part))


def _date_of_knowledge(attempt: Attempt, record: dict[str, Any]) -> None:
    """A producer that goes back to an older file (or dates a new one from before what it served) is believed
    for the figures, not for the date: it would never be in force. The date of reception then counts."""
    announced = record["publie_le"]
    if attempt.deposit is not None or attempt.previous is None or not announced:
        return
    if comparable(announced) < known_on(attempt.previous)[0]:
        record |= {"publie_le": None, "publie_le_annonce": announced}


def _attempt_name(part: Part, received: str, outcome: str) -> str:
    moment = in_utc(received).strftime("%Y%m%dT%H%M%S%f")
    return "-".join(filter(None, (part.source, part.partition, moment, outcome)))
