"""The judgement: clean figures pass, each damage is refused for its own reason, an exception is our fault."""

from __future__ import annotations

import csv
import json
import re
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import unquote

import duckdb
import pandas as pd
import pytest
import yaml

from expectations import dbt_results, frames, page, runner, suite
from expectations import judge as judgement
from expectations.model import ExpectationFault, Verdict
from publish import freshness
from tests.unit.publish import synthetic


def judge(candidate: Path, **options: object) -> Verdict:
    return runner.run(candidate, region="28", folder=candidate.parent / "qualite", **options)  # type: ignore[arg-type]


def damage(candidate: Path, sql: str) -> None:
    with duckdb.connect(str(candidate)) as c:
        c.execute(sql)


def alone(name: str, folder: Path) -> Path:
    """A folder of suites that holds this one of the project's only."""
    (folder / "suites").mkdir()
    shutil.copy(suite.FOLDER / f"{name}.yml", folder / "suites")
    return folder / "suites"


def refused(verdict: Verdict) -> dict[str, str]:
    return {c.controle: c.detail for c in verdict.refus}


def test_clean_candidate_is_published_with_its_report(candidate: Path) -> None:
    verdict = judge(candidate)
    assert verdict.code == 0, refused(verdict) or verdict.fautes
    # The invented series jump to the reference values, which are real: the vigilance says so and blocks nothing. More
    # than half of those values are of indicators or years that the six invented series do not have, and these stop.
    assert {c.controle for c in verdict.avertissements} == {
        "src_dernier_essai",
        "src_calendrier",
        "ser_surprenants",
        "ser_mouvement_commun",
        "obs_references_applicables",
    }
    page = (candidate.parent / "qualite/index.html").read_text(encoding="utf-8")
    assert "La release peut être publiée." in page
    assert "La région compte ses communes" in page
    docs = candidate.parent / "qualite/data_docs"
    assert (docs / "index.html").exists()
    shown = next((docs / "validations/observations").rglob("*.html")).read_text(encoding="utf-8")
    assert "Les chiffres relevés à la main dans les publications" in shown
    # readable with no network, and in French: the library's own pages take styles, icons and lists from elsewhere
    pages = {path: path.read_text(encoding="utf-8") for path in docs.rglob("*.html")}
    assert not {
        path: found for path, text in pages.items() if (found := re.findall("https?://[^\"' <]+", text))
    }
    assert "✓ tenue" in shown and "Ce qui doit être vrai" in shown
    listed = pages[docs / "index.html"]
    for one in suite.load_all():
        (target,) = re.findall(rf"href='([^']+)'>{one.nom}<", listed)
        assert (docs / unquote(target)).is_file(), one.nom
    words = re.sub("<[^>]*>", " ", " ".join(pages.values()))
    assert not set(re.findall(r"\w+", words)) & {
        "Status",
        "Observed",
        "Failed",
        "Succeeded",
        "Overview",
        "unexpected",
        "Home",
    }


