"""A build from the last candidate says exactly what a whole build says, hash for hash; a doubt makes it whole.

The deliveries are SYNTHETIC: the rows of the replica's, a few figures changed."""

import json
import os
import random
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from unittest import mock

import duckdb
import pyarrow.parquet as pq
import pytest

from extract import landing
from extract.archive import Archive
from extract.settings import Settings
from publish import candidate, content, database, memory, partial

# the demonstration is built after this file is read: its build must not lie in the future
NOW = datetime.now(UTC) + timedelta(hours=1)


@pytest.fixture
def settings(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A folder as the demonstration left it; it may be built from, wherever it was copied (the views of the copy
    look at the folder of the demonstration, which holds the same bytes)."""
    for name in [n for n in os.environ if n.startswith("REFERENTIEL_")]:
        monkeypatch.delenv(name)
    for part in ("archive", "landing", "build"):
        shutil.copytree(data / part, tmp_path / "data" / part)
    made = Settings(tmp_path / "data", producteurs="http://127.0.0.1:9")
    file = made.build / partial.FOLDER / partial.STATE
    state = json.loads(file.read_text(encoding="utf-8"))
    original = Settings(data, producteurs=made.producteurs)
    assert state["cle"] == partial._key(original, candidate.PROJECT_ROOT), (
        "the demonstration keeps its candidate"
    )
    file.write_text(json.dumps(state | {"cle": partial._key(made, candidate.PROJECT_ROOT)}), encoding="utf-8")
    return made


def receive(
    settings: Settings,
    source: str,
    column: str,
    where: str,
    partition: str | None = None,
    count: int = 25,
    gone: str = "false",
) -> None:
    """A new delivery of a source: that in force with `count` figures one per cent larger, less the rows `gone`."""
    archive = Archive(settings.archive)
    last = archive.accepted_of(source, partition)[-1]
    name = f"{source}-20991231-{random.Random(source).randrange(16**8):08x}"
    old, new = (landing.delivery_path(settings, source, n) for n in (last["livraison"], name))
    metadata = {
        k.decode(): v.decode() for k, v in pq.read_metadata(old).metadata.items() if k != b"ARROW:schema"
    }
    with duckdb.connect() as c:
        c.execute(
            f"copy (select * replace ('{name}' as _livraison, case when _ligne in (select _ligne from '{old}' where"
            f" {where} and try_cast({column} as double) > 0 order by md5(_ligne::varchar) limit {count}) then"
            f" (round({column}::double * 1.01 + 0.1, 1))::varchar else {column} end as {column}) from '{old}' where"
            f" not coalesce({gone}, false) order by _ligne) to '{new}' (format parquet, kv_metadata {{lecture: '{metadata['lecture']}'}})"
        )
    later = NOW + timedelta(seconds=len(archive.deliveries()))
    dated = {"livraison": name, "recu_le": f"{later:%Y-%m-%dT%H:%M:%SZ}", "publie_le": None}
    archive.append(last | dated)
    landing.write_deliveries(settings, archive)


def planned(settings: Settings, moment: datetime) -> partial.Plan | None:
    return partial.plan(settings, moment, partial.sources(settings), lambda: partial.digests(settings))


def published(built: candidate.Candidate, file: Path, taken: database.Taken | None = None) -> dict[str, str]:
    """Content hashes of the release's file made of a candidate."""
    database.write(built.database, file, built.manifest, taken=taken)
    return {table: digest for table, digest in content.hashes(file).items() if table}


def unlike(one: Path, other: Path, at_least: int, but: tuple[str, ...]) -> list[str]:
    """The tables of which two bases have not the same rows, or only one has any; those whose name begins as
    `but` says are passed over."""
    tables = (
        "select schema_name || '.' || table_name from duckdb_tables() where database_name = ? order by all"
    )
    rows = "select count(*) from (from {}.{} except all from {}.{})"
    with duckdb.connect() as c:
        c.execute(f"attach '{one}' as a (read_only); attach '{other}' as b (read_only)")
        mine, theirs = ({name for (name,) in c.execute(tables, [base]).fetchall()} for base in "ab")
        same = sorted(name for name in mine & theirs if not name.split(".")[1].startswith(but))
        assert len(same) > at_least and "main.observations" in same
        return sorted(mine ^ theirs) + [
            name
            for name in same
            if any(c.execute(rows.format(x, name, y, name)).fetchone() != (0,) for x, y in ("ab", "ba"))
        ]


@pytest.mark.long
def test_partial_builds_say_what_a_whole_one_says(settings: Settings, tmp_path: Path) -> None:
    # households weigh in the figures carried from one geography to another
    receive(settings, "insee__filosofi_communes", "NBMENFISC21", "CODGEO like '14%'", "2021")
    first = candidate.build(settings)
    assert first.code == 0 and first.sources == ("insee__filosofi_communes",), first.tail
    hashes = published(first, tmp_path / "premiere.duckdb")
    untouched = partial.kept_tables(settings, first.rebuilt, first.indicators, first.manifest).tables
    assert {"passages", "territoires", "contours"} <= untouched.keys()
    assert "observations" not in untouched and untouched.items() <= hashes.items()
    assert {"menages_fiscaux", "part_menages_imposes"} <= set(first.indicators)
    assert "population_municipale" not in first.indicators
    made = (first.database, first.run_results, first.manifest)
    partial.keep(settings, *made, first.entiere_le, first.held, hashes)

    # terms of other indicators, and figures that their producer takes back
    short_time = ("dares__activite_partielle", "nombre_heures_demandees", "reg = '28'")
    receive(settings, *short_time, gone="mois = '2020-03'")
    receive(settings, "insee__taux_chomage", "OBS_VALUE", "OBS_VALUE > '5'")
    receive(settings, "insee__emploi_salarie", "OBS_VALUE", "REF_AREA like 'D%'")
    second = candidate.build(settings)
    assert second.code == 0, second.tail
    assert second.sources == ("dares__activite_partielle", "insee__emploi_salarie", "insee__taux_chomage")
    assert {"emploi_salarie", "part_emploi_industriel", "heures_par_salarie_activite_partielle"} <= set(
        second.indicators
    )
    kept = partial.kept_tables(settings, second.rebuilt, second.indicators, second.manifest)
    assert {"observations", "observations_historique", "chiffres_cles", "revisions"} == kept.partly.keys()
    before = tmp_path / "premiere.duckdb"
    tables = frozenset(kept.tables), frozenset(kept.partly)
    taken = database.Taken(before, *tables, kept.indicateurs, kept.travail)
    in_steps = published(second, tmp_path / "partielle.duckdb", taken)
    results = json.loads(second.run_results.read_text(encoding="utf-8"))["results"]
    shutil.copy(second.manifest, tmp_path / "manifest.json")

    shutil.rmtree(settings.build / memory.FOLDER)
    whole = candidate.build(settings)
    assert whole.code == 0 and whole.rebuilt is None, whole.tail
    at_once = published(whole, tmp_path / "entiere.duckdb")
    # the same rows, au()'s working tables too, where they lie among others or not
    files = tmp_path / "partielle.duckdb", tmp_path / "entiere.duckdb"
    assert unlike(*files, at_least=20, but=("livraisons", "sources")) == []
    assert in_steps == at_once
    assert in_steps["observations"] != hashes["observations"] != untouched["passages"]
    # the same checks are told, with the same results
    every = json.loads(whole.run_results.read_text(encoding="utf-8"))["results"]
    assert {(r["unique_id"], r["status"]) for r in results} == {(r["unique_id"], r["status"]) for r in every}


# What the demonstration holds figures of, with a column of them and its partition; but for the populations, which
# two channels must give alike.
EVERY = (
    ("bdf__defaillances", "obs_value", None),
    ("bdf__surendettement_annuel", "depots", None),
    ("dares__activite_partielle", "nombre_salaries_concernes", None),
    ("dares__activite_partielle_departements", "nombre_heures_demandees", None),
    ("dares__demandeurs_emploi", "nombre_de_demandeurs_d_emploi", None),
    ("dares__flux_demandeurs_emploi", "nombre", "entrees"),
    ("dares__interim", "valeur", None),
    ("insee__defaillances", "OBS_VALUE", None),
    ("insee__emploi_salarie", "OBS_VALUE", None),
    ("insee__estimations_population", "valeur", None),
    ("insee__filosofi_communes", "MED21", "2021"),
    ("insee__taux_chomage", "OBS_VALUE", None),
    ("insee__taux_chomage_ze", "valeur", None),
    ("insee__unites_legales_regions", "NB_UL", None),
    ("urssaf__effectifs_salaries", "effectifs_salaries", "zone_emploi"),
)


@pytest.mark.long
def test_every_source_in_turn_then_all_at_once(settings: Settings, tmp_path: Path) -> None:
    """One build after the other, each made from the one before and of one source, says in every table what one
    whole build says of all."""
    for source, column, partition in EVERY:
        receive(settings, source, column, "true", partition, count=40)
        built = candidate.build(settings)
        assert built.code == 0 and built.sources == (source,), (source, built.sources, built.tail)
        partial.keep(
            settings, built.database, built.run_results, built.manifest, built.entiere_le, built.held, {}
        )
    last = shutil.copy(settings.build / partial.FOLDER / partial.DATABASE, tmp_path / "en_plusieurs.duckdb")
    shutil.rmtree(settings.build / memory.FOLDER)
    whole = candidate.build(settings)
    assert whole.code == 0 and whole.rebuilt is None, whole.tail
    # which deliveries were read: a build without memory reads the old ones too
    deliveries = ("int_mesures__", "int_observations_recues", "int_versions_livraisons")
    assert unlike(last, whole.database, at_least=60, but=deliveries) == []


def test_a_doubt_makes_a_whole_build(settings: Settings) -> None:
    folder = settings.build / partial.FOLDER
    plan = planned(settings, NOW)
    assert plan is not None and plan.sources == ()

    assert planned(settings, NOW + partial.WHOLE_EVERY) is None, "a week"
    assert planned(settings, NOW - partial.WHOLE_EVERY) is None, "a clock that went back"
    with mock.patch.object(partial, "code_hash", return_value="autre"):
        assert planned(settings, NOW) is None, "another code"
    assert planned(Settings(settings.data, "53", settings.producteurs), NOW) is None, "another region"
    (settings.build / memory.FOLDER / memory.KEY).rename(folder / "ailleurs")
    assert planned(settings, NOW) is None, "no memory of the old deliveries"
    (folder / "ailleurs").rename(settings.build / memory.FOLDER / memory.KEY)

    file = folder / partial.DATABASE
    with file.open("r+b") as handle:
        handle.seek(file.stat().st_size // 2)
        byte = handle.read(1)
        handle.seek(-1, 1)
        handle.write(bytes([byte[0] ^ 1]))
    assert planned(settings, NOW) is None, "a flipped bit"
    with file.open("r+b") as handle:
        handle.seek(file.stat().st_size // 2)
        handle.write(byte)
    assert planned(settings, NOW) == plan

    receive(settings, "dares__interim", "valeur", "true")
    changed = planned(settings, NOW)
    assert changed is not None and changed.sources == ("dares__interim",)
    # populations decide which communes count in the passages between geographies
    old = next((settings.landing / "insee__populations_communes").glob("*-2023-*.parquet"))
    old.unlink()
    assert planned(settings, NOW) is None, "a geography"
    (folder / partial.STATE).write_text("{", encoding="utf-8")
    assert planned(settings, NOW) is None, "a state cut by a kill"


def test_what_comes_during_a_build_is_built_next(settings: Settings, tmp_path: Path) -> None:
    held = partial.sources(settings)
    receive(settings, "dares__interim", "valeur", "true")
    made = shutil.copytree(settings.build / partial.FOLDER, tmp_path / "construite")
    whole = json.loads((made / partial.STATE).read_text(encoding="utf-8"))["entiere_le"]
    files = (made / partial.DATABASE, made / partial.RESULTS, made / partial.MANIFEST)
    partial.keep(settings, *files, whole, held, {})
    plan = planned(settings, NOW)
    assert plan is not None and plan.sources == ("dares__interim",)


def test_a_delivery_that_comes_while_dbt_runs_is_not_noted_as_built(settings: Settings) -> None:
    folder, made = settings.build / memory.FOLDER, settings.build / partial.FOLDER / partial.DATABASE

    def noted() -> set[str]:
        return set(json.loads((folder / memory.KEY).read_text(encoding="utf-8"))["livraisons"])

    before, held = noted(), memory.deliveries(settings)
    assert before
    receive(settings, "dares__interim", "valeur", "true")
    memory.keep(settings, made, held)
    assert noted() == before, "nobody knows what the models saw of it: the next build reads it"
    came = {one.livraison for one in memory.deliveries(settings)} - {one.livraison for one in held}
    every = memory.deliveries(settings)
    memory.prepare(settings, every, memory.key(settings, every))
    with duckdb.connect() as c:
        trusted = c.execute(f"select livraison from '{folder / memory.DELIVERIES}'").fetchall()
    assert len(came) == 1 and {name for (name,) in trusted} == before
    memory.keep(settings, made, memory.deliveries(settings))
    assert noted() == before | came


def test_the_memory_of_a_source_without_news_is_taken_over(settings: Settings) -> None:
    folder, made = settings.build / memory.FOLDER, settings.build / partial.FOLDER / partial.DATABASE
    files = {path.name: path.stat().st_ino for path in (folder / memory.VERSIONS).iterdir()}
    assert len(files) > 10
    receive(settings, "dares__interim", "valeur", "true")
    memory.keep(settings, made, memory.deliveries(settings))
    after = {path.name: path.stat().st_ino for path in (folder / memory.VERSIONS).iterdir()}
    assert {name for name in files if files[name] != after[name]} == {"dares__interim.parquet"}


def test_who_reads_the_journal_of_attempts_is_built_again(settings: Settings) -> None:
    manifest = json.loads((settings.build / partial.FOLDER / partial.MANIFEST).read_text(encoding="utf-8"))
    readers = partial.journal_readers(manifest)
    assert {"int_livraisons", "int_sources", "int_versions_livraisons", "int_observations_recues"} <= set(
        readers
    )
    assert "int_territoires" not in readers and "stg_insee__sirene_etablissements" not in readers


def test_which_indicators_a_source_touches(settings: Settings) -> None:
    folder = settings.build / partial.FOLDER
    manifest = json.loads((folder / partial.MANIFEST).read_text(encoding="utf-8"))

    last = duckdb.connect(str(folder / partial.DATABASE), read_only=True)

    def touched(source: str) -> set[str]:
        reached = partial.measures(manifest, {source})
        return set(partial.touched(last, {source}, reached)) if reached else set()

    fed = {"demandes_activite_partielle", "salaries_activite_partielle", "heures_activite_partielle"}
    assert touched("dares__activite_partielle") == fed | {"heures_par_salarie_activite_partielle"}
    assert "part_menages_imposes" in touched("insee__filosofi_communes"), "judged by its households"
    needed = partial.needed(last, ("salaire_net_moyen_eqtp",))
    assert "salaries_residents" in needed and "salaire_net_moyen_eqtp" in needed, "read with its weight"
    assert partial.needed(last, ()) == ()
    measures = partial.feeding(last, needed)
    assert {"salaire_net", "salaries"} <= set(measures) and "taux" not in measures
    for geography in ("insee__cog_communes", "insee__populations_communes", "dgcl__epci", "ign__contours"):
        assert touched(geography) == set(), "it reaches every figure"
    last.close()
    # a test that reads KEYED and another figure would be left out with it
    for name in partial.KEYED:
        for child in manifest["child_map"][f"model.referentiel.{name}"]:
            parents = {key.split(".")[-1] for key in manifest["parent_map"][child]}
            assert not child.startswith("test.") or parents - {"passages"} <= set(partial.KEYED), child
    # a measure of which rows name a source that was not expected
    plan = partial.Plan(("dares__interim",), (), "", (), ("rien",), ("int_mesures__interim",))
    assert not partial.still_sure(plan, folder / partial.DATABASE)


def test_every_seed_that_ties_two_indicators_is_followed(settings: Settings) -> None:
    """What a model joins from one indicator to another is written in a seed: no tie may be forgotten."""
    with duckdb.connect(str(settings.build / partial.FOLDER / partial.DATABASE), read_only=True) as c:
        links = set(c.execute(partial.LINKS).fetchall())
        known = {name for (name,) in c.execute("select indicateur from seeds.dictionnaire").fetchall()}
        ties = set()
        for (table,) in c.execute(
            "select table_name from duckdb_columns() where schema_name = 'seeds' and column_name = 'indicateur'"
        ).fetchall():
            rows = c.execute(f"from seeds.{table}")
            names = [column[0] for column in rows.description]
            for row in rows.fetchall():
                one = dict(zip(names, row, strict=True))
                mine = one.pop("indicateur")
                one.pop("unite", None)  # "logements" is a unit too
                ties |= {(cell, mine) for cell in one.values() if cell in known and cell != mine}
    assert len(ties) > 100 and ties <= links
