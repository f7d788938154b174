"""Five producers on loopback, one per protocol, that serve the same three rows in their own formats, and
whatever fault is asked of the answer that carries the figures. Everything here is synthetic."""

from __future__ import annotations

import gzip
import json
import socket
import struct
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler
from typing import Any

from extraction_helpers import Producer, definition

from extract.definitions import Definition

NOTHING = b'<?xml version="1.0"?><mes:Error xmlns:mes="urn:m"><mes:ErrorMessage code="100"/></mes:Error>'  # no update
Row = tuple[str, str, str]
Handler = Callable[[BaseHTTPRequestHandler], None]
COLUMNS = ("CODE", "NATURE", "VALEUR")
ROWS: tuple[Row, ...] = (("01", "définitif", "1.5"), ("02", "provisoire", "2"), ("03", "définitif", "3.25"))
RULES: dict[str, Any] = {
    "code": "[0-9]{2}",
    "valeur": r"[0-9]+(\.[0-9]+)?",
    "nature": ["définitif", "provisoire"],
}


@dataclass(frozen=True)
class Content:
    """What a producer says: `announced` rows are promised (None: as many as there are)."""

    rows: Sequence[Row] = ROWS
    columns: Sequence[str | None] = COLUMNS
    more: str | None = None
    announced: int | None = None
    following: str | None = None

    @property
    def promised(self) -> int:
        return len(self.rows) if self.announced is None else self.announced


@dataclass
class World:
    """One protocol's producer. `fault` answers in place of the figures when it is set; `encode` changes their
    bytes."""

    protocol: str
    producer: Producer
    content: Content = field(default_factory=Content)
    encode: Callable[[bytes], bytes] = lambda body: body
    fault: Handler | None = None
    day: int = 1
    asked: int = 0

    def __post_init__(self) -> None:
        serve = self.producer.answers
        match self.protocol:
            case "fichier":
                serve["/victime.fr/essai.csv"] = self.figures
            case "datagouv":
                serve["/www.data.gouv.fr/api/1/datasets/essai/"] = self.described
                serve["/static.victime.fr/essai.csv"] = self.figures
            case "opendatasoft":
                base = "/data.victime.fr/api/explore/v2.1/catalog/datasets/essai"
                serve[base] = self.described
                serve[base + "/records"] = self.announced
                serve[base + "/exports/csv"] = self.figures
            case "melodi":
                serve["/api.insee.fr/melodi/catalog/DS_ESSAI"] = self.described
                serve["/api.insee.fr/melodi/data/DS_ESSAI"] = self.figures
            case "bdm":
                # pynsee writes the address in two ways, and goes to the twin host when the first one fails
                for host in ("api.insee.fr/series/BDM/V1", "bdm.insee.fr/series/sdmx"):
                    for plus in ("+", "%2B"):
                        serve[f"/{host}/data/SERIES_BDM/{plus.join(self.idbanks)}"] = self.figures

    # ---- the source
    @property
    def idbanks(self) -> list[str]:
        return [f"0000000{code}" for code, _, _ in ROWS]

    @property
    def names(self) -> dict[str, str]:
        """Where the three columns are in this protocol."""
        match self.protocol:
            case "bdm":
                return {"CODE": "REF_AREA", "NATURE": "OBS_STATUS", "VALEUR": "OBS_VALUE"}
            case "melodi":
                return {"CODE": "CODE", "NATURE": "NATURE", "VALEUR": "OBS_VALUE_NIVEAU"}
        return {name: name for name in COLUMNS}

    def source(self) -> Definition:
        """The yaml of it."""
        acces: dict[str, Any] = {
            "fichier": {"url": "https://victime.fr/essai.csv"},
            "datagouv": {"jeu": "essai", "ressource": "essai"},
            "opendatasoft": {"portail": "https://data.victime.fr", "jeu": "essai"},
            "melodi": {"jeu": "DS_ESSAI", "filtres": {"GEO": ["COM"]}},
            "bdm": {"idbanks": self.idbanks},
        }[self.protocol]
        names = self.names
        extra = ["IDBANK", "TIME_PERIOD", "FREQ"] if self.protocol == "bdm" else []
        attendu = {
            "colonnes": [*names.values(), *extra],
            "colonnes_ignorees": ["LAST_UPDATE"],  # else every edition would be a new one
            "cle": [names["CODE"]],
            "motifs": {names["CODE"]: RULES["code"], names["VALEUR"]: RULES["valeur"]},
            "modalites": {names["NATURE"]: RULES["nature"]},
            "lignes_min": 3,
        }
        lecture = {"format": "csv", "encodage": "utf-8", "separateur": ";"}
        return definition(
            "victime__essai",
            protocole=self.protocol,
            acces=acces,
            attendu=attendu,
            lecture={} if self.protocol in ("bdm", "melodi") else lecture,
        )

    # ---- the answers
    def described(self, handler: BaseHTTPRequestHandler) -> None:
        """Metadata, with a mark that moves with `day`."""
        moment = f"2026-01-{self.day:02}T00:00:00+00:00"
        body: Any
        match self.protocol:
            case "datagouv":
                resource = {"id": "r", "title": "essai", "filetype": "file", "last_modified": moment}
                body = {"resources": [resource | {"latest": "https://static.victime.fr/essai.csv"}]}
            case "opendatasoft":
                fields = [{"name": name} for name in COLUMNS]
                body = {"fields": fields, "metas": {"default": {"data_processed": moment}}}
            case _:
                body = {"product": [{"format": "CSV", "language": "FR", "modified": moment[:19]}]}
        send(handler, 200, json.dumps(body).encode())

    def announced(self, handler: BaseHTTPRequestHandler) -> None:
        """How many rows the portal says there are."""
        send(handler, 200, json.dumps({"total_count": self.content.promised, "results": []}).encode())

    def figures(self, handler: BaseHTTPRequestHandler) -> None:
        """The rows, or the fault."""
        if self.protocol == "bdm" and "updatedAfter=" in handler.path and self.day == 1:
            return send(handler, 404, NOTHING)
        if self.protocol == "fichier" and handler.headers.get("If-None-Match") == f'"{self.day}"':
            return send(handler, 304, b"")
        probe = self.protocol == "melodi" and "maxResult=0" in handler.path
        if not probe:
            self.asked += 1
            if self.fault is not None:
                return self.fault(handler)
        content = replace(self.content, rows=(), announced=self.content.promised) if probe else self.content
        body = self.rendered(content)
        headers = {"ETag": f'"{self.day}"'} if self.protocol == "fichier" else {}
        send(handler, 200, body if probe else self.encode(body), **headers)

    def rendered(self, content: Content) -> bytes:
        """The rows in the protocol's format."""
        match self.protocol:
            case "bdm":
                return self._xml(content)
            case "melodi":
                return self._json(content)
        names = [name for name in (*content.columns, content.more) if name]
        kept = [n for n, name in enumerate(content.columns) if name]
        lines = [[row[n] for n in kept] + (["x"] if content.more else []) for row in content.rows]
        return "".join(";".join(line) + "\n" for line in [names, *lines]).encode()

    def _renamed(self, content: Content, row: Row) -> dict[str, str]:
        ours = self.names
        cells = {
            (ours[usual] if name == usual else name): value
            for usual, name, value in zip(COLUMNS, content.columns, row, strict=True)
            if name
        }
        return cells | ({content.more: "x"} if content.more else {})

    def _xml(self, content: Content) -> bytes:
        series = []
        for code, row in zip(self.idbanks * 9, content.rows, strict=False):
            cells = self._renamed(content, row)
            obs = {name: cells.pop(name) for name in ("OBS_STATUS", "OBS_VALUE") if name in cells}
            above = {"IDBANK": code, "FREQ": "A", "LAST_UPDATE": f"2026-01-{self.day:02}", **cells}
            written = " ".join(f'{name}="{value}"' for name, value in above.items())
            below = " ".join(f'{name}="{value}"' for name, value in {"TIME_PERIOD": "2025", **obs}.items())
            series.append(f"<Series {written}><Obs {below}/></Series>")
        head = '<?xml version="1.0" encoding="UTF-8"?><m:Data xmlns:m="urn:m"><m:DataSet>'
        return (head + "".join(series) + "</m:DataSet></m:Data>").encode()

    def _json(self, content: Content) -> bytes:
        observations = []
        for row in content.rows:
            cells = self._renamed(content, row)
            measure = next((name for name in cells if name.startswith("OBS_VALUE")), None)
            value: Any = cells.pop(measure) if measure else None
            if value is not None and "," not in value:
                value = float(value)
            measures = {measure: {"value": value}} if measure else {}
            observations.append({"dimensions": cells, "measures": measures})
        paging: dict[str, Any] = {"count": content.promised, "isLast": content.following is None}
        if content.following:
            paging["next"] = content.following
        envelope = {"identifier": "DS_ESSAI", "title": {"fr": "Essai"}, "publisher": {"id": "I", "label": []}}
        text = json.dumps({**envelope, "observations": observations, "paging": paging}, ensure_ascii=False)
        return text.encode()


