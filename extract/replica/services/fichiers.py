"""Plain files of insee.fr, of the DGCL, of the DARES and of the IGN outlines, each in its own format and
encoding.

`FILES` lists them: the path is the producer's, the content is rebuilt from the figures and always the same
bytes. `Last-Modified` is sent only where the producer's date of publication is known. A file of insee.fr
that is not there is a 404 page in HTML.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

from werkzeug import Request, Response
from werkzeug.http import http_date

from extract.replica.app import ReplicaApp
from extract.replica.services import fichiers_classeurs as workbooks
from extract.replica.services import fichiers_textes as texts

INSEE = "/www.insee.fr/fr/statistiques/fichier"
CSV, ZIP = "text/csv", "application/zip"
XLS = "application/vnd.ms-excel"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True)
class File:
    """A file: where it is, how to make it, its type, when the producer put it there (None: not known)."""

    path: str
    build: Callable[[ReplicaApp], bytes]
    content_type: str
    published: datetime | None = None


FILES = (
    File(f"{INSEE}/8740222/v_commune_2026.csv", texts.cog("cog_communes"), CSV),
    File(f"{INSEE}/8740222/v_mvt_commune_2026.csv", texts.cog("cog_mouvements"), CSV),
    File(f"{INSEE}/8740222/v_departement_2026.csv", texts.cog("cog_departements"), CSV),
    File(f"{INSEE}/8740222/v_region_2026.csv", texts.cog("cog_regions"), CSV),
    File(f"{INSEE}/8740222/v_arrondissement_2026.csv", texts.cog("cog_arrondissements"), CSV),
    File(f"{INSEE}/7671844/table-appartenance-geo-communes-2025.zip", workbooks.appartenance, ZIP),
    File(
        f"{INSEE}/4652957/ZE2020_au_01-01-2023.xlsx",
        workbooks.zones_emploi,
        XLSX,
        datetime(2023, 3, 17, tzinfo=UTC),
    ),
    File(f"{INSEE}/3677785/ensemble.xls", workbooks.populations_2016, XLS),
    File(f"{INSEE}/6011070/ensemble.zip", texts.populations(2019), ZIP),
    File(f"{INSEE}/6683035/ensemble.zip", texts.populations(2020), ZIP),
    File(f"{INSEE}/7739582/ensemble.zip", texts.populations(2021), ZIP),
    File(f"{INSEE}/8290591/ensemble.zip", texts.populations(2022), ZIP),
    File(f"{INSEE}/8680726/ensemble.zip", texts.populations(2023), ZIP),
    File(f"{INSEE}/1893198/estim-pop-dep-sexe-gca-1975-2023.xls", workbooks.estimations_population, XLS),
    File(f"{INSEE}/1893230/chomage-zone-t1-2003-t3-2023.xlsx", workbooks.chomage_zones, XLSX),
    File(f"{INSEE}/7756729/cc_filosofi_2021_COM.csv", texts.filosofi, CSV),
    File(
        "/www.collectivites-locales.gouv.fr/files/files/Etudes-et-statistiques/DESL/2025/EPCI/epcicom2025.xlsx",
        workbooks.epci,
        XLSX,
    ),
    File(
        "/dares.travail-emploi.gouv.fr/sites/default/files/xlsx/interimaire-evolution-trimestrielle-2000_2025.xlsx",
        workbooks.interim,
        XLSX,
    ),
    File(
        "/dares.travail-emploi.gouv.fr/sites/default/files/xlsx/series_CVS_T22025.xlsx",
        workbooks.flux,
        XLSX,
    ),
    File(
        "/raw.githubusercontent.com/shirinabh/risk_score_modelisation/e1e79e347d6465a238223dd55f1e25854795b315"
        "/datasets/A21REG_UL.csv",
        texts.unites_legales,
        "text/plain; charset=utf-8",
    ),
    File(
        "/etalab-datasets.geo.data.gouv.fr/contours-administratifs/2025/geojson/epci-1000m.geojson.gz",
        texts.contours("ign_epci"),
        "application/gzip",
    ),
    File(
        "/etalab-datasets.geo.data.gouv.fr/contours-administratifs/2025/geojson/departements-1000m.geojson.gz",
        texts.contours("ign_departements"),
        "application/gzip",
    ),
    File(
        "/etalab-datasets.geo.data.gouv.fr/contours-administratifs/2026/geojson/communes-1000m.geojson.gz",
        texts.contours("ign_communes"),
        "application/gzip",
    ),
)

MISSING = (
    "<!DOCTYPE html><html lang='fr'><head><title>Page introuvable | Insee</title></head><body></body></html>"
)


def register(app: ReplicaApp) -> None:
    """One route a file, and the 404 page of insee.fr for the others."""
    for file in FILES:
        app.route(file.path, _handler(file))
        if file.content_type in (XLSX, XLS):
            app.ahead(partial(_content, app, file))
    app.route(f"{INSEE}/<page>/<name>", missing)


def _content(app: ReplicaApp, file: File) -> bytes:
    return app.memo(("fichier", file.path), lambda: file.build(app))


def _handler(file: File) -> Callable[..., Response]:
    def answer(request: Request, app: ReplicaApp) -> Response:
        response = Response(_content(app, file), content_type=file.content_type)
        if file.published:
            response.headers["Last-Modified"] = http_date(file.published)
        # a validator, and no date: sites give one, and ours tells nothing of theirs
        response.add_etag()
        return response.make_conditional(request)

    return answer


def missing(request: Request, app: ReplicaApp, page: str, name: str) -> Response:
    """Names and pages change with every vintage: what is not there is a page, not a file."""
    return Response(
        MISSING, status=404, content_type="text/html;charset=UTF-8", headers={"X-Replique": "absent"}
    )


missing.absent = True  # type: ignore[attr-defined]  # its route leads to no file (see `ReplicaApp.leads_to_a_file`)
