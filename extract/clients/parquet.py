"""A large Parquet file on the web (Sirene): its date by its headers, then a selection of its columns and
rows, never the whole."""

from __future__ import annotations

from extract.clients.common import Ask, Collected, ensure_ok, http_date, stored
from extract.errors import DeliveryRefused
from extract.reading import read_file
from extract.selection import PREFIX, address


def classify(url: str) -> str:
    """The selection is data; the headers of the file are a mark."""
    return "donnees" if url.startswith(PREFIX) else "marque"


def collect(ask: Ask) -> Collected:
    """Headers first (a stable address leads to a dated one): the same date means nothing new. Then the
    selection."""
    acces = ask.part.acces
    head = ask.session.head(acces["url"], allow_redirects=True)
    ensure_ok(head, acces["url"])
    if head.headers.get("content-type", "").startswith("text/html"):
        raise DeliveryRefused("le site répond une page web (HTML) : captcha, maintenance ou adresse changée")
    url = head.url or acces["url"]
    published = http_date(head.headers.get("last-modified"))
    if published and ask.previous is not None and ask.previous["publie_le"] == published:
        return Collected(url, published, None, "le fichier distant n'a pas changé (Last-Modified)")
    response = ask.session.get(
        address(url, acces["colonnes"], acces.get("filtres_like", {}), acces["compter"]), stream=True
    )
    ensure_ok(response, url)
    file = stored(response)
    return Collected(url, published, lambda scratch: read_file(ask.part, file.path, "text/csv", scratch))