DAMAGES = [
    (
        (
            "update observations set valeur = 3345843 where territoire = 'REG-28' and indicateur ="
            " 'population_municipale'"
        ),
        "obs_valeurs_de_reference",
        "REG-28",
    ),
    (
        "delete from observations where territoire = 'DEP-61' and indicateur = 'emploi_salarie'",
        "obs_valeurs_de_reference",
        "DEP-61",
    ),
    (
        (
            "update observations set valeur = valeur * 1000 where territoire = 'DEP-61' and indicateur ="
            " 'defaillances_12_mois'"
        ),
        "obs_region_somme_des_departements",
        "defaillances_12_mois",
    ),
    (
        "insert into observations select * from observations where territoire = 'DEP-14'",
        "obs_cle_unique",
        "DEP",
    ),
    (
        "update observations set valeur = 0 where confidentialite = 'C'",
        "obs_secret_jamais_zero",
        "niveau_vie_median",
    ),
    (
        "update observations set valeur = 1200 where confidentialite = 'C'",
        "obs_secret_sans_valeur",
        "niveau_vie_median",
    ),
    (
        "update observations set valeur = valeur / 100 where indicateur = 'taux_pauvrete'",
        "obs_taux_pas_en_fraction",
        "taux_pauvrete",
    ),
    (
        (
            "update observations set valeur = 169 where indicateur = 'taux_chomage_localise' and territoire ="
            " 'ZE2020-2819'"
        ),
        "obs_taux_entre_0_et_100",
        "ZE2020",
    ),
    (
        (
            "update observations set valeur = null, statut = 'M' where territoire = 'COM-14002' and"
            " indicateur like 'population%'"
        ),
        "obs_absence_motivee",
        "population_municipale",
    ),
    ("delete from observations where territoire = 'COM-14002'", "obs_couverture", "COM-14002"),
    (
        "update observations set periode = '2023-3' where indicateur = 'taux_chomage_localise'",
        "obs_periodes_bien_ecrites",
        "taux_chomage_localise",
    ),
    ("update observations set livraison = 'inventee'", "obs_livraisons_connues", "compte_synthetique_01"),
    ("delete from territoires where territoire = 'COM-14003'", "ter_nombres", "2643"),
    (
        (
            "update appartenances set code_territoire = '2802' where code_commune = '14001' and"
            " type_territoire = 'EPCI'"
        ),
        "ter_appartenances_connues",
        "EPCI",
    ),
    ("update territoires set libelle = 'VallÃ©e' where territoire = 'COM-14004'", "ter_accents", "COM-14004"),
    (
        "update observations_historique set valeur = 0 where marque_producteur = 's'",
        "his_secrets_filosofi",
        "avec_valeur 137",
    ),
    (
        "update chiffres_cles set valeur = valeur + 1 where territoire = 'REG-28'",
        "cle_valeur_observee",
        "REG",
    ),
    (
        "update chiffres_cles set variation = 0.07 where unite_variation = 'points'",
        "cle_variations_points",
        "ZE2020",
    ),
    (
        "update indicateurs set licence = null where indicateur = 'emploi_salarie'",
        "ind_definition_licence",
        "licence",
    ),
    (
        "update sources set attribution = '' where source = 'bdf__synthetique'",
        "src_attribution",
        "bdf__synthetique",
    ),
    ("update livraisons set sha256 = null", "liv_prouvables", "insee__synthetique"),
]


@pytest.mark.parametrize(("sql", "check", "place"), DAMAGES, ids=[d[1] + "-" + d[2] for d in DAMAGES])
def test_damage_is_refused_for_its_reason_and_named(
    candidate: Path, sql: str, check: str, place: str
) -> None:
    damage(candidate, sql)
    own = {e.id: one.nom for one in suite.load_all() for e in one.attentes}[check]
    (candidate.parent / "suites").mkdir()
    shutil.copy(suite.FOLDER / f"{own}.yml", candidate.parent / "suites")
    verdict = judge(candidate, data_docs=False, suites=candidate.parent / "suites")
    assert verdict.code == 1, verdict.fautes
    assert check in refused(verdict), refused(verdict)
    assert place in refused(verdict)[check]


def test_revision_after_the_reading_is_admitted_within_its_limit(candidate: Path) -> None:
    damage(
        candidate,
        "update observations set valeur = 7.1, publie_le = timestamp '2024-03-20' where indicateur ="
        " 'taux_chomage_localise' and territoire = 'REG-28' and periode = '2023-T3'; update chiffres_cles k"
        " set valeur = 7.1, variation = null from observations o where k.territoire = 'REG-28' and"
        " k.indicateur = 'taux_chomage_localise'",
    )
    assert "obs_valeurs_de_reference" not in refused(judge(candidate))


def test_previous_release_catches_truncation_and_scale(candidate: Path, clean_candidate: Path) -> None:
    damage(
        candidate,
        "delete from observations where indicateur = 'niveau_vie_median' and territoire like 'COM-50%';"
        "update observations set valeur = valeur * 10 where indicateur like 'compte_synthetique_03'",
    )
    found = refused(judge(candidate, previous=clean_candidate))
    assert "niveau_vie_median" in found["obs_rien_ne_disparait"]
    assert "compte_synthetique_03" in found["obs_ordre_de_grandeur"]


