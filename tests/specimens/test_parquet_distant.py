"""A selection of a large remote file: only its columns travel, what cannot be read is said, and nothing half-read is kept."""

from __future__ import annotations

import json
import resource
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest
from banc_specimens import Specimen, serveur, tirer
from specimens_producteurs import SIRENE, SIRENE_FICHIER, sirene

from extract.archive import Archive
from extract.errors import WriteRefused
from extract.settings import Settings


@pytest.fixture
def address() -> Iterator[str]:
    with serveur([SIRENE]) as url:
        yield url


def _outcome(url: str, data: Path, specimen: Specimen = SIRENE, region: str = "28") -> tuple[str, str]:
    (result,) = tirer(Settings(data=data, region=region, producteurs=url), [specimen]).results
    return result.resultat, result.motif


def _served(content: Callable[[], bytes]) -> Specimen:
    """The same source with other bytes under its file."""
    return replace(SIRENE, fichiers=((SIRENE_FICHIER, content, "application/octet-stream"),))


def test_only_the_selection_travels_and_is_kept(address: str, tmp_path: Path) -> None:
    home = set(Path.home().glob(".duckdb/**/*"))
    assert _outcome(address, tmp_path) == ("nouveau", "")
    with urllib.request.urlopen(f"{address}/_journal", timeout=10) as answer:
        asked = [
            line
            for line in json.load(answer)
            if line["chemin"].endswith(".parquet") and line["methode"] == "GET"
        ]
    whole = len(sirene())
    assert {line["statut"] for line in asked} == {206}
    assert 0 < sum(line["octets"] for line in asked) < whole / 10, "the wide column must not travel"
    archive = Archive(tmp_path / "archive")
    (delivery,) = archive.accepted()
    kept = archive.object_path(delivery["sha256"]).read_text()
    assert kept.splitlines()[1:] == [
        "14118;25.11Z;O;true;1",
        "14118;25.62B;N;false;1",
        "14118;;;true;1",
        "61001;01.41Z;O;true;1",
    ]
    assert set(Path.home().glob(".duckdb/**/*")) == home, "nothing is installed in the home"


def test_the_same_date_is_not_read_again(address: str, tmp_path: Path) -> None:
    assert _outcome(address, tmp_path)[0] == "nouveau"
    outcome, reason = _outcome(address, tmp_path)
    assert outcome == "inchange" and "Last-Modified" in reason


def test_a_missing_column_is_refused(tmp_path: Path) -> None:
    target = tmp_path / "autre.parquet"
    duckdb.sql(
        "select '14118' as codeCommuneEtablissement, 'A' as etatAdministratifEtablissement"
    ).write_parquet(str(target))
    other = _served(target.read_bytes)
    with serveur([other]) as url:
        outcome, reason = _outcome(url, tmp_path / "data", other)
    assert outcome == "refuse" and "colonnes attendues" in reason and "http" not in reason


@pytest.mark.parametrize(
    "content", [b"PAR1 mais tronque", b"<html>captcha</html>"], ids=["truncated", "page"]
)
def test_what_is_not_parquet_never_lands(tmp_path: Path, content: bytes) -> None:
    other = _served(lambda: content)
    with serveur([other]) as url:
        outcome, _ = _outcome(url, tmp_path, other)
    assert outcome in ("refuse", "echec")
    assert not Archive(tmp_path / "archive").accepted()
    assert not list((tmp_path / "landing").glob("*sirene*/*-*.parquet"))


def test_full_disk_is_not_the_producers_failure(tmp_path: Path) -> None:
    """A selection that is longer than all that a run writes before it."""
    target = tmp_path / "grand.parquet"
    duckdb.sql(
        "select '14' || lpad(cast(i as varchar), 3, '0') as codeCommuneEtablissement, repeat('x', 2000) || i as "
        "activitePrincipaleEtablissement, 'O' as caractereEmployeurEtablissement, true as etablissementSiege, "
        "'A' as etatAdministratifEtablissement from range(1000) as t (i)"
    ).write_parquet(str(target))
    long = _served(target.read_bytes)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    with serveur([long]) as url, pytest.raises(WriteRefused, match="Écriture impossible sous"):
        resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, limits[1]))  # stands for a full disk
        try:
            _outcome(url, tmp_path / "data", long)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert Archive(tmp_path / "data" / "archive").deliveries() == []


def test_a_server_that_stops_answering_is_a_failure(address: str, tmp_path: Path) -> None:
    body = json.dumps({"hote": "static.data.gouv.fr", "panne": "503"}).encode()
    urllib.request.urlopen(f"{address}/_panne", data=body, timeout=10).close()
    outcome, reason = _outcome(address, tmp_path)
    assert outcome == "echec" and reason
    assert not Archive(tmp_path / "archive").accepted()
