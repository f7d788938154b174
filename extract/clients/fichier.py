"""Plain files on a site (insee.fr, collectivites-locales.gouv.fr, dares…): one address, one file."""

from __future__ import annotations

from extract.clients.common import Ask, Collected, ensure_ok, http_date, previous_header, stored
from extract.reading import read_file


def classify(url: str) -> str:
    """Everything that a file's address answers is data."""
    return "donnees"


def collect(ask: Ask) -> Collected:
    """GET the file; asks for news only (ETag, Last-Modified) when the same request was delivered before."""
    url = ask.part.acces["url"]
    headers = {}
    if etag := previous_header(ask, "etag"):
        headers["If-None-Match"] = etag
    if modified := previous_header(ask, "last-modified"):
        headers["If-Modified-Since"] = modified
    response = ask.session.get(url, headers=headers, stream=True)
    if response.status_code == 304 and ask.previous is not None:
        return Collected(
            url, ask.previous["publie_le"], None, "le site répond que le fichier n'a pas changé (304)"
        )
    ensure_ok(response, url)
    file, kind = stored(response), response.headers.get("content-type", "")
    published = http_date(response.headers.get("last-modified"))
    return Collected(url, published, lambda scratch: read_file(ask.part, file.path, kind, scratch))