def test_a_series_that_stops_while_its_source_goes_on_is_listed(
    candidate: Path, clean_candidate: Path, tmp_path: Path
) -> None:
    """Nothing published is lost: the new quarter of one département never came."""
    indicator = "taux_chomage_localise"
    before = tmp_path / "avant.duckdb"
    shutil.copy(clean_candidate, before)
    last = f"(select max(date_fin) from observations where indicateur = '{indicator}')"
    damage(before, f"delete from observations where indicateur = '{indicator}' and date_fin = {last}")
    damage(candidate, f"delete from observations where territoire = 'DEP-61' and date_fin = {last}")
    verdict = judge(candidate, previous=before, data_docs=False, suites=alone("series", tmp_path))
    rows = [r for c in verdict.avertissements if c.controle == "ser_interrompues" for r in c.lignes]
    assert [(r["indicateur"], r["niveau"], r["interrompues"]) for r in rows] == [(indicator, "DEP", 1)]
    assert rows[0]["exemples"] == "DEP-61"


def test_a_cell_copied_to_every_territory_of_a_new_period_is_refused(candidate: Path, tmp_path: Path) -> None:
    indicator = "taux_chomage_localise"
    before = tmp_path / "avant.duckdb"
    damage(
        candidate,
        f"update observations set valeur = 5 + (hash(territoire) % 40) / 10.0 where indicateur = '{indicator}'",
    )
    shutil.copy(candidate, before)
    last = (
        f"indicateur = '{indicator}' and date_fin ="
        f" (select max(date_fin) from observations where indicateur = '{indicator}')"
    )
    damage(before, f"delete from observations where {last}")
    damage(candidate, f"update observations set valeur = 6.7 where {last}")
    found = refused(judge(candidate, previous=before, data_docs=False, suites=alone("series", tmp_path)))
    assert "niveau ZE2020" in found["ser_valeur_unique"]


def test_zones_raised_in_a_file_of_their_own_are_listed_beside_the_region(
    candidate: Path, tmp_path: Path
) -> None:
    indicator = "taux_chomage_localise"
    before = tmp_path / "avant.duckdb"
    last = (
        f"indicateur = '{indicator}' and date_fin ="
        f" (select max(date_fin) from observations where indicateur = '{indicator}')"
    )
    damage(candidate, f"update observations set valeur = 7 where indicateur = '{indicator}'")
    shutil.copy(candidate, before)
    damage(before, f"delete from observations where {last}")
    damage(candidate, f"update observations set valeur = 7.9 where territoire like 'ZE2020-%' and {last}")
    verdict = judge(candidate, previous=before, data_docs=False, suites=alone("series", tmp_path))
    rows = [r for c in verdict.avertissements if c.controle == "ser_ecart_entre_niveaux" for r in c.lignes]
    assert [(r["niveau"], r["avant"], r["apres"]) for r in rows] == [("ZE2020", 0.0, 0.9)]


def test_two_close_measures_exchanged_at_a_new_period_are_listed(candidate: Path, tmp_path: Path) -> None:
    """One is 2 % above the other everywhere: exchanged, neither moves by more than usual."""
    one, other = "compte_synthetique_03", "compte_synthetique_04"
    damage(
        candidate,
        f"delete from observations where indicateur = '{other}';"
        f" insert into observations select * replace ('{other}' as indicateur, valeur * 1.02 as valeur)"
        f" from observations where indicateur = '{one}';"
        f" update indicateurs set source = (select source from indicateurs where indicateur = '{one}')"
        f" where indicateur = '{other}'",
    )
    before = Path(shutil.copy(candidate, tmp_path / "avant.duckdb"))
    last = f"date_fin = (select max(date_fin) from observations where indicateur = '{one}')"
    damage(before, f"delete from observations where indicateur in ('{one}', '{other}') and {last}")
    suites = alone("series", tmp_path)

    def listed() -> list[tuple[object, ...]]:
        verdict = judge(candidate, previous=before, data_docs=False, suites=suites)
        rows = [r for c in verdict.avertissements if c.controle == "ser_mesures_echangees" for r in c.lignes]
        return [(r["indicateur"], r["autre_indicateur"], r["territoires"] == r["inverses"]) for r in rows]

    assert listed() == []
    damage(
        candidate,
        f"update observations set indicateur = case indicateur when '{one}' then '{other}' else '{one}' end"
        f" where indicateur in ('{one}', '{other}') and {last}",
    )
    found = listed()
    assert found and set(found) == {(one, other, True)}


