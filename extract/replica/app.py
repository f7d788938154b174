"""The replica's WSGI application: routes by producer host, a journal, faults on demand.

How to write a service (`extract/replica/services/<name>.py`, then add it to `SERVICES` below):

    def register(app: ReplicaApp) -> None:
        # werkzeug rule syntax; the first segment is the producer's host
        app.route("/api.insee.fr/melodi/data/<dataset>", data, methods=("GET",))

    def data(request: Request, app: ReplicaApp, dataset: str) -> Response: ...

- a handler gets the werkzeug request, the app, then the rule's variables by name; it returns a werkzeug
  Response;
- `app.figures` holds the figures (`.rows(sql, params)`, `.dicts(sql, params)`, `.cursor()`);
- `app.options` holds the options of the process (`Options`);
- `app.memo(key, build)` builds a value once per process, even when several threads ask at the same time;
- `request.query_string.decode()` is the raw query; `request.args.getlist(...)` the decoded one (a `+` there
  is a space);
- `app.serves("melodi", predicate)` says which datasets of a protocol have figures here:
  `predicate(acces, app)` gets the `acces` of a source's yaml, filled for the region; a source that no
  service holds is not asked in the demonstration (see `extract.replica.served`); files are held when a
  route leads to them;
- HEAD is answered from GET; unknown routes get an explicit 404 of the replica (header `X-Replique: route
  inconnue`), so that "the replica lacks this" is never taken for "the producer said no".

For tests, over HTTP: `GET /_sante` · `GET /_journal` (requests received: methode, hote, chemin, requete,
statut, octets) · `POST /_journal` empties it · `POST /_servies` (a list of {protocole, acces}: true or false
for each) · `POST /_panne` {"hote": "api.insee.fr", "panne": "429",
"fois": 2} and `{}` to clear. Faults: 429, 500, 502, 503, 504 (status) · html_200 (a page where data should
be) · coupure (connection reset in mid-body) · flux_interrompu (the text with which Opendatasoft ends a
stream that failed, in a 200) · lent (`"delai": seconds` before the answer) · vide (200 and no byte) ·
colonne_renommee (`"de"`, `"par"`: bytes replaced in a text body). Optional `"chemin"`: only paths that
contain it; `"fois"` absent: until cleared.
"""

from __future__ import annotations

import json
import socket
import struct
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from importlib import import_module
from typing import Any, TypeVar

from werkzeug import Request, Response
from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound
from werkzeug.routing import Map, Rule

from extract.replica.figures import Figures

SERVICES = ("bdm", "melodi", "geo", "fichiers", "opendatasoft", "datagouv")

Handler = Callable[..., Response]
Holds = Callable[[dict[str, Any], "ReplicaApp"], bool]
T = TypeVar("T")

PAGE_HTML = (
    "<!DOCTYPE html><html lang='fr'><head><title>Maintenance</title></head>"
    "<body><h1>Service momentanément indisponible</h1></body></html>"
)

FLUX_INTERROMPU = (
    b"Streaming interrupted due to the following error: Internal server error. "
    b"(error_code: InternalServerError)"
)


@dataclass(frozen=True)
class Options:
    """Options of a replica; `replica(limite_melodi=0)` and `--options '{"limite_melodi": 0}'` set them by
    name.

    `limite_melodi`: requests a minute before Melodi answers 429; 0 = no limit. `entete_fixe`: BDM answers
    carry a fixed hour in their header instead of the present one, so that equal requests give equal bytes
    (the true service does not). `quota_opendatasoft`: requests a day to each Opendatasoft portal before it
    answers 429. `prechauffe`: build the long files from the start, beside the first requests, instead of
    when asked.
    """

    limite_melodi: int = 30
    entete_fixe: bool = False
    quota_opendatasoft: int = 10_000
    prechauffe: bool = False


@dataclass
class Fault:
    """One fault asked by a test; `fois` is what remains of it (None = until cleared)."""

    panne: str
    hote: str = ""
    chemin: str = ""
    fois: int | None = None
    delai: float = 1.0
    de: str = ""
    par: str = ""

    def concerns(self, host: str, path: str) -> bool:
        return (not self.hote or self.hote == host) and self.chemin in path and self.fois != 0


FAULTS = (
    *("429", "500", "502", "503", "504", "html_200", "coupure", "lent", "vide"),
    *("colonne_renommee", "flux_interrompu"),
)


