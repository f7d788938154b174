"""Insee's BDM (SDMX-ML 2.1) through pynsee: whole flows, or series by idbank.

pynsee asks and reads; the archived XML says how many observations there were and how each value was
written. The two must agree. Guarded here: pynsee reads the 404 "nothing found" as an empty frame and dies
on it, and turns a value that it does not understand into a missing one."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from importlib import import_module
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import requests

from extract.clients import pynsee_bridge
from extract.clients.common import Ask, Collected
from extract.errors import DeliveryFailed, DeliveryRefused, ExtractError
from extract.exchanges import Exchange
from extract.network import ProducerUnavailable
from extract.reading.containers import refuse_html
from extract.reading.table import Table

API = "https://api.insee.fr/series/BDM/V1/data"
SERIES = "SERIES_BDM"
ERROR, NOTHING_FOUND = (
    "ErrorMessage",
    "100",
)  # the service's code for « Aucun résultat ne correspond à cette requête »
ADDED_BY_PYNSEE = ("DATE",)
VALUE, NOT_A_NUMBER = "OBS_VALUE", "NaN"


def classify(url: str) -> str:
    """The list of flows that pynsee looks at first, and what was asked for news, are marks; the rest is
    data."""
    return "marque" if "/dataflow" in url or "updatedAfter=" in url else "donnees"


def collect(ask: Ask) -> Collected:
    """Call pynsee's get_dataset or get_series (metadata=False) and confront its frame with the XML."""
    acces = ask.part.acces
    if ask.previous is not None and (since := _nothing_since(ask)):
        return Collected(
            ask.recorder.exchanges[-1].url,
            ask.previous["publie_le"],
            None,
            f"la BDM n'annonce aucune mise à jour depuis le {since}",
        )
    options = {"metadata": False, "silent": True, **acces.get("parametres", {})}
    failure: Exception | None = None
    frame: Any = None
    with pynsee_bridge.mounted(ask.mount, ask.archive.unpacking):
        macrodata = import_module("pynsee.macrodata")
        try:
            if "flux" in acces:
                frame = pynsee_bridge.uncached(macrodata.get_dataset)(acces["flux"], **options)
            else:
                frame = pynsee_bridge.uncached(macrodata.get_series)(acces["idbanks"], **options)
        except (ProducerUnavailable, ExtractError):  # said by our transport, or of our archive
            raise
        except Exception as error:
            failure = error
    answers = [(exchange, _path(ask, exchange)) for exchange in ask.recorder.of_role("donnees")]
    if not answers:
        raise DeliveryFailed(f"pynsee n'a rien demandé ({failure})")
    for exchange, path in answers:
        _refuse_errors(exchange, path)
    if failure is not None:
        raise DeliveryRefused(
            f"pynsee n'a pas pu lire la réponse : {type(failure).__name__} {failure}"
        ) from failure
    good = [(exchange, path) for exchange, path in answers if exchange.statut == 200]
    written = [observation for _, path in good for observation in observations(path)]
    columns, values = _confront(frame, written)
    if "idbanks" in acces:
        _refuse_absent(acces["idbanks"], values[columns.index("IDBANK")].unique().to_pylist())
    published = pc.max(values[columns.index("LAST_UPDATE")]).as_py() if "LAST_UPDATE" in columns else None
    return Collected(good[-1][0].url, published, lambda _: Table.of_columns(columns, values))


def _nothing_since(ask: Ask) -> str | None:
    """The last update that we hold when the service has no later one (one cheap question), else None.

    Updates are dated by day: what was received on the very day of its update may have moved again since."""
    assert ask.previous is not None
    held = (ask.previous["publie_le"] or "")[:10]
    if not held or held >= ask.previous["recu_le"][:10]:
        return None
    acces = ask.part.acces
    asked = acces.get("flux") or f"{SERIES}/{'+'.join(acces['idbanks'])}"
    try:
        response = ask.session.get(
            f"{API}/{asked}",
            params={"updatedAfter": f"{held}T00:00:00", "lastNObservations": "1"},
            headers={"Accept": "application/xml"},
        )
    except requests.exceptions.ContentDecodingError:
        return None  # the whole demand, which follows, will say what is wrong
    path = _path(ask, ask.recorder.exchanges[-1])
    try:
        if response.status_code == 404:
            codes = [one.get("code") for one in ElementTree.parse(path).iter() if one.tag.endswith(ERROR)]
            return held if codes == [NOTHING_FOUND] else None
        if response.status_code != 200:
            return None
        updates = [one.get("LAST_UPDATE", "")[:10] for one in observations(path)]
    except (ElementTree.ParseError, DeliveryRefused):
        return None
    return held if updates and all("" < update <= held for update in updates) else None


