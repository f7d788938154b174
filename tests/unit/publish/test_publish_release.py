"""The release folder: complete, commented, ordered, atomic; the pointer; going back; refusing."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from expectations.model import Controle, Verdict
from extract.settings import PROJECT_ROOT
from publish import content, database, manifest, release, releases, rollback
from publish.errors import PublishFault
from publish.exports.dictionary import facts
from publish.inputs import Inputs
from publish.partial import Kept
from publish.releases import Release
from tests.unit.publish.conftest import MOMENT, QUIET, World


@pytest.mark.exports
def test_release_holds_everything_promised(world: World) -> None:
    made = world.publish()
    assert made.nom == "2026-11-23-083000-aaaaaaaa"
    names = {p.relative_to(made.folder).as_posix() for p in made.folder.rglob("*") if p.is_file()}
    assert {
        "referentiel.duckdb",
        "dictionnaire.csv",
        "NOTE.md",
        "manifeste.json",
        "manifeste.sha256",
        "qualite/index.html",
        "exports/chiffres_cles.xlsx",
        "exports/chiffres_cles.csv",
        "exports/chiffres_cles.parquet",
        "parquet/observations.parquet",
        "parquet/controles.parquet",
    } <= names
    assert not list(world.settings.published.glob(".*"))
    assert manifest.verify(made.folder) == []
    assert made.manifest["region"] == "28" and made.manifest["origine"] == "producteurs"


def test_every_table_and_column_is_commented_and_only_marts_leave(world: World) -> None:
    made = world.publish()
    with duckdb.connect(str(made.database), read_only=True) as c:
        assert c.execute(
            "select count(*) from duckdb_columns() where comment is null and not internal"
        ).fetchone() == (0,)
        assert c.execute("select count(*) from duckdb_tables() where comment is null").fetchone() == (0,)
        assert c.execute("select distinct schema_name from duckdb_tables()").fetchall() == [("main",)]
        kept = c.execute(
            "select is_nullable from duckdb_columns() where table_name='observations' and"
            " column_name='periode'"
        )
        assert kept.fetchone() == (False,)
        assert c.execute("select resultat from controles").fetchall() == [("reussi",)]
        keys = "indicateur, territoire, periode, modalite"
        assert (
            c.execute(f"select {keys} from observations").fetchall()
            == c.execute(f"select {keys} from observations order by all").fetchall()
        )


def test_older_duckdb_can_read_the_file(world: World) -> None:
    made = world.publish()
    with duckdb.connect() as c:
        c.execute(f"attach '{made.database}' as r (read_only)")
        tags = c.execute("select tags from duckdb_databases() where database_name = 'r'").fetchone()
    assert tags is not None and "v1.0.0" in str(tags[0])


def test_a_column_without_description_is_our_fault(world: World) -> None:
    raw = json.loads(world.manifest.read_text(encoding="utf-8"))
    raw["nodes"]["model.referentiel.observations"]["columns"]["valeur"]["description"] = ""
    world.manifest.write_text(json.dumps(raw), encoding="utf-8")
    with pytest.raises(PublishFault, match=r"observations\.valeur"):
        world.publish()
    assert releases.current(world.settings.published) is None


def test_macros_are_created_in_the_release(world: World, tmp_path: Path) -> None:
    macros = tmp_path / "macros"
    macros.mkdir()
    (macros / "serie.sql").write_text(
        "create macro essai_serie(i, t) as table select periode, valeur from observations"
        " where indicateur = i and territoire = t;",
        encoding="utf-8",
    )
    target = tmp_path / "avec.duckdb"
    database.write(world.candidate, target, world.manifest, macros)
    with duckdb.connect(str(target), read_only=True) as c:
        assert c.execute("from essai_serie('population_municipale', 'REG-28')").fetchall() == [
            ("2023", 3345842.0)
        ]
    (macros / "fausse.sql").write_text(
        "create macro fausse() as table select * from absente", encoding="utf-8"
    )
    with pytest.raises(PublishFault, match=r"fausse\.sql"):
        database.write(world.candidate, tmp_path / "sans.duckdb", world.manifest, macros)


def test_checks_that_cannot_be_written_are_our_fault(world: World, tmp_path: Path) -> None:
    target = tmp_path / "release.duckdb"
    database.write(world.candidate, target, world.manifest)
    assert database.add_controles(target, []) == 0
    check = Controle("obs_x", "publication", "bloquant", "reussi", "observations", "Une phrase.", "")
    with duckdb.connect(str(tmp_path / "autre.duckdb")) as c:
        c.execute("create table autre (x int)")
    with pytest.raises(PublishFault, match="ne s'écrit pas"):
        database.add_controles(tmp_path / "autre.duckdb", [check])
    with duckdb.connect(str(target), read_only=True) as c:
        assert c.execute("select comment from duckdb_tables() where table_name = 'controles'").fetchone() == (
            database.CONTROLES[""],
        )


def test_same_candidate_gives_the_same_figures_and_the_same_parquet(world: World) -> None:
    first, second = world.publish("a" * 64), world.publish("b" * 64)
    for path in (first.folder / "parquet").iterdir():
        assert path.read_bytes() == (second.folder / "parquet" / path.name).read_bytes(), path.name


def test_pointer_moves_in_one_step_and_a_reader_keeps_its_file(world: World) -> None:
    first = world.publish("a" * 64)
    link = world.settings.published / "current"
    assert link.is_symlink() and str(link.readlink()) == first.nom
    with duckdb.connect(str(link / "referentiel.duckdb"), read_only=True) as reader:
        second = world.publish("b" * 64)
        assert str(link.readlink()) == second.nom
        assert reader.execute("select count(*) from observations").fetchone() is not None
    assert json.loads((world.settings.published / "courante.json").read_text())["release"] == second.nom


def test_failure_while_writing_leaves_current_alone_and_the_next_run_cleans(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = world.publish("a" * 64)
    monkeypatch.setattr(release.note, "write", lambda *a, **k: (_ for _ in ()).throw(OSError("disque plein")))
    with pytest.raises(OSError, match="disque plein"):
        world.publish("b" * 64)
    current = releases.current(world.settings.published)
    assert current is not None and current.nom == first.nom
    assert [r.nom for r in releases.every(world.settings.published)] == [first.nom]
    (world.settings.published / "courante.json").write_text('{"release": "autre"}', encoding="utf-8")
    releases.repair(world.settings.published, MOMENT)
    assert not list(world.settings.published.glob(".en-cours-*"))
    assert releases.pointer(world.settings.published)["release"] == first.nom


def test_dictionary_tells_what_is_held(world: World) -> None:
    with (world.publish().folder / "dictionnaire.csv").open(encoding="utf-8-sig") as handle:
        rows = {row["indicateur"]: row for row in csv.DictReader(handle, delimiter=";")}
    assert rows["taux_chomage_localise"]["derniere_periode"] == "2023-T3"
    assert len(rows) == 30


def test_rollback_checks_the_bytes_and_remembers_what_was_left(world: World) -> None:
    first, second = world.publish("a" * 64), world.publish("b" * 64)
    published = world.settings.published
    with pytest.raises(PublishFault, match="Connues"):
        rollback.back_to(published, "1999", QUIET)
    assert rollback.back_to(published, first.nom, QUIET) == 0
    current = releases.current(published)
    assert current is not None and current.nom == first.nom
    assert releases.pointer(published)["ecartees"] == [second.nom]
    (second.folder / "dictionnaire.csv").write_text("abîmé", encoding="utf-8")
    with pytest.raises(PublishFault, match=r"dictionnaire\.csv a changé"):
        rollback.back_to(published, second.nom, QUIET)
    assert rollback.listing(published, QUIET) == 0


def test_manifest_has_its_digest_beside_it(world: World) -> None:
    made = world.publish()
    told = subprocess.run(["sha256sum", "-c", manifest.SEAL], cwd=made.folder, capture_output=True, text=True)
    assert told.returncode == 0, told.stdout + told.stderr
    path = made.folder / "manifeste.json"
    for changed in ({"region": "11"}, {"origine": "autre"}, {"lignes": {}}):
        path.write_text(json.dumps(made.manifest | changed), encoding="utf-8")
        (problem,) = manifest.verify(made.folder)
        assert problem.startswith("manifeste.json a changé")
        with pytest.raises(PublishFault, match=r"manifeste\.json a changé"):
            rollback.back_to(world.settings.published, made.nom, QUIET)
    (made.folder / manifest.SEAL).unlink()
    assert manifest.verify(made.folder) == ["manifeste.sha256 manque"]


def test_file_that_the_manifest_does_not_know_is_told(world: World) -> None:
    made = world.publish()
    spilled = made.folder / "referentiel.duckdb.tmp"  # DuckDB's, while a reader's query has not enough memory
    spilled.mkdir()
    (spilled / "duckdb_temp_storage_DEFAULT-0.tmp").write_bytes(b"x")
    assert manifest.verify(made.folder) == []
    (made.folder / "exports").mkdir(exist_ok=True)
    (made.folder / "exports" / "manifeste.json").write_text("{}", encoding="utf-8")
    (made.folder / "lien.csv").symlink_to("/nulle/part")
    assert manifest.verify(made.folder) == [
        "exports/manifeste.json n'est pas dans le manifeste (ajouté depuis la publication : à retirer)",
        "lien.csv n'est pas dans le manifeste (ajouté depuis la publication : à retirer)",
    ]


@pytest.mark.parametrize("content", ["[]", "{}", '{"fichiers": []}', '{"fichiers": {"a": {}}}'])
def test_manifest_that_is_none_is_our_fault_in_words(world: World, content: str) -> None:
    made = world.publish()
    (made.folder / "manifeste.json").write_text(content, encoding="utf-8")
    (made.folder / manifest.SEAL).unlink()
    with pytest.raises(PublishFault, match="illisible"):
        manifest.verify(made.folder)
    releases.repair(world.settings.published, MOMENT)  # neither whole nor in the way of a run
    assert releases.current(world.settings.published) is None


def test_rollback_remembers_what_was_set_aside_before(world: World) -> None:
    published = world.settings.published
    first, second = world.publish("a" * 64), world.publish("b" * 64)
    rollback.back_to(published, first.nom, QUIET)
    third, fourth = world.publish("c" * 64), world.publish("d" * 64)
    rollback.back_to(published, third.nom, QUIET)
    assert releases.discarded(published) == [second.nom, fourth.nom]
    rollback.back_to(published, second.nom, QUIET)  # taken up again, it is set aside no more
    assert releases.discarded(published) == [third.nom, fourth.nom]


# Killed before its rename number argv[3]: nothing else of a rollback is seen by anybody.
KILLED_ROLLBACK = """
import os, signal, sys
from pathlib import Path
from rich.console import Console
from publish import rollback
real, renames = Path.replace, []
def replace(self, target):
    renames.append(target)
    if len(renames) == int(sys.argv[3]):
        os.kill(os.getpid(), signal.SIGKILL)
    return real(self, target)