class ReplicaApp:
    """WSGI application; see the module's docstring for what a service may use."""

    def __init__(self, figures: Figures | None = None, options: Options | None = None) -> None:
        self.figures = figures or Figures()
        self.options = options or Options()
        self._rules: list[Rule] = []
        self._handlers: dict[str, Handler] = {}
        self._holds: dict[str, Holds] = {}
        self._lock = threading.Lock()
        self._memo: dict[Any, Any] = {}
        self._ahead: list[Callable[[], object]] = []
        self._memo_locks: dict[Any, threading.Lock] = {}
        self._journal: list[dict[str, Any]] = []
        self._faults: list[Fault] = []
        for name in SERVICES:
            module = f"extract.replica.services.{name}"
            import_module(module).register(self)
        self._map = Map(self._rules, strict_slashes=False, merge_slashes=False)

    # -- what services use

    def route(self, rule: str, handler: Handler, methods: Iterable[str] = ("GET",)) -> None:
        """Serve `handler(request, app, **variables)` on a werkzeug rule that starts with `/<host>/`."""
        endpoint = f"{len(self._rules)}:{rule}"
        self._rules.append(Rule(rule, endpoint=endpoint, methods=[*methods]))
        self._handlers[endpoint] = handler

    def serves(self, protocol: str, holds: Holds) -> None:
        """Say which datasets of a protocol have figures here."""
        self._holds[protocol] = holds

    def leads_to_a_file(self, address: str) -> bool:
        """Whether a producer's address (`https://host/path`) leads to something held."""
        path = "/" + address.split("://", 1)[-1].partition("?")[0]
        try:
            endpoint, _ = self._map.bind("").match(path, method="GET")
        except HTTPException:
            return False
        return not getattr(self._handlers[endpoint], "absent", False)

    def memo(self, key: Any, build: Callable[[], T]) -> T:
        """The value built once for `key`, whatever the number of threads that ask."""
        with self._lock:
            if key in self._memo:
                value: T = self._memo[key]
                return value
            lock = self._memo_locks.setdefault(key, threading.Lock())
        with lock:
            if key not in self._memo:
                self._memo[key] = build()
            value = self._memo[key]
            return value

    def ahead(self, build: Callable[[], object]) -> None:
        """Declare something long to build (through `memo`) before anyone asks, when `prechauffe` is on."""
        self._ahead.append(build)

    def build_ahead(self) -> None:
        """Build what services declared long; meant for a thread of its own."""
        for build in self._ahead:
            build()

    # -- WSGI

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        request = Request(environ)
        if request.path.startswith("/_"):
            return self._admin(request)(environ, start_response)
        _, _, rest = request.path.partition("/")
        host, _, path = rest.partition("/")
        path = "/" + path
        fault = self._take_fault(host, path)
        if fault and fault.panne == "lent":
            time.sleep(fault.delai)
        response = self._answer(request, fault)
        if fault and fault.panne == "colonne_renommee":
            response.data = response.get_data().replace(fault.de.encode(), fault.par.encode())
        if fault and fault.panne == "flux_interrompu":
            whole = response.get_data()
            response.data = whole[: len(whole) // 2] + FLUX_INTERROMPU
        cut = fault is not None and fault.panne == "coupure"
        self._note(request, host, path, response)
        body = response(environ, start_response)
        return _cut(body, environ.get("werkzeug.socket")) if cut else body

    def _answer(self, request: Request, fault: Fault | None) -> Response:
        if fault and fault.panne.isdigit():
            return Response(f"panne demandée : {fault.panne}", status=int(fault.panne), mimetype="text/plain")
        if fault and fault.panne == "html_200":
            return Response(PAGE_HTML, mimetype="text/html")
        if fault and fault.panne == "vide":
            return Response(b"", content_type="application/octet-stream")
        try:
            endpoint, variables = self._map.bind_to_environ(request.environ).match()
            return self._handlers[endpoint](request, self, **variables)
        except (NotFound, MethodNotAllowed):
            text = f"La réplique ne connaît pas cette adresse : {request.method} {request.path}\n"
            return Response(text, status=404, mimetype="text/plain", headers={"X-Replique": "route inconnue"})
        except HTTPException as error:
            answer = Response.force_type(error.get_response(request.environ), request.environ)
            if error.code == 501:  # the producer would have answered: the figures are not at hand
                answer.headers["X-Replique"] = "non servi"
            return answer
        except Exception:  # a fault of ours must say so: it would pass for the producer's own 500
            words = traceback.format_exc()
            print(words, file=sys.stderr, flush=True)
            text = f"Erreur de la réplique, pas du producteur :\n{words}"
            return Response(text, status=500, mimetype="text/plain", headers={"X-Replique": "erreur"})

    def _take_fault(self, host: str, path: str) -> Fault | None:
        with self._lock:
            for fault in self._faults:
                if fault.concerns(host, path):
                    if fault.fois is not None:
                        fault.fois -= 1
                    return fault
        return None

    def _note(self, request: Request, host: str, path: str, response: Response) -> None:
        line = {
            "methode": request.method,
            "hote": host,
            "chemin": path,
            "requete": request.query_string.decode("latin-1"),
            "statut": response.status_code,
            "octets": response.calculate_content_length(),
        }
        with self._lock:
            self._journal.append(line)

    def _held(self, protocole: str, acces: dict[str, Any]) -> bool:
        if protocole in self._holds:
            return self._holds[protocole](acces, self)
        return "url" in acces and self.leads_to_a_file(acces["url"])

    def _admin(self, request: Request) -> Response:
        if request.path == "/_sante":
            return _json({"etat": "ok", "tables": self.figures.names, "options": asdict(self.options)})
        if request.path == "/_journal":
            with self._lock:
                journal = list(self._journal)
                if request.method == "POST":
                    self._journal.clear()
            return _json(journal)
        if request.path == "/_servies" and request.method == "POST":
            return _json([self._held(**one) for one in request.get_json(force=True)])
        if request.path == "/_panne" and request.method == "POST":
            asked = request.get_json(force=True)
            with self._lock:
                if not asked:
                    self._faults.clear()
                    return _json([])
                if asked.get("panne") not in FAULTS:
                    return _json({"erreur": f"panne inconnue, attendu : {', '.join(FAULTS)}"}, status=400)
                self._faults.append(Fault(**asked))
                return _json([asdict(fault) for fault in self._faults])
        return _json({"erreur": "attendu : /_sante, /_journal, POST /_panne, POST /_servies"}, status=404)


def _json(value: Any, status: int = 200) -> Response:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return Response(text, status=status, content_type="application/json; charset=utf-8")


def _cut(body: Iterable[bytes], connection: socket.socket | None) -> Iterator[bytes]:
    """Half of the body, then a reset: what a proxy that dies in mid-transfer looks like."""
    whole = b"".join(body)
    yield whole[: len(whole) // 2]
    if connection is not None:
        # zero linger turns the close into a RST
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    raise ConnectionResetError("coupure demandée")