def observations(path: Path) -> list[dict[str, str]]:
    """Every <Obs> of an archived SDMX-ML message with the attributes of its <Series>; raises
    DeliveryRefused."""
    found: list[dict[str, str]] = []
    try:
        series: dict[str, str] = {}
        for event, element in ElementTree.iterparse(path, events=("start", "end")):
            if event == "start" and element.tag == "Series":
                series = dict(element.attrib)
            elif event == "end" and element.tag == "Obs":
                found.append({**element.attrib, **series})
            elif event == "end" and element.tag == "Series":
                element.clear()
    except ElementTree.ParseError as error:
        raise DeliveryRefused(f"xml illisible ou coupé : {error}") from error
    return found


def read_message(path: Path) -> Table:
    """The rows of an SDMX-ML message that someone deposited, without pynsee; raises DeliveryRefused."""
    refuse_html(path, "")
    written = observations(path)
    if not written:
        raise DeliveryRefused("le message ne contient aucune observation")
    columns = list(dict.fromkeys(name for one in written for name in one))
    cells = [
        [None if one.get(name) in ("", NOT_A_NUMBER) else one.get(name) for one in written]
        for name in columns
    ]
    return Table.of_columns(columns, cells)


def _path(ask: Ask, exchange: Exchange) -> Path:
    return ask.archive.object_path(exchange.sha256)


def _refuse_errors(exchange: Exchange, path: Path) -> None:
    """Explain an answer that is not a message of data (pynsee goes to the twin address only when nobody
    answers)."""
    if exchange.statut == 200:
        refuse_html(path, exchange.entetes.get("content-type", ""))
        return
    text = path.read_bytes()[:2000].decode("utf-8", "replace")
    try:
        words = " ".join(ElementTree.fromstring(text).itertext()).strip()
    except ElementTree.ParseError:
        words = text[:200]
    if exchange.statut == 404:
        raise DeliveryRefused(f"la BDM ne trouve rien (404) : {words or exchange.url}")
    raise DeliveryFailed(f"la BDM répond HTTP {exchange.statut} : {words}")


def _confront(frame: Any, written: list[dict[str, str]]) -> tuple[list[str], list[pa.Array]]:
    """Columns of texts from pynsee's frame, values as the XML wrote them; raises DeliveryRefused on any
    difference."""
    if len(frame) != len(written):
        raise DeliveryRefused(f"pynsee rend {len(frame)} observations, la réponse en contient {len(written)}")
    if not written:
        raise DeliveryRefused("la réponse ne contient aucune observation")
    texts = {(one.get("IDBANK"), one.get("TIME_PERIOD")): one.get(VALUE) for one in written}
    if len(texts) != len(written):
        raise DeliveryRefused("la réponse répète des observations (même série, même période)")
    columns = [str(name) for name in frame.columns if name not in ADDED_BY_PYNSEE]
    values = [
        pa.Array.from_pandas(frame[name], type=pa.string()) if name != VALUE else _as_written(frame, texts)
        for name in columns
    ]
    return columns, values


def _as_written(frame: Any, texts: dict[tuple[str | None, str | None], str | None]) -> pa.Array:
    """The values as texts of the XML, each equal to what pynsee read; a missing one is null."""
    kept: list[str | None] = []
    rows = zip(frame["IDBANK"].tolist(), frame["TIME_PERIOD"].tolist(), frame[VALUE].tolist(), strict=True)
    for idbank, period, number in rows:
        text = texts.get((idbank, period))
        if text is None or text in ("", NOT_A_NUMBER):
            agreed, text = number != number, None
        else:
            agreed = number == number and float(text) == number
        if not agreed:
            raise DeliveryRefused(f"série {idbank}, {period} : valeur « {text} » que pynsee lit {number}")
        kept.append(text)
    return pa.array(kept, type=pa.string())


def _refuse_absent(asked: list[str], received: list[str | None]) -> None:
    absent = sorted(set(asked) - set(filter(None, received)))
    if absent:
        raise DeliveryRefused(
            f"{len(absent)} séries demandées absentes de la réponse : {', '.join(absent[:6])}"
        )
