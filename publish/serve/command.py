"""`make serve`: reads the settings, opens the door, serves until stopped."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import os
import signal
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from extract.settings import Settings
from publish.errors import PUBLISHED, PublishFault
from publish.serve import readers
from publish.serve.front import Door, Front
from publish.serve.journal import Journal
from publish.serve.pool import Limits, Pool
from publish.serve.readers import Readers

HELLO = """\
Service SQL sur la release {release}, en lecture seule.
Écoute : {host}:{port}   ·   {readers} lecteur(s)   ·   journal : {journal}
Depuis DuckDB :  attach 'quack:{host}:{port}' as referentiel (token '…');
                 from referentiel.query('from portrait(''REG-{region}'')');
Ctrl-C pour arrêter.
"""


@dataclass(frozen=True)
class Service:
    """Where to listen and within which bounds."""

    host: str
    port: int
    published: Path
    journal: Path
    limits: Limits

    @classmethod
    def from_env(cls, settings: Settings, environ: Mapping[str, str]) -> Service:
        """REFERENTIEL_SERVICE_* variables; raises PublishFault for one that cannot be used."""

        def number(name: str, default: float) -> float:
            text = environ.get(f"REFERENTIEL_SERVICE_{name}", "").strip()
            try:
                value = float(text) if text else default
            except ValueError:
                value = -1
            if value <= 0:
                raise PublishFault(f"REFERENTIEL_SERVICE_{name} vaut « {text} » : il faut un nombre positif.")
            return value

        base = Limits()
        return cls(
            host=environ.get("REFERENTIEL_SERVICE_ADRESSE", "").strip() or "127.0.0.1",
            port=int(number("PORT", 9494)),
            published=settings.published,
            journal=settings.data / "service",
            limits=Limits(
                memory_mib=int(number("MEMOIRE_MIO", base.memory_mib)),
                threads=int(number("FILS", min(base.threads, os.cpu_count() or 1))),
                query_seconds=number("DUREE_MAX", base.query_seconds),
                per_reader=int(number("PAR_LECTEUR", base.per_reader)),
                connections=int(number("CONNEXIONS", base.connections)),
            ),
        )


def run(settings: Settings, console: Console) -> int:
    """Serves until interrupted; returns 0. Raises PublishFault when it cannot start."""
    service, known = Service.from_env(settings, os.environ), Readers(os.environ)
    loopback = service.host == "localhost" or _is_loopback(service.host)
    if not loopback:
        console.print(
            f"Attention : le service écoute sur {service.host}, sans chiffrement. Le mettre derrière un "
            "mandataire TLS (docs/service-partage.md), jamais directement sur un réseau.",
            markup=False,
        )
    if not len(known):
        if not loopback:
            raise PublishFault(
                f"Aucun lecteur : donner {readers.VARIABLE} ou {readers.FILE_VARIABLE}"
                " (docs/service-partage.md)."
            )
        token = readers.new_token()
        known.add("essai", token)
        console.print(
            f"Aucun lecteur déclaré ({readers.VARIABLE}). Jeton d'essai, le temps de ce service : {token}",
            markup=False,
            soft_wrap=True,
        )
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(serve(service, known, console, region=settings.region))
    return PUBLISHED


def declare(name: str, console: Console) -> int:
    """Prints a new token for a reader, and the line to add to the file of tokens."""
    token = readers.new_token()
    console.print(f"Jeton de {name}, à lui transmettre une fois : {token}", markup=False, soft_wrap=True)
    console.print(
        f"À ajouter au fichier des jetons : {name} sha256:{readers.fingerprint(token)}",
        markup=False,
        soft_wrap=True,
    )
    return PUBLISHED


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


async def serve(service: Service, known: Readers, console: Console, region: str) -> None:
    """The life of the service: opens the release, listens, follows the pointer, ends its workers."""
    journal = Journal(service.journal)
    pool = Pool(service.published, service.limits, journal)
    front = Front(pool, known, journal, service.limits)
    loop, stopped = asyncio.get_running_loop(), asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stopped.set)
    try:
        backend = await pool.open()
        try:
            server = await loop.create_server(
                Door(front, service.limits), service.host, service.port, backlog=1024
            )
        except OSError as error:
            raise PublishFault(
                f"Le service ne peut pas écouter sur {service.host}:{service.port} : {error}"
            ) from error
        console.print(
            HELLO.format(
                release=backend.release.nom, host=service.host, port=service.port, readers=len(known),
                journal=service.journal, region=region,
            ),
            markup=False, soft_wrap=True,
        )  # fmt: skip
        ticking = asyncio.create_task(front.tick())
        waiting = asyncio.create_task(stopped.wait())
        await asyncio.wait({ticking, waiting}, return_when=asyncio.FIRST_COMPLETED)
        server.close()
        if ticking.done():
            ticking.result()
        ticking.cancel()
        front.close()
    finally:
        await pool.stop()
