"""Every source whose real figures we do not hold, from HTTP to its measures, on synthetic specimens in the documented formats."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from banc_specimens import Specimen, construire, definitions, mesures, serveur, tirer
from specimens_insee import SPECIMENS as INSEE
from specimens_producteurs import SPECIMENS as PRODUCTEURS

from extract.archive import Archive
from extract.definitions import load_all
from extract.replay import replay
from extract.run import RunSummary
from extract.settings import Settings

SPECIMENS = (*PRODUCTEURS, *INSEE)


@dataclass(frozen=True)
class Banc:
    """A data folder where every specimen was pulled, and the database of its measures."""

    settings: Settings
    summary: RunSummary
    base: Path


@pytest.fixture(scope="module")
def banc(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Banc]:
    folder = tmp_path_factory.mktemp("specimens")
    with serveur(SPECIMENS) as url:
        settings = Settings(data=folder / "data", producteurs=url)
        summary = tirer(settings, SPECIMENS)
    base = folder / "specimens.duckdb"
    models = sorted({one.modele for one in SPECIMENS})
    staging = [f"stg_{one.source}" for one in SPECIMENS]
    built = construire(settings, "run", "--select", *(f"+{name}" for name in models), base=base)
    assert built.returncode == 0, built.stdout[-3000:]
    tested = construire(
        settings, "test", "--select", *models, *staging, "--exclude", "test_type:singular", base=base
    )
    assert tested.returncode == 0, tested.stdout[-3000:]
    yield Banc(settings, summary, base)


def test_every_specimen_is_accepted(banc: Banc) -> None:
    refused = [
        (one.source, one.partition, one.motif) for one in banc.summary.results if one.resultat != "nouveau"
    ]
    assert not refused
    assert {one.source for one in banc.summary.results} == {one.source for one in SPECIMENS}


@pytest.mark.parametrize("specimen", SPECIMENS, ids=lambda one: one.source)
def test_the_measures_are_those_worked_out_by_hand(banc: Banc, specimen: Specimen) -> None:
    found = mesures(banc.base, specimen)
    for cell in specimen.cellules:
        key = (cell.mesure, *cell.territoire, cell.periode, cell.modalite)
        assert key in found, f"{key} absent ; {sorted(found)[:12]}"
        assert found[key] == (cell.valeur, cell.marque), key
    assert len(found) == specimen.lignes


@pytest.mark.parametrize("specimen", SPECIMENS, ids=lambda one: one.source)
def test_nothing_without_a_figure_is_zero(banc: Banc, specimen: Specimen) -> None:
    expected = {
        (c.mesure, *c.territoire, c.periode, c.modalite) for c in specimen.cellules if c.valeur is None
    }
    found = mesures(banc.base, specimen)
    assert all(found[key][0] is None for key in expected)
    assert not [
        key
        for key, (value, mark) in found.items()
        if mark in ("*", "M", ".", "C", "L", "K", "Q", "O") and value is not None
    ]


def test_replay_without_network_gives_the_same_landing(banc: Banc) -> None:
    before = {path: path.read_bytes() for path in banc.settings.landing.glob("*/*-*.parquet")}
    assert len(before) == len(banc.summary.results)
    for path in before:
        path.unlink()
    alone = Settings(data=banc.settings.data, producteurs="http://127.0.0.1:9")
    results = replay(alone, Archive(alone.archive), load_all() | definitions(SPECIMENS))
    assert [one.motif for one in results if one.motif] == []
    assert {path: path.read_bytes() for path in banc.settings.landing.glob("*/*-*.parquet")} == before
