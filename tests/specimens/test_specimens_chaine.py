"""From the producers' wire to the observations: specimens beside the replica's real figures, through the whole chain of models."""

from __future__ import annotations

import io
from pathlib import Path

import duckdb
import pytest
from banc_specimens import construire, serveur, tirer
from rich.console import Console
from specimens_insee import SPECIMENS as INSEE
from specimens_producteurs import SPECIMENS as PRODUCTEURS

from extract.replica.process import replica
from extract.run import run_sources
from extract.settings import Settings

pytestmark = pytest.mark.long

SPECIMENS = (*PRODUCTEURS, *INSEE)

# the geography and the populations that the models need; no figure that the specimens give again
BASE = [
    *("insee__cog_communes", "insee__cog_mouvements", "insee__cog_departements", "insee__cog_regions"),
    *(
        "insee__cog_arrondissements",
        "insee__appartenance",
        "insee__appartenance_libelles",
        "insee__zones_emploi",
    ),
    *("insee__zones_emploi_libelles", "insee__populations_communes", "dgcl__epci", "ign__contours"),
]


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("chaine")
    with replica(limite_melodi=0) as producers:
        settings = Settings(data=folder / "data", producteurs=producers.url)
        results = run_sources(settings, BASE, console=Console(file=io.StringIO())).results
        assert {one.resultat for one in results} == {"nouveau"}
    with serveur(SPECIMENS) as url:
        results = tirer(Settings(data=folder / "data", producteurs=url), SPECIMENS).results
        assert {one.resultat for one in results} == {"nouveau"}
    base = folder / "chaine.duckdb"
    without_tests = [option for kind in ("test", "unit_test") for option in ("--exclude-resource-type", kind)]
    built = construire(settings, "build", "--select", "+observations", *without_tests, base=base)
    assert built.returncode == 0, built.stdout[-3000:]
    return base


