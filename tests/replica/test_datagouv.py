"""The replica's data.gouv.fr, over loopback HTTP: from the slug to the bytes."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterator

import pytest
import requests

from extract.replica.process import Replica, replica

SLUG = (
    "donnees-relatives-au-dispositif-dactivite-partielle-mis-en-oeuvre-dans-le-cadre-de-lepidemie-de-covid-19"
)


@pytest.fixture(scope="module")
def served() -> Iterator[Replica]:
    with replica() as running:
        yield running


def through(served: Replica, url: str) -> requests.Response:
    """What the real address answers, asked of the replica; redirects are not followed."""
    return requests.get(f"{served.url}/{url.removeprefix('https://')}", timeout=30, allow_redirects=False)


def test_from_the_slug_to_the_file(served: Replica) -> None:
    dataset = through(served, f"https://www.data.gouv.fr/api/1/datasets/{SLUG}/").json()
    resource, other = dataset["resources"]
    assert "departemental" in other["title"] and other["last_modified"].startswith("2020-07-21")
    assert resource["format"] == "csv" and resource["last_modified"].startswith("2021-02-23")
    stable = through(served, resource["latest"])
    assert stable.status_code == 302
    assert stable.headers["Location"].startswith(f"https://static.data.gouv.fr/resources/{SLUG}/20210223-")
    file = through(served, stable.headers["Location"])
    assert file.headers["Last-Modified"] == "Tue, 23 Feb 2021 00:00:00 GMT"
    assert len(file.content) == resource["filesize"]
    assert hashlib.sha1(file.content, usedforsecurity=False).hexdigest() == resource["checksum"]["value"]


def test_the_file_is_as_published(served: Replica) -> None:
    dataset = through(served, f"https://www.data.gouv.fr/api/1/datasets/{SLUG}/").json()
    content = through(served, dataset["resources"][0]["url"]).content
    assert not content.startswith(b"\xef\xbb\xbf") and b"\r" not in content
    rows = list(csv.DictReader(io.StringIO(content.decode("utf-8"))))
    assert len(rows) == 3182
    assert rows[0]["nombre_demandes_deposees"] == "630.00" and rows[0]["reg"] == "84"
    normandie = [row for row in rows if row["reg"] == "28"]
    assert {row["libelle_region"] for row in normandie} == {"Normandie"}
    assert min(row["mois"] for row in rows) == "2020-03" and max(row["mois"] for row in rows) == "2021-01"
    assert {row["libelle_region"] for row in rows if row["reg"] == "99"} == {""}


def test_the_departements_are_as_published(served: Replica) -> None:
    dataset = through(served, f"https://www.data.gouv.fr/api/1/datasets/{SLUG}/").json()
    content = through(served, dataset["resources"][1]["url"]).content
    rows = list(csv.DictReader(io.StringIO(content.decode("utf-8"))))
    assert len(rows) == 1617 and "mois" not in rows[0]
    (found,) = [row for row in rows if row["dep"] == "76" and row["code_section_nace17"] == "C2"]
    assert found["nombre_salaries_concernes"] == "175.00" and found["reg"] == "28"
    assert len([row for row in rows if not row["dep"]]) == 8


def test_unknown_addresses(served: Replica) -> None:
    for url in (
        "https://www.data.gouv.fr/api/1/datasets/inconnu/",
        "https://www.data.gouv.fr/api/1/datasets/r/00000000-0000-0000-0000-000000000000",
        f"https://static.data.gouv.fr/resources/{SLUG}/20200101-000000/autre.csv",
    ):
        assert through(served, url).status_code == 404