def test_empty_cells_read_as_zeros_in_old_periods_are_refused(
    candidate: Path, clean_candidate: Path, tmp_path: Path
) -> None:
    """Figures that nobody had: no figure in force is revised, none is lost."""
    before = tmp_path / "avant.duckdb"
    shutil.copy(clean_candidate, before)
    old = (
        "indicateur = 'taux_chomage_localise' and territoire like 'ZE2020-%' and date_fin <"
        " (select max(date_fin) from observations where indicateur = 'taux_chomage_localise')"
    )
    damage(before, f"delete from observations where {old}")
    damage(candidate, f"update observations set valeur = 0 where {old}")
    found = refused(judge(candidate, previous=before, data_docs=False, suites=alone("revisions", tmp_path)))
    assert "taux_chomage_localise, niveau ZE2020" in found["rev_zeros_nouveaux"]


def test_a_secret_that_becomes_a_value_is_refused_unless_a_zone_was_summed(
    candidate: Path, clean_candidate: Path, tmp_path: Path
) -> None:
    """The producer's secret, and the sum of a département whose part was secret; not the sum of a zone."""
    before = tmp_path / "avant.duckdb"
    shutil.copy(clean_candidate, before)
    hidden = "valeur = null, statut = 'Q', confidentialite = 'C'"
    own, count, rate = "niveau_vie_median", "emploi_salarie", "taux_chomage_localise"
    for indicator, territory in ((count, "DEP-61"), (rate, "ZE2020-2819")):
        damage(
            before,
            f"update observations set {hidden}, methode = 'agregee' where indicateur = '{indicator}'"
            f" and territoire = '{territory}'",
        )
    damage(
        candidate,
        "update observations set valeur = 21000, statut = 'A', confidentialite = 'F'"
        f" where indicateur = '{own}' and confidentialite = 'C'",
    )
    verdict = judge(candidate, previous=before, data_docs=False, suites=alone("revisions", tmp_path))
    rows = next(c.lignes for c in verdict.refus if c.controle == "rev_secret_devoile")
    found = {(row["indicateur"], row["territoire"].split("-")[0]) for row in rows}
    assert found == {(own, "COM"), (count, "DEP")}


def test_a_departement_renamed_in_its_geography_is_refused(
    candidate: Path, clean_candidate: Path, tmp_path: Path
) -> None:
    suites = alone("territoires", tmp_path)
    damage(candidate, "update territoires set libelle = 'Elbeuf-sur-Seine' where territoire = 'COM-76231'")
    verdict = judge(candidate, previous=clean_candidate, data_docs=False, suites=suites)
    assert "ter_libelles_bouleverses" not in refused(verdict)
    damage(candidate, "update territoires set libelle = 'Manche' where territoire = 'DEP-61'")
    verdict = judge(candidate, previous=clean_candidate, data_docs=False, suites=suites)
    assert "DEP-61" in refused(verdict)["ter_libelles_bouleverses"]


def test_a_source_without_a_calendar_of_its_own_is_late_at_the_delay_of_its_rhythm(
    candidate: Path, tmp_path: Path
) -> None:
    suites = alone("sources", tmp_path)
    damage(candidate, "update indicateurs set source = 'bdf__synthetique' where frequence <> 'T'")
    with duckdb.connect(str(candidate)) as c:
        ((last,),) = c.execute(
            "select max(date_fin) from observations o join indicateurs i using (indicateur)"
            " where i.source = 'insee__synthetique' and valeur is not null"
        ).fetchall()
    told = {}
    for days in (30, 300):
        moment = datetime.combine(last, datetime.min.time(), UTC) + timedelta(days=92 + days)
        verdict = judge(candidate, moment=moment, data_docs=False, suites=suites)
        rows = [r for c in verdict.controles if c.controle == "src_calendrier" for r in c.lignes]
        told[days] = [r["situation"] for r in rows if r["source"] == "insee__synthetique"]
    assert told == {30: [], 300: ["en retard"]}


def test_an_infinite_figure_is_bad_data_and_said(candidate: Path) -> None:
    damage(
        candidate,
        "update observations set valeur = 'inf'::double where territoire = 'REG-28' and indicateur = 'emploi_salarie'",
    )
    verdict = judge(candidate, data_docs=False)
    assert verdict.code == 1, verdict.fautes
    assert "obs_valeurs_finies" in refused(verdict)