@pytest.mark.parametrize(
    ("indicateur", "territoire", "periode", "modalite", "expected"),
    [
        ("dossiers_surendettement", "DEP-61", "2025-02", "_T", (261, "A", "F")),
        ("dossiers_surendettement", "REG-28", "2025-02", "_T", (1228, "A", "F")),
        ("dossiers_surendettement", "DEP-61", "2025-03", "_T", (None, "O", "F")),
        ("climat_affaires_industrie", "REG-28", "2026-02", "_T", (98.25, "A", "F")),
        ("production_industrie", "REG-28", "2026-02", "_T", (-12.75, "A", "F")),
        ("demandeurs_emploi_abc_t4", "COM-14118", "2024-T4", "sexe:F", (3410, "A", "F")),
        # 2,600 communes are not there: the EPCI has no sum
        ("demandeurs_emploi_abc_t4", "EPCI-200065597", "2024-T4", "_T", (None, "O", "F")),
        ("demandeurs_emploi_abc_brut_trimestre", "ZE2020-0051", "2025-T2", "_T", (7040, "A", "F")),
        ("part_longue_duree", "ZE2020-2804", "2025-T2", "_T", (100 * 12900 / 30120, "A", "F")),
        ("demandeurs_emploi_abc_brut_mois", "REG-28", "2026-08", "_T", (258770, "A", "F")),
        (
            "offres_satisfaites_pour_100_collectees",
            "FRANCE-F",
            "2026-07",
            "_T",
            (100 * 178200 / 211300, "A", "F"),
        ),
        ("emplois_vacants_taux", "FRANCE-F", "2026-T2", "_T", (2.5, "A", "F")),
        ("emploi_salarie_prive", "COM-14118", "2024", "grand_secteur:industrie", (160, "A", "F")),
        # an absent sector is proven to be without employer: zero, and written
        ("emploi_salarie_prive", "COM-14118", "2024", "grand_secteur:commerce", (0, "A", "F")),
        ("etablissements_employeurs", "EPCI-200065597", "2024", "_T", (17, "A", "F")),
        # Paris is the sum of its arrondissements in the producer's France
        ("emploi_salarie_prive", "FRANCE-F", "2024", "grand_secteur:interim", (1600, "A", "F")),
        ("masse_salariale_privee", "ZE2020-2812", "2025-T4", "_T", (55121287, "A", "F")),
        ("salaire_moyen_prive", "ZE2020-2804", "2025-T4", "_T", (948500000 / 132010 / 3, "A", "F")),
        ("masse_salariale_privee", "ZE2020-0051", "2025-T4", "_T", (None, "O", "F")),
        ("emploi_salarie_prive_trimestre_brut", "DEP-61", "2025-T4", "_T", (22012, "A", "F")),
        ("emploi_salarie_prive_trimestre_brut", "DEP-50", "2025-T4", "_T", (None, "O", "F")),
        ("part_dpae_cdi", "DEP-14", "2024-T4", "_T", (100 * 3500 / 8500, "A", "F")),
        ("dpae", "REG-28", "2024-T4", "_T", (None, "O", "F")),
        ("projets_recrutement", "DEP-61", "2025", "_T", (100, "A", "F")),
        ("projets_recrutement", "DEP-14", "2025", "_T", (None, "Q", "C")),
        ("projets_recrutement", "REG-28", "2025", "_T", (None, "Q", "C")),
        ("projets_recrutement_diffuses", "REG-28", "2025", "_T", (650, "A", "F")),
        ("part_recrutements_difficiles", "REG-28", "2025", "_T", (100 * 180 / 620, "A", "F")),
        ("etablissements_actifs_sirene", "COM-14118", "2026-08", "section_naf:C", (2, "A", "F")),
        ("part_etablissements_employeurs_sirene", "COM-14118", "2026-08", "_T", (100 / 3, "A", "F")),
        ("part_65_ans_plus", "COM-14118", "2022", "_T", (23, "A", "F")),
        # its figures are within those of another commune
        ("part_65_ans_plus", "COM-76540", "2022", "_T", (None, "O", "F")),
        ("indicateur_concentration_emploi", "COM-14118", "2022", "_T", (100 * 800.25 / 400, "A", "F")),
        ("taux_chomage_recensement_15_24", "COM-14118", "2022", "_T", (25, "A", "F")),
        ("taux_chomage_recensement_15_24", "COM-61001", "2022", "_T", (None, "Q", "C")),
        ("part_actifs_hors_commune", "COM-14118", "2022", "_T", (37.5, "A", "F")),
        ("part_logements_vacants", "COM-14118", "2022", "_T", (10, "A", "F")),
        ("taille_menages", "COM-14118", "2022", "_T", (2.1, "A", "F")),
        ("part_diplomes_superieur", "COM-14118", "2022", "_T", (30, "A", "F")),
        ("part_diplomes_superieur", "COM-50129", "2022", "_T", (None, "Q", "C")),
        # the region less its other communes would be the hidden one: withheld with it
        ("part_diplomes_superieur", "REG-28", "2022", "_T", (None, "Q", "D")),
        # a median of a zone is the producer's; none is made for another zone
        ("niveau_vie_median", "EPCI-200065597", "2021", "_T", (22000, "A", "F")),
        ("taux_pauvrete", "UU2020-14701", "2021", "_T", (None, "Q", "C")),
        ("salaire_femmes_pour_100_hommes", "COM-14118", "2023", "_T", (100 * 2300 / 2650, "A", "F")),
        ("salaire_net_moyen_eqtp", "ZE2020-2804", "2023", "_T", (2506, "A", "F")),
        ("part_effectifs_industrie_flores", "COM-14118", "2023", "_T", (20, "A", "F")),
        ("creations_entreprises", "DEP-14", "2026-02", "_T", (480, "P", "F")),
        ("creations_micro_entrepreneurs", "DEP-14", "2026-02", "_T", (None, "O", "F")),
        ("taux_occupation_hotels", "REG-28", "2026-05", "_T", (60, "A", "F")),
        ("nuitees_hotels", "DEP-14", "2025-07", "_T", (117780, "A", "F")),
        ("duree_moyenne_sejour_hotels", "DEP-14", "2025-07", "_T", (117780 / 60500, "A", "F")),
        ("taux_chomage_annuel", "REG-28", "2025", "age:15-24", (18.4, "P", "F")),
        ("pib_valeur", "REG-28", "2023", "_T", (108000.5, "P", "F")),
        ("logements_autorises", "REG-28", "2026-03", "_T", (15200, "A", "F")),
    ],
)
def test_the_observation_is_the_one_worked_out_by_hand(
    base: Path,
    indicateur: str,
    territoire: str,
    periode: str,
    modalite: str,
    expected: tuple[float | None, str, str],
) -> None:
    with duckdb.connect(str(base), read_only=True) as connection:
        found = connection.execute(
            "select valeur, statut, confidentialite from observations "
            "where indicateur = ? and territoire = ? and periode = ? and modalite = ?",
            [indicateur, territoire, periode, modalite],
        ).fetchall()
    assert len(found) == 1
    value, *states = found[0]
    assert (value, *states) == (
        pytest.approx(expected[0]) if expected[0] is not None else None,
        *expected[1:],
    )


def test_what_is_secret_or_absent_has_no_value_and_a_reason(base: Path) -> None:
    with duckdb.connect(str(base), read_only=True) as connection:
        (faults,) = connection.execute(
            "select count(*) from observations where (confidentialite in ('C', 'D') and valeur is not null) "
            "or (valeur is null and (motif is null or statut = 'A'))"
        ).fetchone()  # type: ignore[misc]
    assert faults == 0
