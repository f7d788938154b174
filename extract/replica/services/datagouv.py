"""data.gouv.fr: dataset API, the stable redirect of a resource, and the file behind it
(static.data.gouv.fr).

One dataset is held: short-time work during the epidemic, regions × months × NACE 17 as of 2021-02-23, and
départements × NACE 17 as of 2020-07-21. Its slug is the real one. The identifiers of the dataset and of its
resources, their titles and the hours in the dated addresses were not seen: the identifiers here are derived
from the slug and are NOT data.gouv.fr's; ask by slug and title.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
import uuid
from dataclasses import dataclass
from typing import Any

from werkzeug import Request, Response

from extract.replica.app import ReplicaApp
from extract.replica.services.ods_formats import dump

SLUG = (
    "donnees-relatives-au-dispositif-dactivite-partielle-mis-en-oeuvre-dans-le-cadre-de-lepidemie-de-covid-19"
)
DATASET_TITLE = (
    "Données relatives au dispositif d'activité partielle mis en oeuvre dans le cadre de l'épidémie de "
    "covid-19"
)
DATASET_ID = uuid.uuid5(uuid.NAMESPACE_URL, f"replique:{SLUG}").hex[:24]


@dataclass(frozen=True)
class Resource:
    """One file of the dataset: its title, the figures it is made of, the day it was published."""

    title: str
    table: str
    day: str  # YYYY-MM-DD
    last_modified: str  # HTTP date

    @property
    def identifier(self) -> str:
        """Ours, not data.gouv.fr's."""
        return str(uuid.uuid5(uuid.NAMESPACE_URL, f"replique:{SLUG}/{self.title}"))

    @property
    def static(self) -> str:
        """The dated address, which changes at each publication."""
        dated = self.day.replace("-", "")
        return f"https://static.data.gouv.fr/resources/{SLUG}/{dated}-000000/{self.title}"


RESOURCES = (
    Resource(
        "activite-partielle-3-regional-nace17-latest.csv",
        "dgefp_activite_partielle_regions",
        "2021-02-23",
        "Tue, 23 Feb 2021 00:00:00 GMT",
    ),
    Resource(
        "activite-partielle-2-departemental-nace17-latest.csv",
        "dgefp_activite_partielle_departements",
        "2020-07-21",
        "Tue, 21 Jul 2020 00:00:00 GMT",
    ),
)


def register(app: ReplicaApp) -> None:
    """Routes of www.data.gouv.fr and static.data.gouv.fr."""
    app.route("/www.data.gouv.fr/api/1/datasets/<dataset>", dataset)
    app.route("/www.data.gouv.fr/api/1/datasets/<dataset>/", dataset)
    app.route("/www.data.gouv.fr/api/1/datasets/r/<resource>", redirect)
    app.route("/www.data.gouv.fr/fr/datasets/r/<resource>", redirect)
    app.route("/static.data.gouv.fr/resources/<slug>/<dated>/<name>", file)
    app.serves("datagouv", holds)
    app.serves("parquet", holds_address)


def holds(acces: dict[str, Any], app: ReplicaApp) -> bool:
    """A resource of the dataset, under the title that the source looks for."""
    known = acces.get("jeu") in (SLUG, DATASET_ID)
    return known and any(re.search(acces["ressource"], resource.title) for resource in RESOURCES)


def holds_address(acces: dict[str, Any], app: ReplicaApp) -> bool:
    """A resource asked by its stable address; the routes would lead any identifier to a 404."""
    return str(acces.get("url", "")).rpartition("/")[2] in {resource.identifier for resource in RESOURCES}


def dataset(request: Request, app: ReplicaApp, dataset: str) -> Response:
    """Metadata by slug or identifier."""
    if dataset not in (SLUG, DATASET_ID):
        return _json({"message": "The requested URL was not found on the server."}, 404)
    answer = {
        "id": DATASET_ID,
        "slug": SLUG,
        "title": DATASET_TITLE,
        "page": f"https://www.data.gouv.fr/fr/datasets/{SLUG}/",
        "license": "lov2",
        "last_modified": f"{RESOURCES[0].day}T00:00:00+00:00",
        "resources": [_described(app, resource) for resource in RESOURCES],
    }
    return _json(answer)


def redirect(request: Request, app: ReplicaApp, resource: str) -> Response:
    """302 to the dated address of the file, which changes at each publication."""
    found = next((one for one in RESOURCES if one.identifier == resource), None)
    if found is None:
        return _json({"message": "The requested URL was not found on the server."}, 404)
    return Response("", status=302, headers={"Location": found.static})


def file(request: Request, app: ReplicaApp, slug: str, dated: str, name: str) -> Response:
    """The file itself; any other address is unknown."""
    address = f"https://static.data.gouv.fr/resources/{slug}/{dated}/{name}"
    found = next((one for one in RESOURCES if one.static == address), None)
    if found is None:
        return Response("Not Found", status=404, mimetype="text/plain")
    return Response(
        _file(app, found),
        content_type="text/csv; charset=utf-8",
        headers={"Last-Modified": found.last_modified},
    )


def _described(app: ReplicaApp, resource: Resource) -> dict[str, object]:
    body = _file(app, resource)
    return {
        "id": resource.identifier,
        "title": resource.title,
        "description": None,
        "format": "csv",
        "filetype": "file",
        "type": "main",
        "mime": "text/csv",
        "url": resource.static,
        "latest": f"https://www.data.gouv.fr/api/1/datasets/r/{resource.identifier}",
        "filesize": len(body),
        "checksum": {"type": "sha1", "value": hashlib.sha1(body, usedforsecurity=False).hexdigest()},
        "last_modified": f"{resource.day}T00:00:00+00:00",
        "extras": {},
    }


def _file(app: ReplicaApp, resource: Resource) -> bytes:
    """UTF-8 without BOM, comma, LF, two decimals, as published."""

    def build() -> bytes:
        cursor = app.figures.cursor().execute(f"select * from {resource.table}")
        text = io.StringIO(newline="")
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow([column[0] for column in cursor.description])
        writer.writerows(cursor.fetchall())
        return text.getvalue().encode("utf-8")

    return app.memo(f"datagouv:{resource.table}", build)


def _json(value: object, status: int = 200) -> Response:
    return Response(dump(value), status=status, content_type="application/json")
