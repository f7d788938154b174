"""Opendatasoft Explore 2.1 (Webstat, DARES, Urssaf, data.economie): metadata, announced count, csv export.

Only exports carry figures: /records stops at 10,000 rows, and so does an export with an offset."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import requests

from extract.archive import in_utc, utc_text
from extract.clients.common import Ask, Collected, ensure_ok, stored
from extract.definitions import Part, expand
from extract.errors import DeliveryRefused
from extract.reading import read_file
from extract.reading.table import Table, quoted

DEFAULT_LOT = 40  # keys per request: about 2,500 characters of address, far below what servers cut


def classify(url: str) -> str:
    """Exports are data, /records?limit=0 announces a count, the rest is metadata."""
    if "/exports/" in url:
        return "donnees"
    return "annonce" if "/records" in url else "marque"


def dataset_url(part: Part) -> str:
    """The API's address of the dataset."""
    return f"{part.acces['portail']}/api/explore/v2.1/catalog/datasets/{part.acces['jeu']}"


def collect(ask: Ask) -> Collected:
    """One export, or one per lot of keys; each compared with the count that the portal announces for it."""
    base = dataset_url(ask.part)
    metadata = describe(ask)
    published = published_on(metadata)
    if published and ask.previous is not None and ask.previous["publie_le"] == published:
        return Collected(
            base, published, None, f"le portail n'annonce pas de traitement depuis le {published[:10]}"
        )
    parameters = _parameters(ask.part, metadata)
    files: list[tuple[Path, str, int | None]] = []
    address = base
    for where in _wheres(ask.part):
        query = {**parameters, **({"where": where} if where else {})}
        announced = None if _aggregated(query) else _announced(ask, base, where)
        response = ask.session.get(f"{base}/exports/csv", params=query, stream=True)
        ensure_ok(response, f"export du jeu {ask.part.acces['jeu']}")
        address = ask.recorder.exchanges[-1].url
        files.append((stored(response).path, response.headers.get("content-type", ""), announced))
    return Collected(address, published, lambda scratch: read_exports(ask.part, files, scratch))


def describe(ask: Ask) -> dict[str, Any]:
    """The dataset's metadata; raises DeliveryFailed (unknown, key refused) or DeliveryRefused (not
    metadata)."""
    response = ask.session.get(dataset_url(ask.part))
    ensure_ok(response, f"jeu {ask.part.acces['jeu']}")
    try:
        metadata: dict[str, Any] = response.json()
        metadata["fields"] = [dict(field) for field in metadata["fields"]]
    except (requests.exceptions.JSONDecodeError, KeyError, TypeError, ValueError) as error:
        raise DeliveryRefused(
            "le portail ne décrit pas le jeu comme attendu (json sans « fields »)"
        ) from error
    return metadata


def published_on(metadata: dict[str, Any]) -> str | None:
    """When the portal last processed the data (else last modified), UTC ISO text, or None when it does not
    say."""
    marks = (metadata.get("metas") or {}).get("default") or {}
    value = marks.get("data_processed") or marks.get("modified")
    if not value:
        return None
    return utc_text(in_utc(str(value)))


def keys_asked(part: Part) -> list[str]:
    """The exact values asked by `acces.series`, or nothing."""
    series = part.acces.get("series")
    return expand(series["modeles"], series.get("listes", {})) if series else []


def _parameters(part: Part, metadata: dict[str, Any]) -> dict[str, str]:
    acces = part.acces
    parameters = {
        "delimiter": part.lecture.get("separateur", ";"),
        "use_labels": str(acces.get("libelles", False)).lower(),
    }
    for name in ("select", "order_by", "group_by"):
        if name in acces:
            parameters[name] = acces[name]
    if "limite" in acces:
        parameters["limit"] = str(acces["limite"])
    if pattern := acces.get("champs_annuels"):
        fields = sorted(
            str(field["name"]) for field in metadata["fields"] if re.fullmatch(pattern, str(field["name"]))
        )
        if not fields:
            raise DeliveryRefused(f"le jeu n'a plus de champ « {pattern} » : noms changés par le producteur")
        sums = ",".join(f"sum({name}) as {name}" for name in fields)
        parameters["select"] = parameters["select"].replace("{champs_annuels}", sums)
    return parameters


def _aggregated(query: dict[str, str]) -> bool:
    """Sums: the portal announces the rows summed, not those of the export."""
    return "group_by" in query or "(" in query.get("select", "")


def _wheres(part: Part) -> Iterator[str | None]:
    base, keys = part.acces.get("where"), keys_asked(part)
    if not keys:
        yield base
        return
    size = part.acces["series"].get("par_lot", DEFAULT_LOT)
    for start in range(0, len(keys), size):
        values = ",".join(f'"{key}"' for key in keys[start : start + size])
        clause = f"{part.acces['series']['champ']} IN ({values})"
        yield f"({base}) and {clause}" if base else clause


def _announced(ask: Ask, base: str, where: str | None) -> int:
    response = ask.session.get(
        f"{base}/records", params={"limit": "0", **({"where": where} if where else {})}
    )
    ensure_ok(response, f"nombre de lignes du jeu {ask.part.acces['jeu']}")
    try:
        return int(response.json()["total_count"])
    except (requests.exceptions.JSONDecodeError, KeyError, TypeError, ValueError) as error:
        raise DeliveryRefused("le portail n'annonce pas le nombre de lignes (total_count)") from error


def read_exports(part: Part, files: list[tuple[Path, str, int | None]], scratch: Path) -> Table:
    """The rows of exports (path, content type, rows announced or None) in their order; raises
    DeliveryRefused when fewer rows or fewer series came than announced or asked."""
    tables = []
    for rank, (path, kind, announced) in enumerate(files):
        folder = scratch / str(rank)
        folder.mkdir()
        table = read_file(part, path, kind, folder)
        if announced is not None and table.rows != announced:
            raise DeliveryRefused(f"{table.rows} lignes reçues, {announced} annoncées par le portail")
        tables.append(table)
    whole = _stacked(tables)
    if keys := keys_asked(part):
        field = part.acces["series"]["champ"]
        query = f"select distinct {quoted(field)} from brut"
        have = (
            {row[0] for row in whole.connection.execute(query).fetchall()}
            if field in whole.columns
            else set()
        )
        absent = [key for key in keys if key not in have]
        if absent:
            raise DeliveryRefused(
                f"{len(absent)} séries demandées sur {len(keys)} ne "
                f"sont pas dans la réponse : {', '.join(absent[:4])}"
            )
    return whole


def _stacked(tables: list[Table]) -> Table:
    if len(tables) == 1:
        return tables[0]
    first = tables[0].in_memory()
    for other in tables[1:]:
        if other.columns != first.columns:
            raise DeliveryRefused("les exports d'un même jeu n'ont pas les mêmes colonnes")
        first.connection.register(
            "suite", other.in_memory().connection.execute("select * from recu").to_arrow_table()
        )
        first.connection.execute("insert into recu select * from suite")
        first.connection.unregister("suite")
        other.close()
    return first
