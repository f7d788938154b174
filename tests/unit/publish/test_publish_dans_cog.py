"""The macro `dans_cog`: figures of communes in the geography of another year, on a country of five communes.

2018: A, B, D, S. 2020: A and B merge into A; S splits into S (60 %) and T. 2026: as 2020. D never changes; D is secret.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

MACRO = Path(__file__).resolve().parents[3] / "publish/macros/dans_cog.sql"
OLD = [
    ("A", "A", 0.7, "scission"),
    ("A", "B", 0.3, "scission"),
    ("S", "S", 1, "fusion"),
    ("T", "S", 1, "fusion"),
]
NEW = [
    ("A", "A", 1, "fusion"),
    ("B", "A", 1, "fusion"),
    ("S", "S", 0.6, "scission"),
    ("S", "T", 0.4, "scission"),
]
SAME = {2018: "ABDS", 2020: "ADST", 2026: "ADST"}


@pytest.fixture
def release() -> Iterator[duckdb.DuckDBPyConnection]:
    links = []
    for source in SAME:
        for target in SAME:
            changes = (
                NEW
                if source < target == 2026 or (source, target) == (2018, 2020)
                else OLD
                if source > target == 2018
                else []
            )
            if source == target or (source, target) in ((2020, 2026), (2026, 2020)):
                changes = [(c, c, 1, "identite") for c in SAME[source]]
            else:
                changes = [*changes, ("D", "D", 1, "identite")]
            links += [(source, a, target, b, weight, nature) for a, b, weight, nature in changes]
    figures = [
        ("population", c, 2018, "2016", v) for c, v in (("A", 70), ("B", 30), ("D", 50), ("S", 100))
    ] + [("population", c, 2026, "2023", v) for c, v in (("A", 110), ("D", 40), ("S", 66), ("T", 44))]
    figures += [("emploi", c, 2026, "2023", v) for c, v in (("A", 55), ("D", 10), ("S", 33), ("T", 11))]
    figures += [("mediane", c, 2026, "2023", v) for c, v in (("A", 20), ("D", 21), ("S", 22), ("T", 23))]
    figures += [("menages", c, 2026, "2023", v) for c, v in (("A", 9), ("D", None), ("S", 6), ("T", 4))]
    figures += [("salaire", c, 2026, "2023", v) for c, v in (("A", 20), ("D", 22), ("S", 30), ("T", 18))]
    figures += [("postes", c, 2026, "2023", v) for c, v in (("A", 40), ("D", 7), ("S", 5), ("T", 6))]
    with duckdb.connect() as c:
        c.execute(
            "create table territoires (territoire varchar, type_territoire varchar, code_territoire varchar, code_region varchar,"
            " est_interregional boolean, millesime_cog integer, population_municipale bigint)"
        )
        c.execute(
            "create table appartenances (millesime_cog integer, code_commune varchar, type_territoire varchar, code_territoire varchar)"
        )
        for commune in SAME[2026]:
            c.execute(
                "insert into territoires values ('COM-' || $c, 'COM', $c, '28', false, 2026, 100)",
                {"c": commune},
            )
            c.execute("insert into appartenances values (2026, $c, 'REG', '28')", {"c": commune})
        c.execute(
            "insert into territoires values ('REG-28', 'REG', '28', '28', false, 2026, null), ('EPCI-1', 'EPCI', '1', '28', false, 2026, null)"
        )
        c.execute("insert into appartenances values (2026, 'S', 'EPCI', '1'), (2026, 'A', 'EPCI', '1')")
        c.execute(
            "create table passages (cog_source integer, code_source varchar, cog_cible integer, code_cible varchar, poids double,"
            " nature varchar)"
        )
        c.executemany("insert into passages values (?, ?, ?, ?, ?, ?)", links)
        c.execute(
            "create table indicateurs as select * from (values"
            " ('population', 'publie', 'somme', 'manquante', null, null), ('emploi', 'publie', 'somme', 'manquante', null, null),"
            " ('menages', 'publie', 'somme', 'manquante', null, null), ('mediane', 'publie', 'non_agregeable', 'manquante', null, null),"
            " ('salaire', 'publie', 'moyenne_ponderee', 'manquante', null, null), ('postes', 'publie', 'somme', 'manquante', null, null),"
            " ('taux', 'ratio', 'ratio', 'manquante', 'emploi', 'population'))"
            " t (indicateur, calcul, agregation, absence, numerateur, denominateur)"
        )
        c.execute(
            "alter table indicateurs add column source varchar default 's'; alter table indicateurs add column frequence varchar default 'A';"
            " alter table indicateurs add column facteur double default 100; alter table indicateurs add column decalage integer;"
            " alter table indicateurs add column numerateur_modalite varchar;"
            " alter table indicateurs add column denominateur_modalite varchar; alter table indicateurs add column ponderation varchar;"
            " alter table indicateurs add column cle_repartition varchar default 'population';"
            " update indicateurs set ponderation = 'emploi' where indicateur = 'salaire';"
            " update indicateurs set cle_repartition = 'postes' where indicateur = 'postes'"
        )
        # three posts in four of what is A today are in B
        c.execute(
            "create table passages_par_cle as select * from (values ('postes', 2026, 'A', 2018, 'A', 0.25), ('postes', 2026, 'A', 2018, 'B', 0.75))"
            " t (cle, cog_source, code_source, cog_cible, code_cible, poids)"
        )
        c.execute(
            "create table seuils_diffusion as select 'postes' as indicateur, 'entreprises' as regle, true as est_applique,"
            " null::varchar as indicateur_menages, null::varchar as indicateur_personnes, 3 as min_unites, null::int as min_menages,"
            " null::int as min_personnes, 0.85 as part_max, 'ou' as operateur, 'Moins de 3 unités.' as texte"
        )
        c.execute(
            "create table observations_historique (indicateur varchar, territoire varchar, millesime_cog integer, periode varchar,"
            " valeur double, modalite varchar default '_T', source varchar default 's', statut varchar, confidentialite varchar,"
            " marque_producteur varchar, date_debut date, date_fin date, connu_jusqua timestamp, est_retrait boolean default false,"
            " n_unites bigint, part_max double)"
        )
        for indicator, commune, year, period, value in figures:
            secret = value is None
            c.execute(
                "insert into observations_historique values (?, 'COM-' || ?, ?, ?, ?, '_T', 's', ?, ?, ?,"
                " make_date(?::int, 1, 1), make_date(?::int, 12, 31), null, false, null, null)",
                [indicator, commune, year, period, value, "Q" if secret else "A", "C" if secret else "F", "s" if secret else None,
                 period, period],
            )  # fmt: skip
        c.execute(MACRO.read_text(encoding="utf-8"))
        yield c


def figure(
    c: duckdb.DuckDBPyConnection, year: int, indicator: str, territory: str, period: str = "2023"
) -> tuple:
    found = c.execute(
        f"select valeur, statut, methode, motif from dans_cog({year}) where indicateur = ? and territoire = ? and periode = ?",
        [indicator, territory, period],
    ).fetchall()
    assert len(found) == 1, found
    return found[0]


def test_a_figure_of_that_geography_is_given_as_received(release: duckdb.DuckDBPyConnection) -> None:
    assert figure(release, 2018, "population", "COM-B", "2016") == (30, "A", "publiee", None)
    assert figure(release, 2018, "population", "REG-28", "2016") == (250, "A", "agregee", None)


def test_a_sum_is_estimated_only_where_the_zone_holds_not_every_part_of_a_split(
    release: duckdb.DuckDBPyConnection,
) -> None:
    assert figure(release, 2020, "population", "COM-S", "2016") == (60, "E", "projetee", None)
    assert figure(release, 2020, "population", "REG-28", "2016") == (250, "A", "agregee", None)
    assert figure(release, 2020, "population", "EPCI-1", "2016") == (160, "E", "agregee", None)


def test_figures_travel_both_ways_and_keep_their_sum(release: duckdb.DuckDBPyConnection) -> None:
    assert figure(release, 2018, "population", "COM-A") == (77, "E", "projetee", None)
    assert figure(release, 2018, "population", "COM-S") == (110, "A", "projetee", None)
    assert figure(release, 2020, "population", "COM-T", "2016") == (40, "E", "projetee", None)
    for year in (2018, 2020, 2026):
        assert figure(release, year, "population", "REG-28")[0] == 260
        assert figure(release, year, "population", "REG-28", "2016")[0] == 250


def test_ratio_is_divided_after_its_terms_have_travelled(release: duckdb.DuckDBPyConnection) -> None:
    assert figure(release, 2018, "taux", "COM-S") == (pytest.approx(40), "A", "calculee", None)
    assert figure(release, 2026, "taux", "COM-S") == (pytest.approx(50), "A", "calculee", None)


def test_what_cannot_travel_says_why(release: duckdb.DuckDBPyConnection) -> None:
    assert figure(release, 2018, "mediane", "COM-D")[0] == 21
    value, status, _, reason = figure(release, 2018, "mediane", "COM-S")
    assert (value, status) == (None, "O") and "ne s'agrège pas" in reason
    value, status, _, reason = figure(release, 2018, "menages", "REG-28")
    assert (value, status) == (None, "Q") and "secret" in reason
    release.execute(
        "update passages set poids = null where cog_cible = 2018 and code_source = 'A' and cog_source > 2018"
    )
    value, status, _, reason = figure(release, 2018, "population", "COM-B")
    assert (value, status) == (None, "O") and "recensement" in reason
    assert figure(release, 2018, "population", "REG-28")[0] == 260


def test_a_commune_across_the_border_of_a_zone_leaves_it_without_total(
    release: duckdb.DuckDBPyConnection,
) -> None:
    value, _, _, reason = figure(release, 2018, "population", "EPCI-1")
    assert value is None and "à cheval" in reason
    assert figure(release, 2020, "population", "EPCI-1")[0] == 176


def test_an_unknown_geography_is_refused(release: duckdb.DuckDBPyConnection) -> None:
    with pytest.raises(
        duckdb.InvalidInputException, match="géographie 1999 inconnue ; choisir une année de 2018 à 2026"
    ):
        release.execute("from dans_cog(1999)").fetchall()


def test_a_mean_travels_by_its_weight(release: duckdb.DuckDBPyConnection) -> None:
    assert figure(release, 2018, "salaire", "COM-S") == (
        pytest.approx((30 * 33 + 18 * 11) / 44),
        "A",
        "projetee",
        None,
    )
    # what is A today is split: both parts inherit its mean
    assert figure(release, 2018, "salaire", "COM-B") == (pytest.approx(20), "E", "projetee", None)
    whole = (20 * 55 + 22 * 10 + 30 * 33 + 18 * 11) / 109
    for year in (2018, 2026):
        assert figure(release, year, "salaire", "REG-28")[0] == pytest.approx(whole, abs=1e-6)


def test_a_mean_without_its_weight_is_missing(release: duckdb.DuckDBPyConnection) -> None:
    release.execute(
        "delete from observations_historique where indicateur = 'emploi' and territoire = 'COM-T'"
    )
    value, status, _, reason = figure(release, 2018, "salaire", "COM-S")
    assert (value, status) == (None, "O") and "pas de poids" in reason


def test_a_split_goes_by_the_key_of_the_indicator(release: duckdb.DuckDBPyConnection) -> None:
    assert figure(release, 2018, "postes", "COM-A") == (10, "E", "projetee", None)
    assert figure(release, 2018, "postes", "COM-B") == (30, "E", "projetee", None)
    assert figure(release, 2018, "postes", "REG-28")[0] == 58


def test_the_threshold_is_judged_again_on_what_is_summed(release: duckdb.DuckDBPyConnection) -> None:
    units = "update observations_historique set n_unites = ?, part_max = ? where indicateur = 'postes' and territoire = ?"
    release.executemany(units, [(2, 0.5, "COM-S"), (4, 0.5, "COM-T"), (9, 0.4, "COM-D"), (9, 0.4, "COM-A")])
    assert figure(release, 2018, "postes", "COM-S")[0] == 11
    release.execute(
        "update observations_historique set n_unites = 1 where indicateur = 'postes' and territoire in ('COM-S', 'COM-T')"
    )
    value, status, _, reason = figure(release, 2018, "postes", "COM-S")
    assert (value, status) == (None, "Q") and "Moins de 3 unités" in reason


def test_coverage_is_the_share_of_the_population_that_is_known(release: duckdb.DuckDBPyConnection) -> None:
    query = "select couverture from dans_cog(2018) where indicateur = ? and territoire = 'REG-28' and periode = '2023'"
    assert release.execute(query, ["population"]).fetchone() == (1,)
    # D is secret: a quarter of today's people live there
    assert release.execute(query, ["menages"]).fetchone() == (0.75,)


def test_a_withdrawn_figure_is_not_carried(release: duckdb.DuckDBPyConnection) -> None:
    release.execute(
        "update observations_historique set est_retrait = true where indicateur = 'postes' and territoire = 'COM-T'"
    )
    value, status, _, reason = figure(release, 2018, "postes", "COM-S")
    assert (value, status) == (None, "O") and "pas de chiffre" in reason
