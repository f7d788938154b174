"""The front: an HTTP server that speaks Quack, knows the readers, and passes on what they may ask."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from time import monotonic

import aiohttp.web
from aiohttp.web_protocol import RequestHandler

from publish.errors import PublishFault
from publish.serve import protocol
from publish.serve.backend import Backend, BackendLost
from publish.serve.journal import Journal, Query
from publish.serve.pool import Limits, Pool
from publish.serve.readers import Readers
from publish.serve.statements import Refused

TICK = 0.5
REFUSED_TOKEN_DELAY = 0.2
ABANDONED = 60.0  # seconds without a fetch after which a query no longer counts as in flight
CLOSED = "Cette session n'est plus ouverte : se reconnecter (detach, puis attach)."
REVOKED = "Ce jeton n'est plus valable : demander un nouveau jeton."


class Denied(Exception):
    """A request answered by an error that the reader's client shows."""


@dataclass(eq=False)
class Session:
    """A reader's session: the id it knows, the worker and the id there. It keeps one release for its whole
    life.
    """

    id: str
    lecteur: str
    token: str  # its fingerprint
    backend: Backend
    upstream: str
    hello: protocol.Message
    query: Query | None = None
    last: float = field(default_factory=monotonic)
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


class Front:
    """Answers one request at a time for each connection; `answer` is the handler."""

    def __init__(self, pool: Pool, readers: Readers, journal: Journal, limits: Limits) -> None:
        self._pool, self._readers, self._journal, self._limits = pool, readers, journal, limits
        self._sessions: dict[str, Session] = {}
        self._turns: dict[str, asyncio.Semaphore] = defaultdict(lambda: asyncio.Semaphore(limits.per_reader))

    async def answer(self, request: aiohttp.web.BaseRequest) -> aiohttp.web.StreamResponse:
        """GET /sante says whether the service answers; POST /quack is the protocol; nothing else exists."""
        if request.method == "GET" and request.path == "/sante":
            current = self._pool.current
            alive = current is not None and current.alive
            said = {
                "service": "ok" if alive else "indisponible",
                "release": current.release.nom if current else None,
            }
            return aiohttp.web.json_response(said, status=200 if alive else 503)
        if request.method != "POST" or request.path != "/quack":
            return aiohttp.web.Response(status=404)
        try:
            async with asyncio.timeout(self._limits.idle_connection):
                body = await request.read()
            message = protocol.read(body)
        except (TimeoutError, aiohttp.web.HTTPRequestEntityTooLarge) as error:
            return aiohttp.web.Response(status=408 if isinstance(error, TimeoutError) else 413)
        except protocol.ProtocolError as error:
            return aiohttp.web.Response(status=400, text=str(error))
        try:
            body = await self._dispatch(message)
        except (Denied, Refused, PublishFault) as error:
            body = protocol.error(str(error))
        return aiohttp.web.Response(body=body, content_type="application/vnd.duckdb")

    async def _dispatch(self, message: protocol.Message) -> bytes:
        match message.kind:
            case protocol.CONNECT:
                return await self._connect(message)
            case protocol.PREPARE:
                return await self._prepare(self._session(message), message)
            case protocol.FETCH:
                return await self._fetch(self._session(message), message)
            case protocol.DISCONNECT:
                return await self._disconnect(message)
        raise Denied("Le service partagé se lit seulement.")

    # Sessions

    async def _connect(self, message: protocol.Message) -> bytes:
        found = self._readers.find(message.text or "")
        if found is None:
            self._journal.event("jeton_refuse")
            await asyncio.sleep(REFUSED_TOKEN_DELAY)
            raise Denied("Jeton inconnu ou révoqué.")
        reader, known = found
        self._make_room(reader)
        backend = await self._pool.usable()
        try:
            upstream, hello = await backend.connect(message, self._limits.query_seconds)
        except (BackendLost, TimeoutError) as error:
            raise Denied(f"Le service est occupé ou redémarre, réessayer ({error}).") from error
        session = Session(secrets.token_hex(16).upper(), reader, known, backend, upstream, message)
        self._sessions[session.id] = session
        return hello.replace(upstream.encode(), session.id.encode(), 1)

    def _make_room(self, reader: str) -> None:
        """Past the bound, a reader's own oldest idle session makes room; nobody closes another reader's."""
        mine = [s for s in self._sessions.values() if s.lecteur == reader]
        if len(mine) < self._limits.sessions_per_reader and len(self._sessions) < self._limits.sessions:
            return
        idle = min((s for s in mine if not self._in_flight(s)), key=lambda s: s.last, default=None)
        if idle is None:
            raise Denied("Trop de sessions ouvertes : réessayer quand d'autres seront fermées.")
        self._close(idle)

    def _session(self, message: protocol.Message) -> Session:
        session = self._sessions.get(message.connection or "")
        if session is None:
            raise Denied(CLOSED)
        session.last = monotonic()
        if not self._readers.holds(session.token):
            if session.query:
                self._finish(session, "jeton_revoque")
            self._journal.event("session_revoquee", lecteur=session.lecteur)
            self._close(session)
            raise Denied(REVOKED)
        return session

    async def _disconnect(self, message: protocol.Message) -> bytes:
        session = self._sessions.get(message.connection or "")
        if session is None:
            raise Denied(CLOSED)
        self._close(session, tell=False)
        with contextlib.suppress(BackendLost, TimeoutError):  # the session is over, whatever the worker says
            return await session.backend.send(
                message.with_connection(session.upstream), self._limits.query_seconds
            )
        return b"\x01\x00\x0a\x03\x00" + protocol.NO_QUERY + protocol.END + protocol.END

    def _close(self, session: Session, tell: bool = True) -> None:
        self._sessions.pop(session.id, None)
        if session.query:
            self._finish(session, "ok" if session.query.drained else "interrompue")
        if tell and session.backend.alive:
            asyncio.get_running_loop().create_task(self._tell_closed(session))

    async def _tell_closed(self, session: Session) -> None:
        body = (
            b"\x01\x00\x0b\x02\x00 "
            + session.upstream.encode()
            + b"\x03\x00"
            + protocol.NO_QUERY
            + protocol.END * 2
        )
        with contextlib.suppress(BackendLost, TimeoutError):  # a worker that ends takes its sessions with it
            await session.backend.send(body, self._limits.query_seconds)

    async def _same_release(self, session: Session) -> None:
        """After a worker died or was replaced: the session goes on in another one of its release, or is
        told to reconnect.
        """
        if session.backend.alive and not session.backend.closing:
            return
        if session.backend is self._pool.current:
            await self._pool.follow()
        other = self._pool.sibling(session.backend)
        if other is None:
            self._close(session, tell=False)
            raise Denied(
                f"La release {session.backend.release.nom} n'est plus servie, une autre l'a remplacée : "
                "se reconnecter (detach, puis attach) pour lire la nouvelle."
            )
        session.upstream, _ = await other.connect(session.hello, self._limits.query_seconds)
        session.backend = other

    # Queries

    async def _prepare(self, session: Session, message: protocol.Message) -> bytes:
        async with session.lock, self._turns[session.lecteur]:
            if session.query:
                self._finish(session, "ok" if session.query.drained else "interrompue")
            query = session.query = Query(session.lecteur, session.backend.release.nom, message.text or "")
            try:
                session.backend.judge.check(query.requete)
            except Refused as error:
                self._finish(session, "refus", str(error))
                raise
            try:
                await self._same_release(session)
                query.release = session.backend.release.nom
                body = await session.backend.send(
                    message.with_connection(session.upstream), self._limits.query_seconds
                )
            except TimeoutError as error:
                raise await self._overran(session) from error
            except BackendLost as error:
                raise await self._lost(session) from error
            except Denied as error:
                query.lignes = None
                self._journal.query(query, "erreur", str(error))
                session.query = None
                raise
            return self._account(session, query, body)

    async def _fetch(self, session: Session, message: protocol.Message) -> bytes:
        query, backend = session.query, session.backend
        if query is None or backend.process.returncode is not None:
            raise Denied("Cette réponse n'est plus disponible : relancer la requête.")
        query.outstanding += 1
        try:
            async with self._turns[session.lecteur]:
                body = await backend.send(
                    message.with_connection(session.upstream), self._limits.query_seconds
                )
        except TimeoutError as error:
            raise await self._overran(session) from error
        except BackendLost as error:
            raise await self._lost(session) from error
        finally:
            query.outstanding -= 1
        return self._account(session, query, body)

    def _account(self, session: Session, query: Query, body: bytes) -> bytes:
        said = protocol.error_text(body)
        if said is not None:
            query.fin = monotonic()
            if session.query is query:
                self._finish(session, "erreur", said)
            return body
        batch = protocol.batch(body)
        query.answered(batch.rows, len(body))
        prepared = body.startswith(b"\x01\x00\x04")
        query.drained = query.drained or (not batch.more and (batch.empty or prepared))
        if query.drained and prepared and session.query is query:
            self._finish(session, "ok")
        return body

    async def _overran(self, session: Session) -> Denied:
        said = f"Requête arrêtée : plus de {self._limits.query_seconds:g} s de calcul."
        self._ended(session, "duree", said)
        await self._pool.condemn(session.backend, said)
        return Denied(said)

    async def _lost(self, session: Session) -> Denied:
        said = "La requête a épuisé les ressources du service, qui a redémarré : la restreindre, ou relancer."
        self._ended(session, "erreur", said)
        session.backend.condemned = True
        if session.backend is self._pool.current:
            self._journal.event("processus_perdu", release=session.backend.release.nom)
            await self._pool.follow()
        return Denied(said)

    def _ended(self, session: Session, resultat: str, message: str) -> None:
        if session.query:
            session.query.fin = monotonic()
            self._finish(session, resultat, message)

    def _finish(self, session: Session, resultat: str, message: str | None = None) -> None:
        query, session.query = session.query, None
        if query is None:
            return
        if resultat != "ok" and not query.lignes:
            query.lignes = None
        self._journal.query(query, resultat, message)

    def _in_flight(self, session: Session) -> bool:
        query = session.query
        return query is not None and not query.drained and monotonic() - session.last < ABANDONED

    # Housekeeping

    async def tick(self) -> None:
        """Every half second: new release, ended queries, idle sessions, workers with nothing left to do."""
        while True:
            await asyncio.sleep(TICK)
            await self._pool.follow()
            now = monotonic()
            for session in list(self._sessions.values()):
                query = session.query
                if query and query.drained and not query.outstanding and now - query.fin > 2 * TICK:
                    self._finish(session, "ok")
                if now - session.last > self._limits.idle_session:
                    self._close(session)
            held, flying = Counter[Backend](), Counter[Backend]()
            for session in self._sessions.values():
                held[session.backend] += 1
                flying[session.backend] += self._in_flight(session)
            await self._pool.reap(dict(flying), dict(held))

    def close(self) -> None:
        """Writes the lines of what was still being answered."""
        for session in list(self._sessions.values()):
            if session.query:
                self._finish(session, "ok" if session.query.drained else "interrompue")


class Door(aiohttp.web.Server):
    """aiohttp's server with a bound on connections: those beyond it are closed at once, silent ones after a
    while.
    """

    def __init__(self, front: Front, limits: Limits) -> None:
        super().__init__(front.answer, keepalive_timeout=limits.idle_connection, access_log=None)
        self._bound = limits.connections

    def connection_made(self, handler: RequestHandler, transport: asyncio.Transport) -> None:
        """aiohttp announces each connection here."""
        super().connection_made(handler, transport)
        if len(self._connections) > self._bound:
            # Not at once: aiohttp's own task must have seen the connection before it is lost.
            asyncio.get_running_loop().call_soon(transport.abort)