Path.replace = replace
rollback.back_to(Path(sys.argv[1]), sys.argv[2], Console(quiet=True))
"""


@pytest.mark.parametrize("rename", [1, 2, 3, 4, 5])
def test_rollback_killed_anywhere_is_done_or_not_done(world: World, rename: int) -> None:
    published = world.settings.published
    first, second, third = (world.publish(letter * 64) for letter in "abc")
    command = [sys.executable, "-c", KILLED_ROLLBACK, str(published), first.nom, str(rename)]
    code = subprocess.run(command, cwd=PROJECT_ROOT, check=False).returncode
    assert code == (0 if rename == 5 else -9)
    releases.repair(published, MOMENT)
    current = releases.current(published)
    done, not_done = (first.nom, [second.nom, third.nom]), (third.nom, [])
    assert current is not None
    assert (current.nom, releases.discarded(published)) == (not_done if rename == 1 else done)
    assert releases.pointer(published)["release"] == current.nom


def test_refused_candidate_is_kept_with_its_report(world: World) -> None:
    first = world.publish()
    verdict = Verdict(
        [Controle("obs_x", "publication", "bloquant", "echoue", "observations", "Une phrase.", "DEP-61")]
    )
    for minute in range(7):
        moment = datetime(2026, 11, 24, 8, minute, tzinfo=UTC)
        kept = release.refuse(
            world.settings, world.candidate, world.quality, verdict, Inputs("f" * 64, "", ""), moment
        )
    assert "DEP-61" in (kept / "RAPPORT.md").read_text(encoding="utf-8")
    assert (kept / "candidat.duckdb").is_file() and (kept / "controles.csv").is_file()
    assert len(list(kept.parent.iterdir())) == release.KEPT_REFUSALS
    current = releases.current(world.settings.published)
    assert current is not None and current.nom == first.nom
    assert [r.nom for r in releases.every(world.settings.published)] == [first.nom]


def test_difference_is_a_table_and_never_recalls_a_secret(world: World) -> None:
    world.publish("a" * 64)
    with duckdb.connect(str(world.candidate)) as c:
        c.execute(
            "update observations set valeur = 7.4 where indicateur = 'taux_chomage_localise' and territoire ="
            " 'REG-28' and periode = '2023-T3'"
        )
        c.execute(
            "update observations set valeur = null, confidentialite = 'D' where indicateur ="
            " 'compte_synthetique_01' and territoire = 'DEP-14' and periode = '2023'"
        )
        c.execute(
            "delete from observations where indicateur = 'compte_synthetique_01' and territoire = 'REG-28' and"
            " periode = '2023'"
        )
    with duckdb.connect(str(world.publish("b" * 64).database), read_only=True) as c:
        rows = c.execute(
            "select indicateur, territoire, nature, valeur_avant, valeur_apres from changements order by all"
        ).fetchall()
    assert rows == [
        ("compte_synthetique_01", "DEP-14", "revise", None, None),
        ("compte_synthetique_01", "REG-28", "retire", None, None),
        ("taux_chomage_localise", "REG-28", "revise", 6.9, 7.4),
    ]


def test_content_hash_forgets_times_and_sees_a_digit(world: World) -> None:
    first = world.publish("a" * 64).manifest
    with duckdb.connect(str(world.candidate)) as c:
        c.execute("update livraisons set recu_le = recu_le + interval 3 hour")
        c.execute("update sources set derniere_livraison = timestamp '2030-01-01'")
    second = world.publish("b" * 64).manifest
    assert second["empreinte_contenu"] == first["empreinte_contenu"]
    with duckdb.connect(str(world.candidate)) as c:
        c.execute(
            "update observations set valeur = valeur + 0.1 where indicateur = 'taux_chomage_localise' and"
            " territoire = 'REG-28' and periode = '2023-T3'"
        )
    third = world.publish("c" * 64).manifest
    changed = [t for t, h in third["empreintes_tables"].items() if first["empreintes_tables"][t] != h]
    assert changed == ["observations"]
    assert third["empreinte_contenu"] != first["empreinte_contenu"]


def test_one_page_per_indicator_says_what_producers_say(world: World) -> None:
    folder = world.publish().folder / "dictionnaire"
    with duckdb.connect(str(world.candidate), read_only=True) as c:
        count = c.execute("select count(*) from indicateurs").fetchone()[0]
    assert len(list(folder.glob("*.md"))) == count + 1
    page = (folder / "emploi_salarie.md").read_text(encoding="utf-8")
    for title in ("Définition", "Champ", "Géographie", "Ruptures", "Révisions", "Source"):
        assert f"## {title}\n" in page
    assert "T1 2020 : Nouveau champ (Insee)." in page
    assert "12 chiffres révisés sur 40 suivis (8 hausses, 4 baisses), de 153,2 emplois en moyenne" in page
    assert "Licence : Licence Ouverte 2.0" in page
    assert "Prochaine publication attendue : " in page


def test_tables_that_did_not_change_are_taken_from_the_release_before(world: World) -> None:
    def again(kept: Kept) -> Release:
        verdict, moment = (
            Verdict([]),
            MOMENT + timedelta(hours=1 + len(list(world.settings.published.iterdir()))),
        )
        inputs = Inputs(f"{moment:%H%M}" * 16, "l" * 64, "c" * 64)
        return world.make(verdict, inputs, moment, kept)

    first = world.publish()
    known = {name: first.manifest["empreintes_tables"][name] for name in ("territoires", "appartenances")}
    with duckdb.connect(str(world.candidate)) as c:  # only a table that is not read again can hide this
        c.execute("update territoires set libelle = 'autre'; update chiffres_cles set valeur = valeur + 1")
    second = again(Kept(known))
    assert manifest.verify(second.folder) == []
    hashes, before = second.manifest["empreintes_tables"], first.manifest["empreintes_tables"]
    assert {name for name in hashes if hashes[name] != before[name]} == {"chiffres_cles"}
    for name in known:
        query = f"select * from {name}"
        with duckdb.connect(str(second.database), read_only=True) as c:
            rows = c.execute(query).fetchall()
            assert rows == c.execute(f"from '{second.folder}/parquet/{name}.parquet'").fetchall()
            assert c.execute("select comment from duckdb_tables() where table_name = ?", [name]).fetchone()
        with duckdb.connect(str(first.database), read_only=True) as c:
            assert c.execute(query).fetchall() == rows

    code = second.manifest["empreintes"]["code"]
    assert release.unchanged(None, known, code) == {}
    assert release.unchanged(second, known, "autre") == {}, "another code may describe them in other words"
    assert release.unchanged(second, known | {"territoires": "autre"}, code).keys() == {"appartenances"}
    file = second.folder / "parquet/territoires.parquet"
    file.write_bytes(file.read_bytes()[:-1] + b"x")
    assert release.unchanged(second, known, code) == {}, "a flipped bit"


def test_only_the_rows_of_renewed_indicators_are_taken_from_the_candidate(world: World) -> None:
    first = world.publish()
    partly = {"observations": first.manifest["empreintes_tables"]["observations"]}
    renewed = ("emploi_salarie", "taux_pauvrete")
    with duckdb.connect(
        str(world.candidate)
    ) as c:  # what is not renewed is not read again: this cannot be seen
        c.execute("update observations set valeur = valeur + 1 where indicateur <> 'niveau_vie_median'")
    target = world.settings.build / "deuxieme.duckdb"
    taken = database.Taken(first.database, frozenset(), frozenset(partly), renewed)
    database.write(world.candidate, target, world.manifest, taken=taken)
    with duckdb.connect(str(target), read_only=True) as c:
        c.execute(f"attach '{first.database}' as avant (read_only)")
        moved = c.execute(
            "select distinct indicateur from (from observations except all from avant.observations) order by 1"
        ).fetchall()
        counts = c.execute(
            "select (select count(*) from observations), (select count(*) from avant.observations)"
        ).fetchone()
        tags = c.execute("select tags from duckdb_databases() where database_name = 'deuxieme'").fetchone()
    assert tags is not None and "v1.0.0" in str(tags[0]), "old clients open a copy too"
    told = {table["nom"]: table["lignes"] for table in facts.read(target, "28", "essai", MOMENT).tables}
    assert moved == [(name,) for name in renewed], "nothing else moved"
    assert counts is not None and told["observations"] == counts[0], "rows that were removed count no more"
    assert counts[0] == counts[1]

    with duckdb.connect(str(world.candidate)) as c:
        c.execute("delete from observations where indicateur = 'niveau_vie_median'")
    target.unlink()
    with pytest.raises(PublishFault, match="compte"):
        database.write(world.candidate, target, world.manifest, taken=taken)


def test_what_another_connection_attaches_is_not_hashed(world: World) -> None:
    first = world.publish()
    alone = content.hashes(first.database)
    with duckdb.connect(str(first.database), read_only=True) as c:  # seen by every connection of this process
        c.execute(f"attach '{world.candidate}' as autre (read_only)")
        assert content.hashes(first.database) == alone


@pytest.mark.parametrize(
    ("spoilt", "whole"),
    [(None, False), ("", True), ("[]", True), ('{"observations": [1, 2]}', True), ("autres", True)],
)
def test_hash_from_the_renewed_rows_is_that_of_the_whole_table(
    world: World, monkeypatch: pytest.MonkeyPatch, spoilt: str | None, whole: bool
) -> None:
    first = world.publish()
    kept = content.all_sums(first.database)
    sums = world.settings.build / content.SUMS
    if spoilt == "autres":  # those of another release
        kept = {name: content.Sums(one.rows + 1, 2, 3, 4) for name, one in kept.items()}
    content.remember(sums, kept)
    if spoilt is not None and spoilt != "autres":
        sums.write_text(spoilt, encoding="utf-8")
    with duckdb.connect(str(world.candidate)) as c:
        c.execute("update observations set valeur = valeur + 1 where indicateur = 'emploi_salarie'")
        c.execute("update chiffres_cles set valeur = valeur + 1 where indicateur = 'emploi_salarie'")
    before = first.manifest["empreintes_tables"]
    partly = {name: before[name] for name in ("observations", "observations_historique", "chiffres_cles")}
    read: list[tuple[str, tuple[str, ...]]] = []
    counted = content.sums

    def spied(c: duckdb.DuckDBPyConnection, table: str, indicators: tuple[str, ...] = ()) -> content.Sums:
        read.append((table, indicators))
        return counted(c, table, indicators)

    monkeypatch.setattr(content, "sums", spied)
    draft = release.draft(
        world.settings,
        world.candidate,
        world.manifest,
        Inputs("b" * 64, "l" * 64, "c" * 64),
        MOMENT + timedelta(hours=1),
        Kept({}, partly, ("emploi_salarie",)),
    )
    assert (("observations", ()) in read) == (("chiffres_cles", ()) in read) == whole
    monkeypatch.undo()
    assert draft.hashes == content.hashes(draft.database)
    moved = {name for name in before if draft.hashes.get(name) != before[name]}
    assert moved == {"observations", "chiffres_cles"}
