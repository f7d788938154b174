"""data.gouv.fr: dataset API, the stable redirect of a resource, and the file behind it
(static.data.gouv.fr).

One dataset is held: short-time work during the epidemic, regions × months × NACE 17, as of 2021-02-23. Its
slug is the real one. The identifiers of the dataset and of its resource, the resource's title and the hour
in the dated address were not seen: the identifiers here are derived from the slug and are NOT
data.gouv.fr's; ask by slug and title.
"""

from __future__ import annotations

import csv
import hashlib
import io
import uuid

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
TITLE = "activite-partielle-3-regional-nace17-latest.csv"
DATASET_ID = uuid.uuid5(uuid.NAMESPACE_URL, f"replique:{SLUG}").hex[:24]
RESOURCE_ID = str(uuid.uuid5(uuid.NAMESPACE_URL, f"replique:{SLUG}/{TITLE}"))
LATEST = f"https://www.data.gouv.fr/api/1/datasets/r/{RESOURCE_ID}"
STATIC = f"https://static.data.gouv.fr/resources/{SLUG}/20210223-000000/{TITLE}"
PUBLISHED = "2021-02-23T00:00:00+00:00"
LAST_MODIFIED = "Tue, 23 Feb 2021 00:00:00 GMT"


def register(app: ReplicaApp) -> None:
    """Routes of www.data.gouv.fr and static.data.gouv.fr."""
    app.route("/www.data.gouv.fr/api/1/datasets/<dataset>", dataset)
    app.route("/www.data.gouv.fr/api/1/datasets/<dataset>/", dataset)
    app.route("/www.data.gouv.fr/api/1/datasets/r/<resource>", redirect)
    app.route("/www.data.gouv.fr/fr/datasets/r/<resource>", redirect)
    app.route("/static.data.gouv.fr/resources/<slug>/<dated>/<name>", file)


def dataset(request: Request, app: ReplicaApp, dataset: str) -> Response:
    """Metadata by slug or identifier."""
    if dataset not in (SLUG, DATASET_ID):
        return _json({"message": "The requested URL was not found on the server."}, 404)
    body = _file(app)
    resource = {
        "id": RESOURCE_ID,
        "title": TITLE,
        "description": None,
        "format": "csv",
        "filetype": "file",
        "type": "main",
        "mime": "text/csv",
        "url": STATIC,
        "latest": LATEST,
        "filesize": len(body),
        "checksum": {"type": "sha1", "value": hashlib.sha1(body, usedforsecurity=False).hexdigest()},
        "last_modified": PUBLISHED,
        "extras": {},
    }
    answer = {
        "id": DATASET_ID,
        "slug": SLUG,
        "title": DATASET_TITLE,
        "page": f"https://www.data.gouv.fr/fr/datasets/{SLUG}/",
        "license": "lov2",
        "last_modified": PUBLISHED,
        "resources": [resource],
    }
    return _json(answer)


def redirect(request: Request, app: ReplicaApp, resource: str) -> Response:
    """302 to the dated address of the file, which changes at each publication."""
    if resource != RESOURCE_ID:
        return _json({"message": "The requested URL was not found on the server."}, 404)
    return Response("", status=302, headers={"Location": STATIC})


def file(request: Request, app: ReplicaApp, slug: str, dated: str, name: str) -> Response:
    """The file itself; any other address is unknown."""
    if f"https://static.data.gouv.fr/resources/{slug}/{dated}/{name}" != STATIC:
        return Response("Not Found", status=404, mimetype="text/plain")
    return Response(
        _file(app), content_type="text/csv; charset=utf-8", headers={"Last-Modified": LAST_MODIFIED}
    )


def _file(app: ReplicaApp) -> bytes:
    """UTF-8 without BOM, comma, LF, two decimals, as published."""

    def build() -> bytes:
        cursor = app.figures.cursor().execute("select * from dgefp_activite_partielle_regions")
        text = io.StringIO(newline="")
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow([column[0] for column in cursor.description])
        writer.writerows(cursor.fetchall())
        return text.getvalue().encode("utf-8")

    return app.memo("datagouv:activite_partielle", build)


def _json(value: object, status: int = 200) -> Response:
    return Response(dump(value), status=status, content_type="application/json")
