"""A producer that publishes again, the next year, what it had said: the figures are the same, whatever the day of the file."""

from __future__ import annotations

import duckdb
import pytest

from bench.chaine import compiled

# What the staging model gives of one row, but for the day of its file.
ROWS = {
    "taux_chomage": (
        "stg_insee__taux_chomage",
        "'REG' as type_territoire, '28' as code_territoire, '2020-T3' as periode, 8.9 as valeur, 'A' as marque_producteur",
    ),
    "emploi_salarie": (
        "stg_insee__emploi_salarie",
        "'REG' as type_territoire, '28' as code_territoire, 'ENS-SAL' as activite, false as est_arretee, '2020-T3' as periode,"
        " 1200.0 as valeur, 'A' as marque_producteur",
    ),
    "activite_partielle": (
        "stg_dares__activite_partielle",
        "'2020-11' as periode, '28' as code_region, 'C1' as secteur, 1.0 as demandes, 2.0 as salaries, 3.0 as heures",
    ),
}


@pytest.fixture(scope="module")
def mesures(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The SQL of the measures' models."""
    return compiled(tmp_path_factory.mktemp("mesures"), tuple(f"int_mesures__{name}" for name in ROWS))


@pytest.mark.parametrize("name", ROWS)
def test_a_figure_said_again_the_next_year_is_the_same(mesures: dict[str, str], name: str) -> None:
    staging, row = ROWS[name]
    with duckdb.connect() as c:
        c.execute(
            f"create table {staging} as select {row}, date '2020-12-08' as mise_a_jour, 'a' as livraison, 1 as ligne"
            f" union all select {row}, date '2021-01-19', 'b', 1"
        )
        c.execute(f"create table m as {mesures[f'int_mesures__{name}']}")
        twice = c.execute(
            "select count(*) from (select * exclude (livraison) from m group by all having count(*) = 2)"
        )
        assert twice.fetchone() == c.execute("select count(*) // 2 from m").fetchone() != (0,)
