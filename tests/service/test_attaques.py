"""What a reader, or somebody without a token, may try: all refused or bounded, and the service still answers."""

import re
import socket
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
from conduite_service import JETON, attendre, demander, lecteur, lignes_du_journal, publier, sante, service

INTERDITS = [
    "create table t as select 1",
    "create temp table t as select 1",
    "insert into observations values (1, 1)",
    "with x as (select 1) insert into observations select 1, 1",
    "update observations set valeur = 0",
    "delete from observations",
    "drop table observations",
    "create macro m() as 1",
    "attach ':memory:' as m",
    "attach '/tmp/autre.duckdb' as m",
    "detach referentiel",
    "from read_text('/etc/passwd')",
    "from read_csv('/etc/passwd')",
    "from '/etc/passwd'",
    "from '/etc/os-release.csv'",
    "from glob('/etc/*')",
    "from read_blob('/proc/self/environ')",
    "select getenv('HOME')",
    "load json",
    "install spatial",
    "force install spatial",
    "copy observations to '/tmp/sortie.csv'",
    "copy (select 1) to '/tmp/sortie.parquet'",
    "export database '/tmp/sortie'",
    "set memory_limit = '100GB'",
    "set threads = 64",
    "set enable_external_access = true",
    "set global quack_authentication_function = 'quack_nop_authorization'",
    "reset lock_configuration",
    "pragma enable_profiling",
    "call enable_logging('QueryLog', storage := 'file', storage_config := {'path': '/tmp/j'})",
    "from enable_logging('QueryLog')",
    "from quack_stop('quack:127.0.0.1')",
    "from quack_serve('quack:0.0.0.0:9999', allow_other_hostname := true)",
    "from quack_query('quack:127.0.0.1:1', 'select 1', token := 'abcd')",
    "from quack_active_connections()",
    "select * from query('from read_text(''/etc/passwd'')')",
    "explain analyze copy observations to '/tmp/sortie.csv'",
    "select (select content from read_text('/etc/passwd'))",
    "with x as (from read_text('/etc/passwd')) from x",
    "create secret (type quack, token 'abcd')",
    "from duckdb_secrets()",
    "checkpoint",
    "vacuum",
    "select 1; drop table observations",
    "prepare p as select 1",
    "select " + "1 + " * 100_000 + "1",
]


@pytest.fixture(scope="module")
def ouvert(tmp_path_factory):
    data = tmp_path_factory.mktemp("service")
    publier(data, 1)
    jetons = data / "jetons.txt"
    jetons.write_text("bob bob-0123456789abcdef\ncarole carole-0123456789abcdef\n", encoding="utf-8")
    bornes = {"DUREE_MAX": "4", "MEMOIRE_MIO": "200", "CONNEXIONS": "150"}
    env = {f"REFERENTIEL_SERVICE_{nom}": valeur for nom, valeur in bornes.items()}
    with service(data, REFERENTIEL_JETONS_FICHIER=str(jetons), **env) as port:
        yield data, port, lecteur()


@pytest.mark.parametrize("sql", INTERDITS, ids=lambda s: s[:50])
def test_refused_and_still_answering(ouvert, sql: str) -> None:
    _, port, base = ouvert
    with pytest.raises(duckdb.Error):
        demander(base, port, sql)
    assert demander(base, port, "select min(valeur), max(valeur), count(*) from observations") == [
        (1, 1, 20_000)
    ]


