"""Insee's Melodi (JSON) through pynsee: one call of pynsee.melodi.get_dataset per combination of filters.

Guarded here: pynsee sends a list of values as one text, crashes on zero rows, and trusts `next` blindly;
Melodi says "unknown dataset" with a 500. The count announced by the probe (maxResult=0, totalCount) must
be received, once each."""

from __future__ import annotations

import itertools
import json
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests

from extract.clients import pynsee_bridge
from extract.clients.common import Ask, Collected, ensure_ok
from extract.errors import DeliveryFailed, DeliveryRefused, ExtractError
from extract.exchanges import Exchange
from extract.network import ProducerUnavailable
from extract.reading.containers import refuse_html
from extract.reading.json_text import as_text
from extract.reading.table import Table

API = "https://api.insee.fr/melodi"
ADDED_BY_PYNSEE = ("title_", "publisher_", "identifier")


def classify(url: str) -> str:
    """The probe announces, data pages carry figures, the catalogue is a mark."""
    parts = urlsplit(url)
    if "/melodi/data/" not in parts.path:
        return "marque"
    return "annonce" if parse_qs(parts.query).get("maxResult") == ["0"] else "donnees"


def collect(ask: Ask) -> Collected:
    """The catalogue's date first; when it moved, every combination of the filters."""
    dataset = ask.part.acces["jeu"]
    published = published_on(ask)
    url = f"{API}/data/{dataset}"
    if published and ask.previous is not None and ask.previous["publie_le"] == published:
        return Collected(
            url, published, None, f"le catalogue Melodi n'annonce pas de nouveauté depuis le {published[:10]}"
        )
    filters: dict[str, list[str]] = ask.part.acces.get("filtres", {})
    columns: dict[str, None] = {}
    frames: list[Any] = []
    for values in itertools.product(*filters.values()):
        frame = _get_dataset(ask, dataset, dict(zip(filters, values, strict=True)))
        columns |= dict.fromkeys(
            name for name in map(str, frame.columns) if not name.startswith(ADDED_BY_PYNSEE)
        )
        frames.append(frame)
    names = list(columns)
    cells = [[text for frame in frames for text in _texts(frame, name)] for name in names]
    _refuse_repeated(names, cells)
    return Collected(url, published, lambda _: Table.of_columns(names, cells))


def published_on(ask: Ask) -> str | None:
    """The catalogue's `modified` of the French csv product, else of the dataset (local time, as Insee writes
    it)."""
    response = ask.session.get(
        f"{API}/catalog/{ask.part.acces['jeu']}", headers={"Accept": "application/json"}
    )
    if response.status_code == 500:
        raise DeliveryFailed(f"Melodi ne connaît pas le jeu {ask.part.acces['jeu']} (HTTP 500)")
    ensure_ok(response, f"catalogue Melodi, jeu {ask.part.acces['jeu']}")
    try:
        item: Any = response.json()
        item = item[0] if isinstance(item, list) else item
        products = [
            one
            for one in item.get("product", [])
            if one.get("format") == "CSV" and one.get("language") == "FR"
        ]
        value = products[0].get("modified") if products else item.get("modified")
    except (requests.exceptions.JSONDecodeError, AttributeError, IndexError) as error:
        raise DeliveryRefused("le catalogue Melodi ne décrit pas le jeu comme attendu") from error
    return str(value) if value else None


def read_answer(path: Path) -> Table:
    """The rows of one whole answer of /data that someone deposited, without pynsee; raises
    DeliveryRefused."""
    refuse_html(path, "")
    if _count(path) != _received(path):
        raise DeliveryRefused(
            f"la réponse Melodi n'est pas entière : {_received(path)} observations sur {_count(path)} ; "
            "redemandez-la avec un maxResult plus grand"
        )
    rows = []
    for one in json.loads(path.read_bytes())["observations"]:
        try:
            measures = {name: measure.get("value") for name, measure in one.get("measures", {}).items()}
            rows.append({**one["dimensions"], **one.get("attributes", {}), **measures})
        except (AttributeError, KeyError, TypeError) as error:
            raise DeliveryRefused("observation Melodi sans dimensions ou sans mesures") from error
    columns = list(dict.fromkeys(name for row in rows for name in row))
    cells = [[as_text(row.get(name)) for row in rows] for name in columns]
    _refuse_repeated(columns, cells)
    return Table.of_columns(columns, cells)