def test_missing_column_is_our_fault_not_bad_data(candidate: Path) -> None:
    damage(candidate, "alter table observations drop column confidentialite")
    verdict = judge(candidate)
    assert verdict.code == 2
    assert any("confidentialite" in fault for fault in verdict.fautes)
    assert "une faute est de notre côté" in (candidate.parent / "qualite/index.html").read_text(
        encoding="utf-8"
    )


def one_suite(folder: Path, **changes: object) -> Path:
    expectation = {
        "id": "essai_un",
        "phrase": "Une phrase assez longue pour dire.",
        "severite": "bloquant",
        "raison": "Une raison assez longue.",
        "historique": ["2026-11-23 : essai."],
        "requete": "select 1 as valeur",
        "attente": {"type": "expect_column_values_to_be_between", "column": "valeur"},
        **changes,
    }
    folder.mkdir(parents=True, exist_ok=True)
    raw = {"table": "observations", "description": "Une suite d'essai.", "attentes": [expectation]}
    (folder / "essai.yml").write_text(yaml.safe_dump(raw, allow_unicode=True), encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    "machine",
    [
        {"type": "expect_column_values_to_be_between", "column": "absente", "min_value": 0},
        {"type": "expect_column_values_to_be_between", "column": "valeur", "min_value": 3, "max_value": 1},
        {"type": "expect_ce_que_personne_n_a_ecrit", "column": "valeur"},
    ],
)
def test_exception_in_the_engine_is_exit_2(
    candidate: Path, tmp_path: Path, machine: dict[str, object]
) -> None:
    verdict = judge(candidate, suites=one_suite(tmp_path / "suites", attente=machine))
    assert verdict.code == 2
    assert not verdict.refus
    assert "essai_un" in verdict.fautes[0]


def test_an_empty_frame_is_not_a_success(candidate: Path, tmp_path: Path) -> None:
    empty = "select 1 as valeur where false"
    machine = {"type": "expect_column_values_to_be_between", "column": "valeur", "min_value": 0}
    verdict = judge(candidate, suites=one_suite(tmp_path / "a", requete=empty, attente=machine))
    assert verdict.code == 1 and "rien à contrôler" in verdict.refus[0].detail
    verdict = judge(
        candidate, suites=one_suite(tmp_path / "b", requete=empty, attente=machine, vide="permis")
    )
    assert verdict.code == 0


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"severite": "fatal"}, "severite"),
        ({"historique": []}, "historique"),
        ({"phrase": "Sans point final ici"}, "phrase"),
        ({"requete": "inconnue"}, "requête nommée absente"),
    ],
)
def test_a_suite_that_is_not_understood_is_a_fault(
    tmp_path: Path, changes: dict[str, object], said: str
) -> None:
    with pytest.raises(ExpectationFault, match=said):
        suite.load_all(one_suite(tmp_path, **changes))


def test_warning_does_not_refuse(candidate: Path, tmp_path: Path) -> None:
    machine = {"type": "expect_column_values_to_be_between", "column": "valeur", "min_value": 5}
    verdict = judge(candidate, suites=one_suite(tmp_path / "s", severite="avertissement", attente=machine))
    assert verdict.code == 0 and [c.resultat for c in verdict.controles] == ["averti"]


@pytest.mark.parametrize(
    ("status", "message", "kind", "code"),
    [
        ("pass", None, "test", 0),
        ("warn", "Got 3 results", "test", 0),
        ("fail", "Got 3 results, configured to fail if != 0", "test", 1),
        (
            "error",
            "Runtime Error\n  Constraint Error: NOT NULL constraint failed: observations.statut",
            "model",
            1,
        ),
        ("error", "Runtime Error\n  Conversion Error: Could not convert string 'x' to DOUBLE", "model", 1),
        ("error", "Runtime Error\n  Conversion Error: Could not convert string 'x' to DOUBLE", "test", 1),
        ("error", "Runtime Error\n  Conversion Error: Could not cast value nan to DECIMAL(28,9)", "model", 1),
        ("error", "Runtime Error\n  Conversion Error: Type DOUBLE with value -inf can't be cast", "model", 1),
        (
            "error",
            "Runtime Error\n  Conversion Error: Could not cast value 1e40 to DECIMAL(28,9)",
            "model",
            2,
        ),
        ("error", "Runtime Error\n  Conversion Error: Type INT32 with value 300 can't be cast", "model", 2),
        ("error", "Runtime Error\n  Binder Error: Referenced column not found", "model", 2),
        ("error", "Runtime Error\n  Binder Error: Referenced column not found", "test", 2),
        ("error", "Compilation Error in test x\n  Saisie refusée, seeds/x.csv\n ligne 7 : x.", "test", 1),
        ("skipped", None, "model", 0),
    ],
)
def test_dbt_results_are_read(tmp_path: Path, status: str, message: str | None, kind: str, code: int) -> None:
    results = synthetic.run_results(tmp_path / "run_results.json", status, message, kind)
    manifest = tmp_path / "manifest.json"
    manifest.write_text(json.dumps({"nodes": {}}), encoding="utf-8")
    assert dbt_results.read(results, manifest).code == code


