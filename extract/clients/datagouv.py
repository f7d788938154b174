"""data.gouv.fr: a dataset's description, the resource whose title fits, its stable address (302 to a dated
one)."""

from __future__ import annotations

import re
from typing import Any

import requests

from extract.archive import in_utc, utc_text
from extract.clients.common import Ask, Collected, ensure_ok, stored
from extract.errors import DeliveryRefused
from extract.reading import read_file

API = "https://www.data.gouv.fr/api/1/datasets"


def classify(url: str) -> str:
    """The description of the dataset is a mark; what its resource answers is data."""
    return "marque" if url.startswith(API + "/") and not url.startswith(API + "/r/") else "donnees"


def collect(ask: Ask) -> Collected:
    """Describe, choose, download. Never keeps the dated address: it changes at every update."""
    resource = find_resource(ask)
    published = _utc(resource.get("last_modified"))
    url = resource.get("latest") or f"{API}/r/{resource['id']}"
    hosted = resource.get("filetype") == "file"  # a remote file may change without data.gouv.fr knowing
    if hosted and published and ask.previous is not None and ask.previous["publie_le"] == published:
        return Collected(url, published, None, "data.gouv.fr n'annonce pas de modification de la ressource")
    response = ask.session.get(url, stream=True)
    ensure_ok(response, url)
    file, kind = stored(response), response.headers.get("content-type", "")
    return Collected(url, published, lambda scratch: read_file(ask.part, file.path, kind, scratch))


def find_resource(ask: Ask) -> dict[str, Any]:
    """The one resource whose title fits `acces.ressource`; raises DeliveryRefused with the titles."""
    response = ask.session.get(f"{API}/{ask.part.acces['jeu']}/", headers={"Accept": "application/json"})
    ensure_ok(response, f"data.gouv.fr, jeu {ask.part.acces['jeu']}")
    try:
        resources: list[dict[str, Any]] = response.json()["resources"]
        found = [one for one in resources if re.search(ask.part.acces["ressource"], one["title"])]
    except (requests.exceptions.JSONDecodeError, KeyError, TypeError) as error:
        raise DeliveryRefused(f"data.gouv.fr : description du jeu inattendue ({error})") from error
    if len(found) != 1:
        titles = " | ".join(str(one.get("title")) for one in resources)
        raise DeliveryRefused(
            f"data.gouv.fr : {len(found)} ressources « "
            f"{ask.part.acces['ressource']} » au lieu d'une ; titres : {titles}"
        )
    return found[0]


def _utc(value: str | None) -> str | None:
    return utc_text(in_utc(value)) if value else None
