"""One cheap question to each producer: does the source still answer as its yaml says? Nothing is archived."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import requests

from extract.archive import Archive
from extract.clients import Ask, datagouv, melodi, opendatasoft
from extract.clients.common import ensure_ok
from extract.definitions import Definition, Part, load_all, select
from extract.errors import DeliveryRefused, ExtractError, KeyMissing, WriteRefused
from extract.exchanges import Recorder
from extract.network import ProducerUnavailable
from extract.replica.served import unserved
from extract.run import WORKERS
from extract.settings import Settings
from extract.transport import Policy, Transport

FIRST_BYTES = 4096
PATIENCE = Policy(attempts=2, read=30.0, body=120.0, longest_wait=20.0)


@dataclass(frozen=True)
class Checked:
    """`etat`: ok, change (answers, but not as described), muet (no answer), ignore (no key)."""

    source: str
    partition: str | None
    etat: str
    detail: str


def check_sources(settings: Settings, only: list[str] | None = None) -> list[Checked]:
    """Ask every source (or `only`) its question; never raises for a producer."""
    wanted = select(load_all(), only)
    parts = [(definition, part) for definition in wanted.values() for part in definition.parts(settings)]
    if settings.producteurs and only is None:
        absent = unserved(settings.producteurs, parts)
        parts = [(definition, part) for definition, part in parts if part not in absent]
    with tempfile.TemporaryDirectory(prefix="verification-") as folder:
        scratch = replace(settings, data=Path(folder))
        archive = Archive(scratch.archive)
        transport = Transport(scratch, archive, PATIENCE)
        with ThreadPoolExecutor(WORKERS) as pool:
            return list(pool.map(lambda one: _check(scratch, archive, transport, *one), parts))


def _check(
    settings: Settings, archive: Archive, transport: Transport, definition: Definition, part: Part
) -> Checked:
    recorder = Recorder(part.source, part.partition)
    session = transport.session(recorder)
    try:
        if definition.key is not None:
            key = settings.key(definition.key["variable"])
            if key is None:
                raise KeyMissing(f"variable {definition.key['variable']} absente")
            session.headers[definition.key["entete"]] = definition.key["forme"].replace("{cle}", key)
        ask = Ask(part, archive, session, recorder, lambda _: None)
        detail = "; ".join(_question(definition.text("protocole"), ask))
        return Checked(part.source, part.partition, "ok", detail)
    except WriteRefused:
        raise
    except KeyMissing as error:
        return Checked(part.source, part.partition, "ignore", str(error))
    except ProducerUnavailable as error:
        return Checked(part.source, part.partition, "muet", str(error))
    except (ExtractError, requests.exceptions.RequestException) as error:
        return Checked(part.source, part.partition, "change", str(error))


def _question(protocol: str, ask: Ask) -> Iterator[str]:
    """Ask; yields what was learnt, raises ExtractError when the answer is not as described."""
    acces = ask.part.acces
    match protocol:
        case "melodi":
            yield f"catalogue du {melodi.published_on(ask) or 'date inconnue'}"
        case "datagouv":
            resource = datagouv.find_resource(ask)
            yield f"ressource « {resource['title']} », modifiée le {resource.get('last_modified')}"
        case "opendatasoft":
            metadata = opendatasoft.describe(ask)
            _compare_fields(ask.part, {str(field["name"]) for field in metadata["fields"]})
            yield f"{len(metadata['fields'])} champs, traité le {opendatasoft.published_on(metadata) or '?'}"
        case "bdm":
            series = acces.get("flux") or "SERIES_BDM/" + "+".join(acces["idbanks"][:1])
            url = f"https://bdm.insee.fr/series/sdmx/data/{series}"
            response = ask.session.get(
                url, params={"lastNObservations": "1"}, headers={"Accept": "application/xml"}
            )
            ensure_ok(response, url)
            if b"<Series" not in response.content:
                raise DeliveryRefused("la réponse ne contient aucune série")
            yield f"{response.content.count(b'<Series')} séries"
        case _:
            yield from _file(ask)


def _file(ask: Ask) -> Iterator[str]:
    """Only the first bytes, when the site accepts a range; else its headers."""
    response = ask.session.head(ask.part.acces["url"], allow_redirects=True)
    if response.status_code in (403, 405, 501):
        response = ask.session.get(ask.part.acces["url"], headers={"Range": f"bytes=0-{FIRST_BYTES - 1}"})
    ensure_ok(response, ask.part.acces["url"])
    kind = response.headers.get("content-type", "")
    if kind.startswith("text/html"):
        raise DeliveryRefused("le site répond une page web (HTML) : captcha, maintenance ou adresse changée")
    yield f"{kind or 'type inconnu'}, {response.headers.get('content-length', '?')} octets"


def _compare_fields(part: Part, fields: set[str]) -> None:
    if part.acces.get("libelles"):
        return  # the yaml names labels, the fields are technical names
    made = set(
        re.findall(r"\bas\s+(\w+)", f"{part.acces.get('select', '')},{part.acces.get('group_by', '')}")
    )
    missing = [name for name in part.attendu.get("colonnes", ()) if name not in fields | made]
    if missing:
        raise DeliveryRefused(f"champs disparus : {', '.join(missing)}")