# ---- ways to answer


def send(handler: BaseHTTPRequestHandler, status: int, body: bytes, **headers: str) -> None:
    """A whole answer."""
    handler.send_response(status)
    for name, value in headers.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


def always(status: int, **headers: str) -> Callable[[World], Handler]:
    """The same status for ever."""
    return lambda _: lambda handler: send(handler, status, b"plus tard", **headers)


def passing(times: int, status: int, **headers: str) -> Callable[[World], Handler]:
    """The status so many times, then the figures."""

    def fault(world: World) -> Handler:
        left = [times]

        def answer(handler: BaseHTTPRequestHandler) -> None:
            left[0] -= 1
            if left[0] >= 0:
                return send(handler, status, b"plus tard", **headers)
            return send(handler, 200, world.encode(world.rendered(world.content)))

        return answer

    return fault


def reset(world: World) -> Handler:
    """Half of the body, then a RST."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        body = world.rendered(world.content)
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body[: len(body) // 2])
        handler.wfile.flush()
        handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        handler.close_connection = True
        handler.connection.close()

    return answer


def drip(world: World) -> Handler:
    """One byte at a time, for longer than anyone waits."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "100000")
        handler.end_headers()
        handler.close_connection = True
        try:
            for _ in range(100):
                handler.wfile.write(b" ")
                handler.wfile.flush()
                time.sleep(0.02)
        except OSError:  # the client has left: what is hoped for
            return

    return answer


def loop(world: World) -> Handler:
    """A redirect to the very address that was asked."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        send(handler, 302, b"", Location="https://" + handler.path[1:])

    return answer


def dated(world: World) -> Handler:
    """A redirect to an address that carries the date of the day."""
    path = f"/dates.victime.fr/2026-01-{world.day:02}/essai"
    world.producer.answers[path] = lambda handler: send(handler, 200, world.rendered(world.content))
    return lambda handler: send(handler, 302, b"", Location="https:/" + path)


def bomb(size: int) -> Callable[[World], Handler]:
    """A small gzip that unpacks into `size` bytes, sent as a compressed body."""
    body = gzip.compress(b"0" * size)
    return lambda _: lambda handler: send(handler, 200, body, Content_Encoding="gzip")
