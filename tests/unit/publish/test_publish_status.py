"""The last attempts at a source, of a real landing: `make status` and the table `sources` say the same of them."""

from __future__ import annotations

import itertools
import random
from datetime import datetime
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest

from extract import landing
from extract.archive import Archive
from extract.definitions import Definition
from extract.settings import Settings
from publish import status

ROOT = Path(__file__).resolve().parents[3]
MODELS = {
    "stg_extraction__livraisons": "staging/extraction",
    "stg_extraction__sources": "staging/extraction",
    "int_sources": "intermediate/2_observations",
}
SOURCE = "essai__jeu"
# `depot` says nothing of how to ask for it: it only comes by hand.
PARTS = {"commune": {"acces": {"url": "u"}}, "france": {"acces": {"url": "u"}}, "depot": {}}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data=tmp_path / "data", region="28")


def land(settings: Settings, attempts: list[tuple[str | None, str]], partitions: object = PARTS) -> None:
    """The landing after these attempts (partition, outcome), a second from one to the next."""
    archive = Archive(settings.archive)
    for rank, (partition, outcome) in enumerate(attempts):
        received = f"2026-11-01T10:{rank // 60:02d}:{rank % 60:02d}Z"
        archive.append(
            {
                "type": "livraison", "livraison": f"l{rank:03d}", "source": SOURCE, "partition": partition,
                "recu_le": received, "publie_le": None, "resultat": outcome,
                "motif": None if outcome == "nouveau" else f"motif {outcome}",
            }
        )  # fmt: skip
    raw = {"titre": "Un jeu", "frequence": "annuelle", "protocole": "fichier", "description": "Un jeu."}
    raw |= {"partitions": partitions} if partitions else {"acces": {"url": "u"}}
    landing.write_frame(settings, archive, [Definition(SOURCE, raw)])


def of_the_status(settings: Settings) -> tuple[str | None, str | None]:
    (row,) = status._states(settings, None, datetime(2026, 11, 2)) or []
    return row[3], row[4]


def of_the_release(settings: Settings) -> tuple[str | None, str | None]:
    """What the models, compiled by hand, make of the same landing."""
    with duckdb.connect() as c:
        for name, folder in MODELS.items():
            text = (ROOT / f"models/{folder}/{name}.sql").read_text(encoding="utf-8")
            for table in ("livraisons", "sources"):
                path = settings.landing / f"_{table}.parquet"
                text = text.replace(f"{{{{ source('extraction', '{table}') }}}}", f"read_parquet('{path}')")
                text = text.replace(f"{{{{ ref('stg_extraction__{table}') }}}}", f"stg_extraction__{table}")
            c.execute(f"create view {name} as {text}")
        (row,) = c.execute("select dernier_resultat, dernier_motif from int_sources").fetchall()
    return row


@pytest.mark.parametrize(
    ("attempts", "told"),
    [
        ([("commune", "refuse"), ("france", "nouveau")], ("refuse", "commune : motif refuse")),
        ([("france", "nouveau"), ("commune", "refuse")], ("refuse", "commune : motif refuse")),
        ([("commune", "refuse"), ("france", "nouveau"), ("commune", "inchange")], ("nouveau", None)),
        ([("commune", "refuse"), ("france", "refuse")], ("refuse", "commune, france : motif refuse")),
        (
            [("commune", "echec"), ("france", "refuse")],
            ("refuse", "france : motif refuse ; commune : motif echec"),
        ),
        ([("commune", "ignore"), ("france", "ignore")], ("ignore", "commune, france : motif ignore")),
        ([("commune", "inchange"), ("france", "inchange")], ("inchange", None)),
        ([("commune", "nouveau"), ("partie", "refuse")], ("nouveau", None)),
        ([("commune", "nouveau"), (None, "echec")], ("nouveau", None)),
        ([("commune", "nouveau"), ("depot", "refuse")], ("nouveau", None)),
        ([("partie", "refuse")], (None, None)),
        ([], (None, None)),
    ],
)
def test_refused_partition_is_not_hidden_by_the_next_one(
    settings: Settings, attempts: list[tuple[str | None, str]], told: tuple[str | None, str | None]
) -> None:
    """Neither is it for ever when it left the yaml (`partie`, or none at all), or only comes by deposit."""
    land(settings, attempts)
    assert of_the_status(settings) == told
    assert of_the_release(settings) == told


def test_source_without_partitions_tells_its_last_attempt(settings: Settings) -> None:
    land(settings, [(None, "nouveau"), ("commune", "nouveau"), (None, "echec")], partitions=None)
    assert of_the_status(settings) == of_the_release(settings) == ("echec", "motif echec")


@pytest.mark.parametrize("seed", range(20))
def test_status_and_release_tell_the_same(settings: Settings, seed: int) -> None:
    chance = random.Random(seed)
    outcomes = ("nouveau", "inchange", "refuse", "echec", "ignore")
    every = [*itertools.product((*PARTS, "partie", None), outcomes)]
    land(settings, chance.choices(every, k=chance.randrange(12)))
    assert of_the_status(settings) == of_the_release(settings)


@pytest.mark.parametrize("partitions", [None, PARTS])
def test_landing_of_the_version_before_is_told_until_the_next_run(
    settings: Settings, partitions: object
) -> None:
    """It did not say which partitions are asked: all count."""
    land(settings, [("commune" if partitions else None, "refuse")], partitions)
    told = of_the_status(settings)
    path = settings.landing / landing.SOURCES
    pq.write_table(pq.read_table(path).drop_columns(["partitions"]), path)
    assert (
        of_the_status(settings)
        == told
        == ("refuse", "commune : motif refuse" if partitions else "motif refuse")
    )
