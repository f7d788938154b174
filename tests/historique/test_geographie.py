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

# A photograph of the month of its file: what it says of one month, the next file does not say again.
PHOTOGRAPH = (
    "stg_dares__activite_partielle_departements",
    "'14' as code_departement, 'C1' as secteur, 1.0 as demandes, 2.0 as salaries, 3.0 as heures, 1.0 as etablissements",
)


@pytest.fixture(scope="module")
def mesures(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The SQL of the measures' models."""
    names = (*ROWS, "activite_partielle_departements")
    return compiled(tmp_path_factory.mktemp("mesures"), tuple(f"int_mesures__{name}" for name in names))


def said_twice(c: duckdb.DuckDBPyConnection, staging: str, row: str) -> None:
    """The same row in two deliveries, one of each year."""
    c.execute(
        f"create table {staging} as select {row}, date '2020-12-08' as mise_a_jour, 'a' as livraison, 1 as ligne"
        f" union all select {row}, date '2021-01-19', 'b', 1"
    )


@pytest.mark.parametrize("name", ROWS)
def test_a_figure_said_again_the_next_year_is_the_same(mesures: dict[str, str], name: str) -> None:
    staging, row = ROWS[name]
    with duckdb.connect() as c:
        said_twice(c, staging, row)
        c.execute(f"create table m as {mesures[f'int_mesures__{name}']}")
        twice = c.execute(
            "select count(*) from (select * exclude (livraison) from m group by all having count(*) = 2)"
        )
        assert twice.fetchone() == c.execute("select count(*) // 2 from m").fetchone() != (0,)


def test_a_photograph_of_another_year_is_in_the_same_geography(mesures: dict[str, str]) -> None:
    staging, row = PHOTOGRAPH
    with duckdb.connect() as c:
        said_twice(c, staging, row)
        c.execute(f"create table m as {mesures['int_mesures__activite_partielle_departements']}")
        said = c.execute(
            "select count(distinct cog), list(distinct periode order by periode) from m"
        ).fetchone()
    assert said == (1, ["2020-12", "2021-01"])
