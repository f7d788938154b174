"""One delivery, from the demand to the journal: ask, read strictly, compare with the last good one, accept
or say why.

The same steps serve a replay: `reread` gives the rows of an archived delivery, without network."""

from __future__ import annotations

import hashlib
import json
import tempfile
import time
import zlib
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import requests

from extract import landing
from extract.archive import ACCEPTED, Archive, now_iso
from extract.clients import CLASSIFY, CLIENTS, Ask, Collected
from extract.definitions import Definition, Part
from extract.errors import ContextMismatch, DeliveryFailed, DeliveryRefused, ExtractError, KeyMissing
from extract.exchanges import ArchiveAdapter, Recorder
from extract.network import ProducerUnavailable
from extract.reading.table import Table
from extract.settings import Settings
from extract.strict import shaped
from extract.transport import Transport

FIRST_DELIVERY = "première livraison"


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


def deliver(
    settings: Settings,
    archive: Archive,
    transport: Transport,
    definition: Definition,
    part: Part,
    complete: bool,
) -> SourceResult:
    """Collect one part and journal the outcome; raises only ContextMismatch (nothing is written then).

    `complete`: download even when the producer says that nothing changed."""
    started, received = time.monotonic(), now_iso()
    recorder = Recorder(part.source, part.partition, CLASSIFY[definition.text("protocole")])
    previous = archive.last_accepted(part.source, part.partition)
    record: dict[str, Any] = {
        "type": "livraison",
        "livraison": "",
        "source": part.source,
        "partition": part.partition,
        "protocole": definition.text("protocole"),
        "acces": part.acces,
        "url": None,
        "recu_le": received,
        "publie_le": None,
        "http_statut": None,
        "octets": 0,
        "sha256": None,
        "lignes": None,
        "resultat": "",
        "motif": None,
    }
    table: Table | None = None
    fault = False
    try:
        session = _session(settings, transport, definition, recorder)
        same_request = previous if previous and previous["acces"] == part.acces and not complete else None
        ask = Ask(part, archive, session, recorder, _mounting(transport, recorder), same_request)
        collected = CLIENTS[definition.text("protocole")](ask)
        record |= {"url": collected.url, "publie_le": collected.publie_le} | _bytes_received(
            archive, recorder
        )
        if collected.unchanged is not None:
            _same(record, archive, settings, previous, collected.unchanged)
        elif previous and previous["objets"] == record["objets"]:
            _same(record, archive, settings, previous, "mêmes octets")
        else:
            table = read(collected, part)
            record |= {
                "lignes": table.rows,
                "colonnes": list(table.columns),
                "contenu": landing.content_hash(table),
            }
            if previous and previous["contenu"] == record["contenu"]:
                _same(record, archive, settings, previous, "mêmes lignes, autre enveloppe")
            else:
                _accept(record, archive, settings, recorder, part, table)
    except ContextMismatch:
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
    finally:
        if table is not None:
            table.connection.close()
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
        difference(record, previous),
        fault,
    )


def read(collected: Collected, part: Part) -> Table:
    """The rows in the landing's shape, all checks passed; raises DeliveryRefused."""
    assert collected.read is not None
    with tempfile.TemporaryDirectory(prefix="lecture-") as scratch:
        return shaped(collected.read(Path(scratch)), part)


def reread(settings: Settings, archive: Archive, definition: Definition, record: dict[str, Any]) -> Table:
    """The rows of an accepted delivery from its archived exchanges, read with today's yaml; raises
    ExtractError."""
    if record["partition"] not in definition.partitions:
        raise DeliveryRefused(f"la partition {record['partition']} n'est plus dans {record['source']}.yml")
    part = definition.part(record["partition"], settings)
    part = Part(part.source, part.partition, record["acces"], part.lecture, part.attendu)
    recorder = Recorder(part.source, part.partition, CLASSIFY[record["protocole"]])

    def mount(session: requests.Session) -> None:
        adapter = ArchiveAdapter(archive, record["echanges"], recorder)
        session.mount("https://", adapter)
        session.mount("http://", adapter)

    session = requests.Session()
    mount(session)
    try:
        return read(CLIENTS[record["protocole"]](Ask(part, archive, session, recorder, mount)), part)
    except requests.exceptions.RequestException as error:
        raise DeliveryFailed(f"l'archive ne suffit pas à relire {record['livraison']} : {error}") from error


def land(settings: Settings, record: dict[str, Any], table: Table, reading: str) -> None:
    """Write the rows of an accepted delivery, stamped with the digest of the rules they were read with."""
    landing.write_delivery(
        settings, record["source"], record["partition"], record["livraison"], table, reading
    )


def reading_digest(part: Part) -> str:
    """Digest of the rules that turn the bytes into the landed rows: when the yaml changes them, the file is
    remade."""
    rules = json.dumps([part.lecture, part.attendu], ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(rules.encode()).hexdigest()


def difference(record: dict[str, Any], previous: dict[str, Any] | None) -> str:
    """Rows and columns against the last good delivery, in words."""
    if record["resultat"] not in (ACCEPTED, "refuse") or record["lignes"] is None or previous is None:
        return FIRST_DELIVERY if record["resultat"] == ACCEPTED else ""
    words = [f"{record['lignes'] - previous['lignes']:+d} lignes"]
    added = [name for name in record["colonnes"] if name not in previous["colonnes"]]
    removed = [name for name in previous["colonnes"] if name not in record["colonnes"]]
    words += [f"+ {name}" for name in added] + [f"- {name}" for name in removed]
    return ", ".join(words)


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


def _same(
    record: dict[str, Any], archive: Archive, settings: Settings, previous: dict[str, Any] | None, why: str
) -> None:
    archive.claim(settings)
    assert previous is not None
    record |= {
        "resultat": "inchange",
        "motif": f"{why} ; comme {previous['livraison']}",
        "lignes": previous["lignes"],
    }


def _accept(
    record: dict[str, Any], archive: Archive, settings: Settings, recorder: Recorder, part: Part, table: Table
) -> None:
    """Land the rows, then let the journal say so: killed between the two, the next run removes the orphan
    file."""
    archive.claim(settings)
    day = (record["publie_le"] or record["recu_le"])[:10].replace("-", "")
    name = "-".join(filter(None, (part.source, part.partition, day, record["sha256"][:8])))
    taken = {one["livraison"] for one in archive.accepted()}
    record["livraison"] = next(
        n for n in (name, *(f"{name}-{i}" for i in range(2, 10_000))) if n not in taken
    )
    record["resultat"] = ACCEPTED
    land(settings, record, table, reading_digest(part))


def _attempt_name(part: Part, received: str, outcome: str) -> str:
    moment = (
        datetime.fromisoformat(received.replace("Z", "+00:00")).astimezone(UTC).strftime("%Y%m%dT%H%M%S%f")
    )
    return "-".join(filter(None, (part.source, part.partition, moment, outcome)))
