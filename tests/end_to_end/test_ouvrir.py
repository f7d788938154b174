"""The release opens by each of the doors that docs/ouvrir.md lists and that this machine has."""

import asyncio
import re
import subprocess
import threading
from pathlib import Path

import aiohttp.web
import duckdb
import duckdb_extensions
import pandas as pd
import pytest

from publish.sql import shell_binary
from tests.nginx import NGINX, nginx, port_libre

COMMUNES = "select count(*) from territoires where type_territoire = 'COM'"


@pytest.fixture(scope="module")
def attendu(base) -> int:
    return base.execute(COMMUNES).fetchone()[0]


def test_every_table_and_column_has_a_comment(base) -> None:
    muettes = base.execute(
        "select table_name, null from duckdb_tables() where schema_name = 'main' and nullif(trim(comment), '') is null"
        " union all select table_name, column_name from duckdb_columns() where schema_name = 'main' and not internal and nullif(trim(comment), '') is null"
    ).fetchall()
    assert not muettes


def test_shell(data: Path, attendu: int) -> None:
    fichier = data / "published/current/referentiel.duckdb"
    sortie = subprocess.run(
        [str(shell_binary()), "-readonly", "-csv", "-noheader", str(fichier), "-c", COMMUNES],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert int(sortie.stdout) == attendu
    refus = subprocess.run(
        [str(shell_binary()), "-readonly", str(fichier), "-c", "drop table observations"],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert refus.returncode and "read-only" in refus.stderr


def test_two_processes_at_once(data: Path, attendu: int) -> None:
    fichier = data / "published/current/referentiel.duckdb"
    with duckdb.connect(str(fichier), read_only=True) as ici:
        sortie = subprocess.run(
            [str(shell_binary()), "-readonly", "-csv", "-noheader", str(fichier), "-c", COMMUNES],
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
        assert ici.execute(COMMUNES).fetchone()[0] == int(sortie.stdout) == attendu


def test_parquet_without_duckdb(data: Path, attendu: int) -> None:
    territoires = pd.read_parquet(data / "published/current/parquet/territoires.parquet")
    assert (territoires.type_territoire == "COM").sum() == attendu


def test_written_for_older_clients(data: Path) -> None:
    with duckdb.connect() as con:
        con.execute(f"attach '{data / 'published/current/referentiel.duckdb'}' as r (read_only)")
        assert (
            con.execute("select tags['storage_version'] from duckdb_databases() where database_name = 'r'")
            .fetchone()[0]
            .startswith("v1.0.0")
        )


def test_macros_round_as_older_clients_can(base) -> None:
    """DuckDB 1.0 has no round(DOUBLE, BIGINT): a number of decimals read in a table is cast."""
    macros = base.execute(
        "select function_name, macro_definition from duckdb_functions() where macro_definition <> ''"
    )
    rounds = [
        (name, decimals)
        for name, text in macros.fetchall()
        for decimals in re.findall(r"round\(\w+\.\w+, ((?:[^()]|\([^()]*(?:\([^()]*\)[^()]*)*\))*)\)", text)
    ]
    assert {name for name, _ in rounds} >= {"portrait"}
    assert [
        one for one in rounds if not one[1].isdigit() and not re.search(r"CAST\(.* AS INTEGER\)|::", one[1])
    ] == []


def test_over_http(data: Path, attendu: int) -> None:
    """A plain file server that knows ranges, as nginx or a bucket."""
    boucle, pret, adresse = asyncio.new_event_loop(), threading.Event(), []

    async def ouvrir() -> None:
        application = aiohttp.web.Application()
        application.router.add_static("/", data / "published", follow_symlinks=True)
        porteur = aiohttp.web.AppRunner(application, access_log=None)
        await porteur.setup()
        lieu = aiohttp.web.TCPSite(porteur, "127.0.0.1", 0)
        await lieu.start()
        adresse.append(lieu._server.sockets[0].getsockname()[1])
        pret.set()

    fil = threading.Thread(
        target=lambda: (boucle.run_until_complete(ouvrir()), boucle.run_forever()), daemon=True
    )
    fil.start()
    try:
        assert pret.wait(20)
        duckdb_extensions.import_extension("httpfs")
        with duckdb.connect() as con:
            con.execute("load httpfs")
            con.execute(
                f"attach 'http://127.0.0.1:{adresse[0]}/current/referentiel.duckdb' as referentiel (read_only)"
            )
            con.execute("use referentiel")
            assert con.execute(COMMUNES).fetchone()[0] == attendu
            assert con.execute("from portrait('REG-28')").fetchall()
            assert con.execute(
                "select comment from duckdb_tables() where table_name = 'observations'"
            ).fetchone()[0]
    finally:
        boucle.call_soon_threadsafe(boucle.stop)
        fil.join(10)


@pytest.mark.skipif(
    NGINX is None,
    reason="nginx absent, la lecture par morceaux n'a été essayée qu'avec aiohttp : apt-get install nginx-light",
)
def test_over_http_nginx_sends_only_what_is_read(data: Path, attendu: int, tmp_path: Path) -> None:
    port = port_libre()
    http = (
        f"log_format envoye '$status $body_bytes_sent';\naccess_log {tmp_path}/acces.log envoye;\n"
        f"server {{ listen 127.0.0.1:{port}; root {data / 'published'}; }}\n"
    )
    with nginx(tmp_path, port, http):
        duckdb_extensions.import_extension("httpfs")
        with duckdb.connect() as con:
            con.execute("load httpfs")
            con.execute(f"attach 'http://127.0.0.1:{port}/current/referentiel.duckdb' as r (read_only)")
            con.execute("use r")
            assert con.execute(COMMUNES).fetchone()[0] == attendu
            assert con.execute("from portrait('REG-28')").fetchall()
    acces = [ligne.split() for ligne in (tmp_path / "acces.log").read_text().splitlines()]
    assert "206" in {statut for statut, _ in acces}
    envoye = sum(int(octets) for _, octets in acces)
    assert envoye < (data / "published/current/referentiel.duckdb").stat().st_size / 2
