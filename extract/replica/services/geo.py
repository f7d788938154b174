"""Insee métadonnées/geo: lists of territories, one territory, what contains it and what it contains.

Communes are those of the COG list of 1 January of the year of `date` (2019, 2021 to 2026 at hand; the last
without date): events of the same year after that day are not replayed. Départements, régions and
arrondissements are those of COG 2026, EPCI those of 1 January 2025, zones d'emploi those of ZE2020. What
the replica cannot answer truly it answers with 501. Left out because not at hand: `dateCreation`; uri are
the published ones for départements and régions, else built on the code. Unknown territory or nothing found:
404 with an empty body; bad date or type: 400.
"""

from __future__ import annotations

import json
import re
from datetime import date
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from werkzeug import Request, Response
from werkzeug.exceptions import BadRequest
from werkzeug.exceptions import NotImplemented as NotServed

from extract.replica.app import ReplicaApp
from extract.replica.services.geo_objets import EPCI_YEAR, LEVELS, YEARS, Level, fetch

LISTS = {level.plural: level for level in LEVELS.values()}
DATE = re.compile(r"\d{4}-\d{2}-\d{2}$")


def register(app: ReplicaApp) -> None:
    """Routes of /metadonnees/geo."""
    for root in ("/api.insee.fr/metadonnees/geo", "/api.insee.fr/metadonnees/V1/geo"):
        app.route(f"{root}/<plural>", listing)
        app.route(f"{root}/<singular>/<code>", one)
        app.route(f"{root}/<singular>/<code>/<any(ascendants, descendants):direction>", relatives)


def listing(request: Request, app: ReplicaApp, plural: str) -> Response:
    """All the territories of a level (`communes`, `departements`, `regions`, `zonesDEmploi2020`, …)."""
    level, year = LISTS.get(plural), _year(request)
    if level is None:
        raise NotServed(f"La réplique ne porte pas la liste « {plural} ».")
    found = fetch(app, level, year)
    wanted = request.args.get("filtreNom", "").casefold()
    return _answer(request, [item for item in found if wanted in item["intitule"].casefold()], plural)


def one(request: Request, app: ReplicaApp, singular: str, code: str) -> Response:
    """One territory."""
    level = _level(singular, code)
    found = fetch(app, level, _year(request), where={"code": code})
    return _answer(request, found[0] if found else None, level.type)


def relatives(request: Request, app: ReplicaApp, singular: str, code: str, direction: str) -> Response:
    """What contains a territory (`ascendants`) or what it contains (`descendants`), of one `type` or of
    all."""
    level, year = _level(singular, code), _year(request)
    if not fetch(app, level, year, where={"code": code}):
        return _answer(request, [], "")
    asked = request.args.get("type")
    types = {other.type.casefold(): other for other in LEVELS.values()}
    if asked and asked.casefold() not in types:
        raise BadRequest(f"Type inconnu : {asked}")
    others = [types[asked.casefold()]] if asked else list(LEVELS.values())
    if year < EPCI_YEAR and not asked:
        others = [other for other in others if other.key != "epci"]
    found: list[dict[str, Any]] = []
    for other in others:
        if direction == "descendants" and level.key in other.parents:
            found += fetch(app, other, year, where={level.key: code})
        if direction == "ascendants" and other.key in level.parents:
            codes = fetch(app, level, year, where={"code": code}, column=other.key)
            found += [
                item for parent in codes if parent for item in fetch(app, other, year, where={"code": parent})
            ]
    return _answer(request, found, "Territoires")


def _level(singular: str, code: str) -> Level:
    level = LEVELS.get(singular)
    if level is None:
        raise NotServed(f"La réplique ne porte pas le niveau « {singular} ».")
    if not re.fullmatch(level.pattern, code):
        raise BadRequest("Le code saisi ne respecte pas le format attendu")
    return level


def _year(request: Request) -> int:
    """Year of the COG list to read; raises 400 on a bad date, 501 on one without a list at hand."""
    asked = request.args.get("date")
    if not asked:
        return YEARS[-1]
    if not DATE.match(asked):
        if asked == "*":
            raise NotServed("La réplique ne porte pas l'historique complet (date=*).")
        raise BadRequest(f"Date invalide : {asked}")
    try:
        year = date.fromisoformat(asked).year
    except ValueError as error:
        raise BadRequest(f"Date invalide : {asked}") from error
    if year not in YEARS:
        raise NotServed(f"La réplique n'a pas le COG de {year} ; elle a {', '.join(map(str, YEARS))}.")
    return year


def _answer(request: Request, found: Any, tag: str) -> Response:
    if not found:
        return Response(b"", status=404)
    best = request.accept_mimetypes.best_match(["application/json", "application/xml"], default="")
    if best == "application/json" or "Accept" not in request.headers:
        text = json.dumps(found, ensure_ascii=False, separators=(",", ":"))
        return Response(text, content_type="application/json")
    if best == "application/xml":
        if isinstance(found, dict):
            return Response(_xml(found), content_type="application/xml")
        name = tag[:1].upper() + tag[1:]
        return Response(f"<{name}>{''.join(map(_xml, found))}</{name}>", content_type="application/xml")
    return Response(b"", status=406)


def _xml(item: dict[str, Any]) -> str:
    body = "".join(
        f"<{name[0].upper()}{name[1:]}>{escape(str(value))}</{name[0].upper()}{name[1:]}>"
        for name, value in item.items()
        if name not in ("code", "uri", "type")
    )
    return (
        f"<{item['type']} code={quoteattr(item['code'])} uri={quoteattr(item['uri'])}>{body}</{item['type']}>"
    )
