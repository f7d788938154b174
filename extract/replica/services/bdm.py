"""Insee BDM: SDMX-ML 2.1 StructureSpecificData, by idbanks and by dataflow, on both of its hosts.

Kept as the service does it: newest observation first, decimal point, `UNIT_MULT` a power of ten, `Series`
and `Obs` without namespace, the dimensions of a flow as attributes of its series, unknown idbanks silently
absent, HTTP 404 with error code 100 when nothing matches, and a header that carries the hour of the answer
(two identical requests never give identical bytes, unless the replica runs with `entete_fixe`). Not
verified on the service: `OBS_QUAL` beyond DEF and P, the content type.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from xml.sax.saxutils import quoteattr

from werkzeug import Request, Response

from extract.replica.app import ReplicaApp
from extract.replica.services.bdm_flux import NOT_FOUND, XML, dataflow

SDMX = "http://www.sdmx.org/resources/sdmxml/schemas/v2_1"
QUALITY = {"A": "DEF", "P": "P", "SD": "SD"}
PERIOD = re.compile(r"(\d{4})(?:-(?:Q([1-4])|(\d{2})))?$")
SERIES_BDM = "SERIES_BDM"


@dataclass(frozen=True)
class Series:
    """One series: what identifies it, its XML attributes, its observations from the oldest (quarter number,
    XML)."""

    idbank: str
    flow: str
    key: tuple[str, ...]
    updated: str
    common: str
    dimensions: str
    observations: tuple[tuple[int, str], ...]


def register(app: ReplicaApp) -> None:
    """Routes of the BDM on bdm.insee.fr and on api.insee.fr."""
    roots = ("/bdm.insee.fr/series/sdmx", "/api.insee.fr/series/BDM/V1", "/api.insee.fr/series/BDM")
    for root in roots:
        app.route(f"{root}/data/<flow>", data)
        app.route(f"{root}/data/<flow>/<key>", data)
        app.route(f"{root}/dataflow", dataflow)
        app.route(f"{root}/dataflow/FR1", dataflow)
        app.route(f"{root}/dataflow/FR1/<flow>", dataflow)
    app.serves("bdm", holds)


def data(request: Request, app: ReplicaApp, flow: str, key: str = "all") -> Response:
    """`data/SERIES_BDM/<idbank>+…` or `data/<flow>[/<key>]`, with the period and number-of-observations
    parameters."""
    catalogue = app.memo("bdm", lambda: _catalogue(app))
    if flow == SERIES_BDM:
        asked = [idbank for idbank in key.split("+") if idbank]
        found = [catalogue[idbank] for idbank in dict.fromkeys(asked) if idbank in catalogue]
    else:
        # one series of DEFAILLANCES-ENTREPRISES is at hand, not the flow: it is served by its idbank only
        whole = app.memo("bdm flux", lambda: _whole_flows(app))
        found = [series for series in catalogue.values() if series.flow == flow and flow in whole]
        found = [series for series in found if _matches(series.key, key)]
    after = request.args.get("updatedAfter", "")
    body: list[str] = []
    for series in found:
        if after and series.updated <= after[:10]:
            continue
        observations = _window(series.observations, request)
        if not observations and request.args.get("detail") != "nodata":
            continue
        attributes = series.common if flow == SERIES_BDM else f"{series.common} {series.dimensions}"
        body.append(f"<Series {attributes}>")
        if request.args.get("detail") != "nodata":
            body += [xml for _, xml in reversed(observations)]
        body.append("</Series>")
    if not body:
        return Response(NOT_FOUND, status=404, content_type=XML)
    moment = None if app.options.entete_fixe else datetime.now(UTC)
    return Response("".join([_head(flow, moment), *body, _TAIL]), content_type=XML)


def holds(acces: dict[str, Any], app: ReplicaApp) -> bool:
    """The whole flow, or one at least of the series."""
    if "flux" in acces:
        return acces["flux"] in app.memo("bdm flux", lambda: _whole_flows(app))
    catalogue = app.memo("bdm", lambda: _catalogue(app))
    return any(idbank in catalogue for idbank in acces.get("idbanks", ()))


def _matches(series_key: tuple[str, ...], asked: str) -> bool:
    """`A+B` are alternatives, an empty place is any value; places left out at the end are any value too."""
    if asked in ("", "all"):
        return True
    places = asked.split(".")
    while places and not places[-1]:
        places.pop()
    if len(places) > len(series_key):
        return False
    return all(not place or part in place.split("+") for place, part in zip(places, series_key, strict=False))


def _window(observations: tuple[tuple[int, str], ...], request: Request) -> tuple[tuple[int, str], ...]:
    start = _quarter(request.args.get("startPeriod"), last=False)
    end = _quarter(request.args.get("endPeriod"), last=True)
    if start is not None:
        observations = tuple(item for item in observations if item[0] >= start)
    if end is not None:
        observations = tuple(item for item in observations if item[0] <= end)
    if first := request.args.get("firstNObservations", type=int):
        observations = observations[:first]
    if newest := request.args.get("lastNObservations", type=int):
        observations = observations[-newest:]
    return observations


def _quarter(period: str | None, last: bool) -> int | None:
    """Number of the quarter (4 × year + 0..3) where a period (`2012`, `2012-07`, `2012-Q3`) starts, or
    ends."""
    match = PERIOD.match(period or "")
    if not match:
        return None
    year, quarter, month = match.groups()
    if quarter:
        return int(year) * 4 + int(quarter) - 1
    if month:
        return int(year) * 4 + (int(month) - 1) // 3
    return int(year) * 4 + (3 if last else 0)


def _whole_flows(app: ReplicaApp) -> set[str]:
    return {row[0] for row in app.figures.rows("select flux from bdm_flux")}


def _catalogue(app: ReplicaApp) -> dict[str, Series]:
    """Every series by idbank, its observations already written as XML."""
    observations: dict[int, list[tuple[int, str]]] = {}
    rows = app.figures.rows(
        """select o.serie, o.trimestre, o.valeur, o.statut, s.decimales
        from bdm_observations o join bdm_series s using (serie) order by o.serie, o.trimestre"""
    )
    for serie, quarter, scaled, status, decimals in rows:
        value = "NaN" if scaled is None else f"{scaled / 10**decimals:.{decimals}f}"
        quality = f' OBS_QUAL="{QUALITY[status]}"' if status in QUALITY else ""
        xml = (
            f'<Obs TIME_PERIOD="{quarter // 4}-Q{quarter % 4 + 1}" OBS_VALUE="{value}" '
            f'OBS_STATUS="{status}"{quality} OBS_TYPE="A"/>'
        )
        observations.setdefault(serie, []).append((quarter, xml))
    catalogue: dict[str, Series] = {}
    for row in app.figures.dicts("select * from bdm_series order by serie"):
        common = {
            "IDBANK": row["idbank"],
            "FREQ": row["freq"],
            "TITLE_FR": row["titre_fr"],
            "TITLE_EN": row["titre_en"],
            "LAST_UPDATE": row["maj"],
            "UNIT_MEASURE": row["unite"],
            "UNIT_MULT": row["puissance"],
            "REF_AREA": row["zone"],
            "DECIMALS": row["decimales"],
        }
        dimensions = {
            "INDICATEUR": row["indicateur"],
            "ACTIVITE": row["activite"],
            "NATURE": row["nature"],
            "CORRECTION": row["correction"],
            "SERIE_ARRETEE": row["arretee"],
        }
        catalogue[row["idbank"]] = Series(
            idbank=row["idbank"],
            flow=row["flux"],
            key=tuple(row["cle"].split(".")),
            updated=row["maj"],
            common=_attributes(common),
            dimensions=_attributes(dimensions),
            observations=tuple(observations.get(row["serie"], [])),
        )
    return catalogue


def _attributes(values: dict[str, object]) -> str:
    """XML attributes, those without value left out."""
    return " ".join(f"{name}={quoteattr(str(value))}" for name, value in values.items() if value is not None)


def _head(flow: str, moment: datetime | None) -> str:
    """Header of the message; `moment` None gives the same bytes every time."""
    moment = moment or datetime(2024, 1, 1, tzinfo=UTC)
    urn = f"urn:sdmx:org.sdmx.infomodel.datastructure.Dataflow=FR1:{flow}(1.0):ObsLevelDim:TIME_PERIOD"
    reference = f"FR1_{flow.replace('-', '_')}_1_0"
    return (
        "<?xml version='1.0' encoding='UTF-8'?>"
        f'<message:StructureSpecificData xmlns:ss="{SDMX}/data/structurespecific" '
        f'xmlns:footer="{SDMX}/message/footer" '
        f'xmlns:ns1="{urn}" xmlns:message="{SDMX}/message" xmlns:common="{SDMX}/common" '
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:xml="http://www.w3.org/XML/1998/namespace">'
        f"<message:Header><message:ID>{flow}_{int(moment.timestamp() * 1000)}</message:ID>"
        f"<message:Test>false</message:Test><message:Prepared>{moment:%Y-%m-%dT%H:%M:%S}</message:Prepared>"
        '<message:Sender id="FR1">'
        '<common:Name xml:lang="fr">Institut national de la statistique et des études '
        f"économiques</common:Name></message:Sender>"
        f'<message:Structure structureID="{reference}" namespace="{urn}" '
        'dimensionAtObservation="TIME_PERIOD"><common:StructureUsage>'
        f'<Ref agencyID="FR1" id="{flow}" version="1.0"/></common:StructureUsage></message:Structure>'
        '<message:Source xml:lang="fr">Banque de données macro-économiques</message:Source></message:Header>'
        f'<message:DataSet ss:dataScope="DataStructure" xsi:type="ns1:DataSetType" '
        f'ss:structureRef="{reference}">'
    )


_TAIL = "</message:DataSet></message:StructureSpecificData>"