def test_a_failed_test_names_its_rows_and_the_datasets_behind(tmp_path: Path) -> None:
    """Who reads the refusal learns what is wrong and where it came from, without opening the candidate."""
    test, model = "test.referentiel.deux_canaux.abc", "model.referentiel.int_recues"
    nodes = {
        test: {
            "description": "Deux canaux,\n  un chiffre.",
            "config": {"severity": "ERROR"},
            "depends_on": {"nodes": [model]},
            "compiled_code": "select code, valeur from candidat.main.recues where valeur <> 1",
        },
        model: {
            "depends_on": {"nodes": [f"{dbt_results.LANDING}insee__x", f"{dbt_results.LANDING}_livraisons"]}
        },
    }
    (tmp_path / "manifest.json").write_text(json.dumps({"nodes": nodes}), encoding="utf-8")
    result = {"unique_id": test, "status": "fail", "failures": 15, "message": "Got 15 results"}
    (tmp_path / "run_results.json").write_text(json.dumps({"results": [result]}), encoding="utf-8")
    with duckdb.connect(str(tmp_path / "candidat.duckdb")) as c:
        c.execute(
            "create table recues as select '141' || lpad(i::varchar, 2, '0') as code, 2.5 as valeur from range(15) r(i)"
        )
    verdict = dbt_results.read(
        tmp_path / "run_results.json", tmp_path / "manifest.json", tmp_path / "candidat.duckdb"
    )
    (one,) = verdict.refus
    assert one.phrase == "Deux canaux, un chiffre."
    assert one.detail.startswith("15 lignes en défaut : code 14100, valeur 2,5 ; code 14101")
    assert one.detail.endswith(" … et 3 autres (données de insee__x)")
    assert len(one.lignes) == 15
    assert "15 lignes en défaut :<div class='ou'><table" in page.page(
        verdict, [], "essai", datetime(2026, 1, 1), None
    )


def test_no_dbt_report_is_our_fault(tmp_path: Path) -> None:
    assert dbt_results.read(tmp_path / "absent.json", tmp_path / "absent_aussi.json").code == 2


def test_reference_values_are_well_formed() -> None:
    rows = list(
        csv.DictReader(
            (synthetic.ROOT / "expectations/valeurs_de_reference.csv").open(encoding="utf-8"), delimiter=";"
        )
    )
    assert len(rows) >= 60
    assert all(row["producteur"] and row["ou_lu"] and float(row["valeur"]) > 0 for row in rows)
    keys = [(r["indicateur"], r["territoire"], r["periode"], r["modalite"]) for r in rows]
    assert len(set(keys)) == len(keys)


def test_data_of_the_expectations_speak_of_known_indicators() -> None:
    seed = synthetic.ROOT / "seeds/dictionnaire.csv"
    known = {row["indicateur"] for row in csv.DictReader(seed.open(encoding="utf-8"))}
    for name in ("couverture", "sommes", "valeurs_de_reference", "concordances", "modalites_attendues"):
        with (synthetic.ROOT / f"expectations/{name}.csv").open(encoding="utf-8") as handle:
            cited = {row["indicateur"] for row in csv.DictReader(handle, delimiter=";")}
        assert cited <= known, f"{name}.csv cite {sorted(cited - known)}, absents du dictionnaire"


