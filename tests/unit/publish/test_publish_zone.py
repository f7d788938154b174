"""The macro `zone` on a small country: lists that cannot be right are refused with the code, the reason and the likely vintage; means.

2018: A, B, D, S, X. 2020: A and B merge into A. 2026: S splits into S and T; X, of another region, never changes.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

MACRO = Path(__file__).resolve().parents[3] / "publish/macros/zone.sql"
LINKS = {
    2018: [("A", "A"), ("B", "A"), ("D", "D"), ("S", "S"), ("S", "T"), ("X", "X")],
    2020: [("A", "A"), ("D", "D"), ("S", "S"), ("S", "T"), ("X", "X"), ("OLD", "T")],
    2026: [("A", "A"), ("D", "D"), ("S", "S"), ("T", "T"), ("X", "X")],
}
FIGURES = {
    "population": {"A": 30, "D": 10, "S": 50, "T": 10},
    "heures": {"A": 100, "D": 300, "T": 0},
    "salaire": {"A": 20, "D": 24, "S": 18},
}


@pytest.fixture
def release() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as c:
        c.execute(
            "create table territoires (territoire varchar, population_municipale bigint);"
            "create table passages (cog_source int, code_source varchar, cog_cible int, code_cible varchar);"
            "create table indicateurs (indicateur varchar, calcul varchar, agregation varchar, niveau_fin varchar, absence varchar,"
            " numerateur varchar, numerateur_modalite varchar, denominateur varchar, facteur double, ponderation varchar);"
            "create table seuils_diffusion (indicateur varchar, regle varchar, est_applique boolean, indicateur_menages varchar,"
            " indicateur_personnes varchar, min_unites int, min_menages int, min_personnes int, part_max double, operateur varchar,"
            " texte varchar);"
            "create table observations (indicateur varchar, territoire varchar, periode varchar, modalite varchar, valeur double,"
            " statut varchar, confidentialite varchar, millesime_cog int, n_unites bigint, part_max double);"
            "insert into indicateurs values ('population', 'publie', 'somme', 'COM', 'manquante', null, null, null, 1, null),"
            " ('heures', 'publie', 'somme', 'COM', 'manquante', null, null, null, 1, null),"
            " ('salaire', 'publie', 'moyenne_ponderee', 'COM', 'manquante', null, null, null, 1, 'heures');"
        )
        for cog, links in LINKS.items():
            c.executemany("insert into passages values (?, ?, 2026, ?)", [(cog, a, b) for a, b in links])
        for code, people in FIGURES["population"].items():
            c.execute("insert into territoires values (?, ?)", [f"COM-{code}", people])
        for name, values in FIGURES.items():
            for code, value in values.items():
                c.execute(
                    "insert into observations values (?, ?, '2023', '_T', ?, ?, 'F', 2026, null, null)",
                    [name, f"COM-{code}", value, "E" if code == "T" else "A"],
                )
        c.execute(MACRO.read_text(encoding="utf-8"))
        yield c


@pytest.mark.parametrize(
    ("codes", "words"),
    [
        (["A", "B", "D"], ["B n'est pas du COG 2026 mais des COG 2018 (aujourd'hui A)", "2018 (3 codes sur 3)"]),
        (["OLD", "A"], ["OLD n'est pas du COG 2026 mais des COG 2020", "2020 (2 codes sur 2)", "dans_cog(2020)"]),
        (["A", "Q9999"], ["Q9999 n'existe dans aucun COG depuis 2018"]),
        (["A", "1400"], ["zéro de tête perdu ? 01400"]),
        (["A", "X"], ["X n'est pas de la région"]),
        (["A", "A", "D"], ["donnée deux fois, A"]),
        (["A", None], ["un code est NULL"]),
    ],
)  # fmt: skip
def test_a_list_that_cannot_be_right_is_refused(
    release: duckdb.DuckDBPyConnection, codes: list[str | None], words: list[str]
) -> None:
    rows = release.execute("select valeur, motif, couverture from zone(?, 'population')", [codes]).fetchall()
    assert len(rows) == 1
    value, reason, coverage = rows[0]
    assert value is None and coverage is None
    assert reason.startswith("Liste refusée")
    assert all(one in reason for one in words), reason


def test_only_a_vintage_that_knows_more_is_proposed(release: duckdb.DuckDBPyConnection) -> None:
    (reason,) = release.execute("select motif from zone(['A', 'T', 'Q9999'], 'population')").fetchone()
    assert "Millésime probable" not in reason


def test_a_sum_says_its_status_and_vintage(release: duckdb.DuckDBPyConnection) -> None:
    columns = "valeur, statut, methode, millesime_cog, couverture, motif"
    found = release.execute(f"select {columns} from zone(['A', 'T'], 'population')").fetchone()
    assert found == (40, "E", "agregee", 2026, 1, None)


def test_a_mean_goes_by_its_weight(release: duckdb.DuckDBPyConnection) -> None:
    assert release.execute("select valeur from zone(['A', 'D'], 'salaire')").fetchone() == (23,)
    # nobody works in T: its missing wage weighs nothing
    assert release.execute("select valeur, couverture from zone(['A', 'T'], 'salaire')").fetchone() == (20, 1)


def test_a_mean_without_a_weight_is_missing_and_says_what_is_known(
    release: duckdb.DuckDBPyConnection,
) -> None:
    found = release.execute("select valeur, motif, couverture from zone(['A', 'S'], 'salaire')").fetchone()
    assert found == (None, "Au moins une commune n'a pas de chiffre, ou pas de poids.", 0.375)
