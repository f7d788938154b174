"""A part of a large remote Parquet file: DuckDB reads over HTTP ranges only the columns and the row groups
that the selection needs, and the answer, not the file, is what the archive keeps.

The demand is an address of its own, `duckdb+https://<host>/<path>?colonnes=…&filtre=…&compter=…`: it says
all that was asked, the journal holds it, and a replay finds the answer under it without network. TLS, CA
bundle, proxies, quotas and patience are the transport's."""

from __future__ import annotations

import importlib.util
import re
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlencode, urlsplit

import certifi
import duckdb
import requests
from requests.adapters import BaseAdapter

from extract.archive import StoredObject, now_iso
from extract.durable import refuses_writes, scratch
from extract.errors import DeliveryRefused
from extract.exchanges import Exchange, Recorder, archived_response, public_url
from extract.network import ProducerUnavailable
from extract.reading.table import literal, quoted

if TYPE_CHECKING:
    from extract.transport import Transport

PREFIX = "duckdb+"
PARTIAL = 206
ALTERNATIVE = "|"
CHUNK = 1 << 20


def address(url: str, columns: Sequence[str], filters: Mapping[str, Sequence[str]], count: str) -> str:
    """The address of a selection: the rows where each filtered column is like one of its patterns (`%` ends a
    beginning), grouped by `columns` and counted as `count`."""
    query = [("colonnes", ",".join(columns)), ("compter", count)]
    query += [("filtre", f"{name}~{ALTERNATIVE.join(patterns)}") for name, patterns in filters.items()]
    return f"{PREFIX}{url}?{urlencode(query)}"


def statement(selection: str, file: str) -> str:
    """The query of a selection's address on `file`."""
    asked = parse_qs(urlsplit(selection).query)
    columns = [quoted(name) for name in asked["colonnes"][0].split(",")]
    conditions = []
    for one in asked.get("filtre", []):
        name, _, patterns = one.partition("~")
        likes = [f"{quoted(name)} like {literal(pattern)}" for pattern in patterns.split(ALTERNATIVE)]
        conditions.append(f"({' or '.join(likes)})")
    shown = ", ".join(f"cast({name} as varchar) as {name}" for name in columns)
    where = f" where {' and '.join(conditions)}" if conditions else ""
    counted = quoted(asked["compter"][0])
    return (
        f"select {shown}, count(*) as {counted} from read_parquet({literal(file)}){where} "
        f"group by {', '.join(columns)} order by {', '.join(f'{name} nulls last' for name in columns)}"
    )


class SelectionAdapter(BaseAdapter):
    """Answers a selection's address with a csv (`;`, header) made by DuckDB, archived and journaled like any
    other answer."""

    def __init__(self, transport: Transport, recorder: Recorder) -> None:
        super().__init__()
        self.transport = transport
        self.recorder = recorder

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        """Raises ProducerUnavailable when the file cannot be read to the end, DeliveryRefused when it is not
        what is expected, WriteRefused when this machine's disk has no room for the answer."""
        started, received = time.monotonic(), now_iso()
        selection = request.url or ""
        url = selection.removeprefix(PREFIX).partition("?")[0]
        record: dict[str, Any] = {
            "type": "echange",
            "source": self.recorder.source,
            "partition": self.recorder.partition,
            "methode": request.method,
            "url": public_url(selection),
            "essai": 1,
            "recu_le": received,
        }
        self.transport.quotas.wait(url)
        try:
            stored = self._select(selection, self.transport.wire_url(url), url)
        except (ProducerUnavailable, DeliveryRefused) as error:
            record |= {"erreur": str(error), "duree_s": round(time.monotonic() - started, 3)}
            self.transport.archive.append(record)
            raise
        headers = {"content-type": "text/csv; charset=utf-8"}
        record |= {"statut": PARTIAL, "entetes": headers, "octets": stored.octets, "sha256": stored.sha256}
        record |= {"tronque": False, "duree_s": round(time.monotonic() - started, 3)}
        self.transport.archive.append(record)
        exchange = Exchange(
            request.method or "GET",
            public_url(selection),
            PARTIAL,
            stored.sha256,
            stored.octets,
            headers,
            received,
            "",
        )
        self.recorder.note(exchange)
        return archived_response(request, exchange, stored)

    def close(self) -> None:
        """Nothing is held open."""

    def _select(self, selection: str, file: str, url: str) -> StoredObject:
        host = urlsplit(url).hostname or ""
        with (
            scratch(self.transport.archive.unpacking) as folder,
            _reader(self.transport, url) as reader,
        ):
            target = folder / "selection.csv"
            reader.execute(f"set temp_directory = {literal(str(folder))}")
            csv = f"{literal(str(target))} (format csv, header, delimiter ';')"
            try:
                reader.execute(f"copy ({statement(selection, file)}) to {csv}")
            except duckdb.BinderException as error:
                raise DeliveryRefused(
                    f"le fichier distant n'a pas les colonnes attendues : {_words(error)}"
                ) from error
            except (duckdb.HTTPException, duckdb.IOException) as error:
                if refuses_writes(error):  # of ours: the producer is only read
                    raise
                raise ProducerUnavailable(
                    f"{host} : lecture partielle impossible : {_words(error)}"
                ) from error
            except duckdb.Error as error:
                raise DeliveryRefused(
                    f"le fichier distant n'est pas un Parquet lisible : {_words(error)}"
                ) from error
            with target.open("rb") as made:
                return self.transport.archive.store(iter(lambda: made.read(CHUNK), b""))


def _reader(transport: Transport, url: str) -> duckdb.DuckDBPyConnection:
    """DuckDB with its HTTP reader, from the wheel of the same version: nothing is fetched from an extension
    site, nothing is written in the user's home."""
    found = importlib.util.find_spec("duckdb_extension_httpfs")
    assert found is not None and found.origin is not None, "duckdb-extension-httpfs is a dependency"
    extension = next(Path(found.origin).parent.rglob("httpfs.duckdb_extension"))
    connection = duckdb.connect(
        ":memory:", config={"autoinstall_known_extensions": False, "autoload_known_extensions": False}
    )
    connection.execute(f"load {literal(str(extension))}")
    bundle = transport.ca_bundle()
    settings: dict[str, object] = {
        "memory_limit": "800MB",
        "enable_progress_bar": False,
        "enable_server_cert_verification": True,
        "ca_cert_file": bundle if isinstance(bundle, str) else certifi.where(),
        "http_timeout": max(1, int(transport.policy.read)),
        "http_retries": max(0, transport.policy.attempts - 1),
    }
    if proxy := transport.proxies(url).get(urlsplit(url).scheme):
        settings["http_proxy"] = proxy.split("://")[-1]
    for name, value in settings.items():
        connection.execute(f"set {name} = {literal(str(value))}")
    return connection


def _words(error: Exception) -> str:
    """DuckDB's first line, without the address it really asked (a key could be in it)."""
    return re.sub(r"https?://\S+", "…", str(error).splitlines()[0])[:200]
