"""Melodi and the BDM over a handful of invented rows, in the wire formats seen in recorded exchanges: the catalogue's date, the probe that
announces, JSON pages, the filters (`DEP-14*COM`, a whole level, one territory); StructureSpecific XML, newest observation first.

SYNTHETIC: see `banc_specimens`."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from xml.sax.saxutils import quoteattr

from werkzeug import Request, Response

from extract.replica.app import ReplicaApp
from extract.replica.services import bdm_flux

Route = tuple[str, Callable[..., Response]]

MELODI = "/api.insee.fr/melodi"
CONTROLES = ("maxResult", "page", "totalCount", "idTerritoire", "range")
SDMX = "http://www.sdmx.org/resources/sdmxml/schemas/v2_1"


@dataclass(frozen=True)
class Obs:
    """One observation of Melodi: its dimensions, its value (None: the measure has no value), its attributes."""

    dimensions: Mapping[str, str]
    valeur: float | None
    attributs: Mapping[str, str] = field(default_factory=dict)

    def json(self) -> dict[str, Any]:
        measure = {} if self.valeur is None else {"value": self.valeur}
        return {
            "attributes": dict(self.attributs),
            "dimensions": dict(self.dimensions),
            "measures": {"OBS_VALUE_NIVEAU": measure},
        }


def melodi(jeu: str, observations: Sequence[Obs]) -> tuple[Route, ...]:
    """The catalogue and the data of one dataset, pages of fifty."""

    def catalogue(request: Request, app: ReplicaApp) -> Response:
        sheet = {
            "identifier": jeu,
            "modified": "2026-06-30T08:45:00",
            "product": [{"format": "CSV", "language": "FR", "modified": "2026-06-30T08:45:00"}],
        }
        return Response(json.dumps(sheet), content_type="application/json")

    def data(request: Request, app: ReplicaApp) -> Response:
        asked = {k: v for k, v in request.args.lists() if k not in CONTROLES}
        chosen = [o for o in observations if all(_selects(o.dimensions, k, v) for k, v in asked.items())]
        size, page = (
            min(int(request.args.get("maxResult", 10_000)), 50),
            int(request.args.get("page", 1)),
        )
        shown = chosen[(page - 1) * size : page * size] if size else []
        paging: dict[str, Any] = {"first": _page(request, 1), "isLast": page * max(size, 1) >= len(chosen)}
        if request.args.get("totalCount", "").upper() == "TRUE":
            paging["count"] = len(chosen)
        if size and not paging["isLast"]:
            paging["next"] = _page(request, page + 1)
        body = {
            "identifier": jeu,
            "title": {"fr": f"SPÉCIMEN {jeu}", "en": f"SPECIMEN {jeu}"},
            "publisher": {"id": "INSEE", "label": [{"lang": "fr", "content": "Spécimen des tests"}]},
            "observations": [o.json() for o in shown],
            "paging": paging,
        }
        return Response(json.dumps(body, ensure_ascii=False), content_type="application/json")

    return ((f"{MELODI}/catalog/{jeu}", catalogue), (f"{MELODI}/data/{jeu}", data))


def _page(request: Request, number: int) -> str:
    """The producer's own address, as it writes it, whoever stands in for it."""
    kept = "&".join(f"{k}={v}" for k, vs in request.args.lists() for v in vs if k != "page")
    return f"https:/{request.path}?{kept}&page={number}"


def _selects(dimensions: Mapping[str, str], name: str, values: Sequence[str]) -> bool:
    if name != "GEO":
        return dimensions[name] in values
    _, level, code = dimensions["GEO"].split("-", 2)
    for value in values:
        container, star, child = value.partition("*")
        if star and level == child and code.startswith(container.split("-")[-1]):
            return True
        if not star and value in (level, f"{level}-{code}"):
            return True
    return False


@dataclass(frozen=True)
class Serie:
    """One series of the BDM: its attributes, its observations (period, value or None, status)."""

    idbank: str
    freq: str
    zone: str
    titre: str
    dimensions: Mapping[str, str]
    observations: Sequence[tuple[str, float | None, str]]
    puissance: int = 0


def bdm(flux: str, series: Sequence[Serie]) -> tuple[Route, ...]:
    """The whole flow, on both of the BDM's addresses."""

    def data(request: Request, app: ReplicaApp) -> Response:
        body = "".join(_series(one) for one in series)
        return Response(
            f'<?xml version="1.0" encoding="UTF-8"?><message:StructureSpecificData xmlns:message="{SDMX}/message">'
            f"<message:DataSet>{body}</message:DataSet></message:StructureSpecificData>",
            content_type="application/xml",
        )

    roots = ("/bdm.insee.fr/series/sdmx", "/api.insee.fr/series/BDM/V1", "/api.insee.fr/series/BDM")
    return tuple((f"{root}/data/{flux}", data) for root in roots)


def _series(one: Serie) -> str:
    attributes = {
        "IDBANK": one.idbank,
        "FREQ": one.freq,
        "TITLE_FR": one.titre,
        "LAST_UPDATE": "2026-06-30",
        "UNIT_MULT": str(one.puissance),
        "REF_AREA": one.zone,
        "DECIMALS": "1",
        **one.dimensions,
    }
    head = " ".join(f"{name}={quoteattr(value)}" for name, value in attributes.items())
    observations = "".join(
        f'<Obs TIME_PERIOD="{period}" OBS_VALUE="{"NaN" if value is None else value}" OBS_STATUS="{status}"/>'
        for period, value, status in reversed(one.observations)
    )
    return f"<Series {head}>{observations}</Series>"


def liste_flux(flux: Sequence[str]) -> Callable[..., Response]:
    """The list of flows of the BDM, as the replica writes it, with these flows in it."""
    rows = [
        {
            "flux": one,
            "page": "https://www.insee.fr",
            "series": 1,
            "titre_fr": "SPÉCIMEN",
            "titre_en": "SPECIMEN",
        }
        for one in flux
    ]

    def answer(request: Request, app: ReplicaApp, flow: str = "all") -> Response:
        body = bdm_flux._head(flow) + "".join(map(bdm_flux._item, rows)) + bdm_flux._TAIL
        return Response(body, content_type=bdm_flux.XML)

    return answer