def test_a_source_never_delivered_does_not_refuse_the_rest(candidate: Path) -> None:
    damage(
        candidate,
        "delete from observations where indicateur = 'defaillances_12_mois' or indicateur like 'compte%';"
        "delete from chiffres_cles where indicateur = 'defaillances_12_mois' or indicateur like 'compte%';"
        "update sources set derniere_livraison = null, dernier_resultat = 'ignore' where source like 'bdf%'",
    )
    verdict = judge(candidate, data_docs=False)
    assert verdict.code == 0, refused(verdict)
    assert {"src_livrees", "ind_tous_observes"} <= {c.controle for c in verdict.avertissements}


def test_unit_tests_of_models_are_named_one_by_one(tmp_path: Path) -> None:
    one = {"unique_id": "unit_test.referentiel.int_secret_choix.secret_choix_croisement", "status": "pass"}
    (tmp_path / "run_results.json").write_text(json.dumps({"results": [one]}), encoding="utf-8")
    described = {
        "nodes": {},
        "unit_tests": {one["unique_id"]: {"description": "Deux zonages.", "model": "int_secret_choix"}},
    }
    (tmp_path / "manifest.json").write_text(json.dumps(described), encoding="utf-8")
    (controle,) = dbt_results.read(tmp_path / "run_results.json", tmp_path / "manifest.json").controles
    assert (controle.controle, controle.objet, controle.phrase) == (
        "secret_choix_croisement",
        "int_secret_choix",
        "Deux zonages.",
    )


def test_late_suspended_and_stopped_sources_are_told_apart(candidate: Path) -> None:
    """One source at each moment of its life, under a moved clock: the check, the note's words and the status agree."""
    with duckdb.connect(str(candidate)) as c:
        c.execute("update sources set source = 'insee__taux_chomage', frequence = 'trimestrielle'")
        c.execute("update indicateurs set source = 'insee__taux_chomage', frequence = 'T'")
        c.execute("update sources set derniere_publication = null")
        held = c.execute("select max(date_fin) from observations where valeur is not null").fetchone()[0]
    # its delay is 105 days after the end of the next quarter; the day before, it is on time
    due = (pd.Timestamp(held) + pd.DateOffset(months=3) + pd.Timedelta(days=105)).to_pydatetime()

    def told(rhythm: str, day: datetime) -> tuple[str, str]:
        with duckdb.connect(str(candidate)) as c:
            c.execute("update sources set frequence = ?", [rhythm])
            state = freshness.of_release(c, day)["insee__taux_chomage"].etat
        with frames.candidate(candidate, "28", today=day.date()) as con:
            one = next(s for s in suite.load_all() if s.nom == "sources")
            found = judgement.judge(judgement.context(), one, con, "28", False)
        assert not found.fautes
        check = next(c for c in found.controles if c.controle == "src_calendrier")
        assert check.severite == "avertissement"
        return (check.lignes[0]["situation"] if check.lignes else "à jour", state)

    assert told("trimestrielle", due) == ("à jour", "à jour")
    assert told("trimestrielle", due + timedelta(days=60)) == ("en retard", "en retard")
    assert told("suspendue", due + timedelta(days=60)) == ("suspendue", "suspendue")
    assert told("arretee", due + timedelta(days=60)) == ("arrêtée", "arrêtée")


def test_a_series_that_brings_nothing_says_since_when_and_why() -> None:
    """Suspended and stopped are written in the source's yaml; the reader of the workbook finds the reason beside."""
    with (synthetic.ROOT / "expectations/calendriers.csv").open(encoding="utf-8") as handle:
        known = {row["source"]: row for row in csv.DictReader(handle, delimiter=";")}
    stopped = {
        path.stem
        for path in (synthetic.ROOT / "extract/sources").glob("*.yml")
        if yaml.safe_load(path.read_text(encoding="utf-8"))["frequence"] in freshness.STOPPED
    }
    assert stopped
    assert {name for name, row in known.items() if row["depuis"]} == stopped
    assert all(known[name]["raison"] and known[name]["ou_lu"] for name in stopped)
    assert all(bool(row["delai_jours"]) != bool(row["depuis"]) for row in known.values())