def _get_dataset(ask: Ask, dataset: str, filters: dict[str, str]) -> Any:
    """pynsee's frame for one combination; raises DeliveryRefused or DeliveryFailed with what the service
    said."""
    before = len(ask.recorder.exchanges)
    asked = ", ".join(f"{name}={value}" for name, value in filters.items()) or "tout"
    failure: Exception | None = None
    frame: Any = None
    with pynsee_bridge.mounted(ask.mount, ask.archive.unpacking):
        melodi = import_module("pynsee.melodi")
        try:
            frame = pynsee_bridge.uncached(melodi.get_dataset)(dataset, language="fr", silent=True, **filters)
        except (ProducerUnavailable, ExtractError):  # said by our transport, or of our archive
            raise
        except Exception as error:
            failure = error
    answers = ask.recorder.exchanges[before:]
    for exchange in answers:
        _refuse_errors(exchange, ask.archive.object_path(exchange.sha256), dataset)
    announced = [_count(ask.archive.object_path(one.sha256)) for one in answers if one.role == "annonce"]
    if not announced:
        raise DeliveryFailed(f"Melodi n'a pas annoncé de nombre de lignes ({failure})")
    if announced[-1] == 0:
        raise DeliveryRefused(f"Melodi n'a aucune observation pour {dataset} ({asked})")
    received = sum(_received(ask.archive.object_path(one.sha256)) for one in answers if one.role == "donnees")
    if received != announced[-1]:
        raise DeliveryRefused(
            f"{dataset} ({asked}) : {received} observations reçues, {announced[-1]} annoncées"
        )
    if failure is not None:
        raise DeliveryRefused(f"pynsee n'a pas pu lire {dataset} ({asked}) : {failure}") from failure
    if len(frame) != received:
        raise DeliveryRefused(f"{dataset} ({asked}) : pynsee rend {len(frame)} observations sur {received}")
    return frame


def _refuse_errors(exchange: Exchange, path: Path, dataset: str) -> None:
    if exchange.statut == 200:
        refuse_html(path, exchange.entetes.get("content-type", ""))
    elif exchange.statut == 500:
        raise DeliveryFailed(f"Melodi ne connaît pas le jeu {dataset}, ou est en panne (HTTP 500)")
    elif exchange.statut >= 400:
        raise DeliveryFailed(f"Melodi répond HTTP {exchange.statut} pour {exchange.url}")


def _count(path: Path) -> int:
    try:
        return int(json.loads(path.read_bytes())["paging"]["count"])
    except (ValueError, KeyError, TypeError) as error:
        raise DeliveryRefused("Melodi n'annonce pas le nombre d'observations (paging.count)") from error


def _received(path: Path) -> int:
    try:
        return len(json.loads(path.read_bytes())["observations"])
    except (ValueError, KeyError, TypeError) as error:
        raise DeliveryRefused("page Melodi illisible, coupée ou sans observations") from error


def _texts(frame: Any, name: str) -> list[str | None]:
    if name not in frame.columns:
        return [None] * len(frame)
    return [_text(value) for value in frame[name].tolist()]


def _text(value: Any) -> str | None:
    """A cell of pynsee's frame as text; a missing measure (NaN) is None, a number its shortest exact form."""
    if isinstance(value, str):
        return value or None
    if value is None or value != value:
        return None
    return repr(float(value)) if isinstance(value, float) else str(value)


def _refuse_repeated(names: list[str], cells: list[list[str | None]]) -> None:
    """A page that points to itself gives the right count of wrong rows: no observation may come twice."""
    dimensions = [column for name, column in zip(names, cells, strict=True) if not name.startswith("OBS_")]
    rows = list(zip(*dimensions, strict=True))
    if len(set(rows)) != len(rows):
        raise DeliveryRefused(
            f"Melodi a envoyé {len(rows) - len(set(rows))} observations deux fois (pages répétées)"
        )