def test_refusals_hold_in_the_worker_too(ouvert) -> None:
    # Without the front's judgement, on the very worker: read-only, no file, no setting.
    import json

    from publish import releases

    data, _, base = ouvert
    with socket.socket() as sonde:
        sonde.bind(("127.0.0.1", 0))
        port = sonde.getsockname()[1]
    fichier = str(releases.require_current(data / "published").database)
    processus = subprocess.Popen(
        [sys.executable, "-m", "publish.serve.worker"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        processus.stdin.write(
            json.dumps(
                {"base": fichier, "jeton": "jeton-du-processus", "memoire_mio": 200, "fils": 1, "port": port}
            )
            + "\n"
        )
        processus.stdin.flush()
        assert json.loads(processus.stdout.readline())["macros"] == ["serie"]
        # Not enable_logging: it goes past both locks and ends the process, which is why the front judges statements.
        touche = re.compile("/|into observations|^(update|delete|drop|create table)")
        for sql in (s for s in INTERDITS if touche.search(s) and "enable_logging" not in s):
            with pytest.raises(duckdb.Error):
                demander(base, port, sql, "jeton-du-processus")
        for sql in ("set threads = 64", "set global quack_authentication_function = 'x'"):
            with pytest.raises(duckdb.Error, match=r"lock|disabled|external"):
                demander(base, port, sql, "jeton-du-processus")
        with pytest.raises(duckdb.Error, match="Authentication"):
            demander(base, port, "select 1", "un-autre-jeton")
    finally:
        processus.stdin.close()
        processus.wait(10)  # a worker ends with its parent: its standard input closed


def test_writing_to_the_attached_catalog_is_refused(ouvert) -> None:
    _, port, _ = ouvert
    base = lecteur()
    base.execute(f"attach 'quack:127.0.0.1:{port}' as r (token '{JETON}')")
    for sql in (
        "create table r.t as select 1",
        "insert into r.observations values (1, 1)",
        "drop table r.observations",
    ):
        with pytest.raises(duckdb.Error):
            base.execute(sql)
    assert base.execute("select count(*), max(valeur) from r.observations").fetchone() == (20_000, 1)


@pytest.mark.parametrize("jeton", ["", "x" * 22, JETON[:-1], JETON + "0", JETON.upper(), "alice"])
def test_wrong_token(ouvert, jeton: str) -> None:
    _, port, base = ouvert
    with pytest.raises(duckdb.Error, match=r"(?i)jeton|token"):
        demander(base, port, "select 1", jeton)


def test_revoked_token_stops_at_once_even_in_an_open_session(ouvert) -> None:
    data, port, _ = ouvert
    base = lecteur()
    base.execute(f"attach 'quack:127.0.0.1:{port}' as r (token 'bob-0123456789abcdef')")
    assert base.execute("select max(valeur) from r.observations").fetchone() == (1,)
    (data / "jetons.txt").write_text("carole carole-0123456789abcdef\n# bob est parti\n", encoding="utf-8")
    with pytest.raises(duckdb.Error, match="plus valable"):
        base.execute("select max(valeur) from r.observations").fetchone()
    with pytest.raises(duckdb.Error, match="révoqué"):
        demander(lecteur(), port, "select 1", "bob-0123456789abcdef")
    assert demander(lecteur(), port, "select 1", "carole-0123456789abcdef") == [(1,)]


@pytest.mark.parametrize(
    "sql",
    [
        "select list(i) from range(1000000000) t(i)",
        "select hash(i) h from range(300000000) t(i) order by h, i limit 5 offset 100000000",
        "select count(distinct i) from range(400000000) t(i)",
        "select repeat('x', 4000000000)",
    ],
)
def test_memory_is_bounded(ouvert, sql: str) -> None:
    _, port, base = ouvert
    with pytest.raises(duckdb.Error, match=r"(?i)memory|allocat|ressources|plus de 4 s"):
        demander(base, port, sql)
    assert demander(base, port, "select count(*) from observations") == [(20_000,)]


def test_endless_query_is_stopped_and_its_neighbours_are_not(ouvert) -> None:
    data, port, base = ouvert
    voisin = lecteur()
    voisin.execute(f"attach 'quack:127.0.0.1:{port}' as r (token '{JETON}')")
    with pytest.raises(duckdb.Error, match="plus de 4 s"):
        demander(base, port, "select count(*) from range(100000000000) a, range(1000) b")
    # The neighbour's session went over to the new process of the same release.
    assert voisin.execute("select sum(valeur) from r.observations").fetchone() == (20_000,)
    assert any(ligne.get("resultat") == "duree" for ligne in lignes_du_journal(data))


def test_a_thousand_connections(ouvert) -> None:
    _, port, base = ouvert
    prises = []
    try:
        for _ in range(1000):
            prise = socket.create_connection(("127.0.0.1", port), timeout=5)
            prise.setblocking(False)
            prises.append(prise)
        attendre(lambda: sum(not _fermee(p) for p in prises) <= 150, 10)
        assert sum(not _fermee(p) for p in prises) > 0
    finally:
        for prise in prises:
            prise.close()
    attendre(lambda: (sante(port) or {}).get("service") == "ok", 10)
    assert demander(base, port, "select max(valeur) from observations") == [(1,)]


def _fermee(prise: socket.socket) -> bool:
    try:
        return prise.recv(1) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True


@pytest.mark.parametrize(
    "octets", [b"", b"\x00" * 50, b"\x01\x00\x03\x02\x00\xff\xff\xff", b"\x01\x00\x03" * 1000, b"\xff" * 200]
)
def test_nonsense_on_the_wire(ouvert, octets: bytes) -> None:
    _, port, base = ouvert
    with socket.create_connection(("127.0.0.1", port), timeout=10) as prise:
        prise.sendall(b"POST /quack HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(octets) + octets)
        assert prise.recv(200).startswith(b"HTTP/1.1 400")
    with socket.create_connection(("127.0.0.1", port), timeout=10) as prise:
        prise.sendall(
            b"POST /quack HTTP/1.1\r\nHost: x\r\nContent-Length: 50000000\r\n\r\n" + b"\x00" * 1_200_000
        )
        assert prise.recv(200).startswith(b"HTTP/1.1 413")
    assert demander(base, port, "select 1") == [(1,)]


def test_bound_to_loopback_unless_told_otherwise(ouvert) -> None:
    _, port, _ = ouvert
    listening = Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()[1:]
    adresses = {ligne.split()[1] for ligne in listening if ligne.split()[3] == "0A"}
    assert f"0100007F:{port:04X}" in adresses and f"00000000:{port:04X}" not in adresses