def test_a_hundredth_is_refused_even_of_a_measure_that_once_fell_to_a_seventieth(
    candidate: Path, tmp_path: Path
) -> None:
    """A crisis divides whole sectors, and one of them by seventy; it divides no region by a hundred."""
    name = "compte_synthetique_01"
    damage(
        candidate,
        f"""
        create temp table modele as select * from observations where indicateur = '{name}' limit 1;
        delete from observations where indicateur = '{name}';
        update indicateurs set frequence = 'M' where indicateur = '{name}';
        insert into observations by name
        select m.* replace (
            'REG-' || r as territoire, strftime(d, '%Y-%m') as periode, 'secteur:' || s as modalite,
            'F' as confidentialite, d::date as date_debut, (d + interval 1 month - interval 1 day)::date as date_fin,
            -- every other month a true swing of four, and one cell that fell to a seventieth and rose again
            round(7000 * (1 + s) * case when month(d) % 2 = 1 then 4 else 1 end * case when r = 11 and s = 4 and d = '2020-06-01' then 1 / 70 else 1 end) as valeur)
        from modele m, range(11, 24) t(r), range(5) u(s), generate_series(timestamp '2020-01-01', timestamp '2021-01-01', interval 1 month) v(d)
        """,
    )
    before = Path(shutil.copy(candidate, tmp_path / "avant.duckdb"))
    damage(before, f"delete from observations where indicateur = '{name}' and periode = '2021-01'")

    def judged(change: str) -> set[str]:
        now = Path(shutil.copy(candidate, tmp_path / "nouvelle.duckdb"))
        damage(
            now,
            f"update observations set valeur = {change} where indicateur = '{name}' and periode = '2021-01'",
        )
        with frames.candidate(now, "28", before) as con:
            assert con.execute(
                f"select volatil, ecart_connu > ln(100) from habitudes where indicateur = '{name}'"
            ).fetchall() == [(True, True)]
            one = next(s for s in suite.load_all() if s.nom == "series")
            found = judgement.judge(judgement.context(), one, con, "28", True)
        assert not found.fautes
        return {c.controle for c in found.controles if c.resultat == "echoue"}

    assert judged("valeur") == set()
    assert (
        judged("valeur / case when territoire = 'REG-12' and modalite = 'secteur:4' then 30 else 3 end")
        == set()
    )
    assert judged("valeur / case when territoire = 'REG-12' then 100 else 1 end") == {"ser_territoire_entier"}
    assert "ser_territoire_entier" in judged("valeur / 100")


def test_overseas_a_series_begins_when_its_producer_begins_it(candidate: Path) -> None:
    """What is expected since 1982 in metropolitan France began later overseas: no refusal, but a hole is one there too."""
    one = next(s for s in suite.load_all() if s.nom == "couverture")

    def missing(region: str) -> set[str]:
        with frames.candidate(candidate, region) as con:
            found = judgement.judge(judgement.context(), one, con, region, False)
        assert not found.fautes
        rows = next(c for c in found.controles if c.controle == "obs_couverture").lignes
        return {
            row["periode"]
            for row in rows
            if row["indicateur"] == "taux_chomage_localise" and row["type_territoire"] == "DEP"
        }

    (first,) = (
        duckdb.connect(str(candidate), read_only=True)
        .execute(
            "select min(periode) from observations where indicateur = 'taux_chomage_localise' and territoire = 'DEP-61'"
        )
        .fetchone()
    )
    (held,) = (
        duckdb.connect(str(candidate), read_only=True)
        .execute(
            "select list(distinct periode order by periode) from observations where indicateur = 'taux_chomage_localise' and territoire = 'DEP-61'"
        )
        .fetchone()
    )
    assert first == held[0] and len(held) >= 3
    complete = missing("28")
    lost = "delete from observations where indicateur = 'taux_chomage_localise' and territoire = 'DEP-61' and periode = '{}'"
    damage(candidate, lost.format(first))
    assert missing("28") - complete == {first}
    damage(candidate, "update territoires set code_region = '04' where code_region = '28'")
    assert first not in missing("04")
    damage(candidate, lost.format(held[2]))
    assert held[2] in missing("04")


def test_file_that_does_not_read_is_named(candidate: Path, tmp_path: Path) -> None:
    before = Path(shutil.copy(candidate, tmp_path / "precedente.duckdb"))
    for spoilt, told, other in ((before, "make rollback", candidate), (candidate, "candidate", before)):
        whole = spoilt.read_bytes()
        spoilt.write_bytes(synthetic.flipped(whole))
        with pytest.raises(ExpectationFault) as fault, frames.candidate(candidate, "28", before):
            pass
        said = str(fault.value)
        assert str(spoilt) in said and told in said and str(other) not in said
        spoilt.write_bytes(whole)
