"""Vintages of short-time work deposited by command: the history, the days, the releases, the proof, on the
whole house.

The vintages are SYNTHETIC: the rows that the replica serves, cut at the month that each could know, with
figures changed, withdrawn and added where the test says."""

import csv
import io
import json
import os
import random
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest
from conduite import RACINE, publier

from expectations import dbt_results
from extract.settings import Settings
from publish import content, witness
from publish.candidate import Candidate, environment
from publish.verify.arithmetic import Arithmetic
from publish.verify.release import Release
from tests.run_dbt import run_dbt

SOURCE = "dares__activite_partielle"
# published on, last month known, figures changed (of the hours column), rows withdrawn
VINTAGES = [
    ("2020-12-08", "2020-11", 0, 0),
    ("2021-01-19", "2020-12", 40, 3),
    ("2021-02-23", "2021-01", 25, 0),
]
ALWAYS = "date '2020-01-01'"


def vintages(data: Path) -> dict[str, bytes]:
    """Date of publication → csv, in the producer's columns."""
    (landed,) = (data / "landing" / SOURCE).glob(f"{SOURCE}-*.parquet")
    with duckdb.connect() as c:
        rows = c.execute(
            f"select * exclude (_livraison, _partition, _ligne) from '{landed}' order by _ligne"
        ).fetchall()
        names = [column[0] for column in c.description]
    month, hours, region, update = (
        names.index(n) for n in ("mois", "nombre_heures_demandees", "reg", "date_maj")
    )
    draw, found, changed = random.Random(5), {}, {}
    own = [n for n, row in enumerate(rows) if row[region] not in ("99", None) and row[month] <= "2020-11"]
    for published, last, revised, withdrawn in VINTAGES:
        for n in draw.sample(own, revised):
            changed[n] = f"{float(changed.get(n, rows[n][hours])) + 10:.2f}"
        gone = set(draw.sample(own, withdrawn))
        text = io.StringIO()
        writer = csv.writer(text)
        writer.writerow(names)
        for n, row in enumerate(rows):
            if row[month] <= last and n not in gone:
                values = list(row)
                values[hours], values[update] = changed.get(n, row[hours]), published
                writer.writerow(values)
        found[published] = text.getvalue().encode("utf-8")
    return found


def deposit(data: Path, published: str, content: bytes, folder: Path) -> None:
    """By the command that anyone has."""
    file = folder / f"activite-partielle-{published}.csv"
    file.write_bytes(content)
    env = {k: v for k, v in os.environ.items() if not k.startswith(("REFERENTIEL_", "WEBSTAT_"))}
    done = subprocess.run(
        [sys.executable, "-m", "extract", "deposit", SOURCE, str(file), "--published-on", published],
        cwd=RACINE, env=env | {"REFERENTIEL_DATA": str(data)}, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


def build(data: Path, folder: Path) -> Path:
    """A candidate and the release's file made of it, as `publish` makes them; the tests of dbt are other
    tests'."""
    code = (
        "import sys; from pathlib import Path; from extract.settings import Settings;"
        "from publish import candidate, database, memory;"
        "s = Settings.from_env();"
        "c = candidate.build(s, skip_tests=True); assert c.code == 0, c.tail;"
        "database.write(c.database, Path(sys.argv[1]), c.manifest)"
    )
    folder.mkdir()
    env = {k: v for k, v in os.environ.items() if not k.startswith(("REFERENTIEL_", "WEBSTAT_"))}
    done = subprocess.run(
        [sys.executable, "-c", code, str(folder / "release.duckdb")],
        cwd=RACINE, env=env | {"REFERENTIEL_DATA": str(data)}, capture_output=True, text=True, timeout=400,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-3000:]
    return folder / "release.duckdb"


def world(data: Path, folder: Path) -> Path:
    """The demo's archive without its own short-time work, in a world where all the rest was known since
    long."""
    shutil.copytree(data / "archive", folder / "archive")
    shutil.copytree(data / "landing", folder / "landing")
    journal = folder / "archive/journal.jsonl"
    lines = []
    for line in journal.read_text(encoding="utf-8").splitlines():
        record = json.loads(line)
        if record.get("source") == SOURCE:
            continue
        if record["type"] == "livraison":
            record |= {"recu_le": "2020-01-01T00:00:00Z", "publie_le": "2020-01-01T00:00:00Z"}
        lines.append(json.dumps(record, ensure_ascii=False))
    journal.write_text("\n".join(lines) + "\n", encoding="utf-8")
    for file in (folder / "landing" / SOURCE).glob(f"{SOURCE}-*.parquet"):
        file.unlink()
    return folder


def empty(data: Path, published: str) -> None:
    """Takes its rows away from a landed delivery, under the same reading: a build that read it again would find
    every figure withdrawn."""
    (landed,) = (data / "landing" / SOURCE).glob(f"{SOURCE}-{published.replace('-', '')}-*.parquet")
    table = pq.read_table(landed)
    assert table.num_rows > 0
    pq.write_table(table.slice(0, 0), landed)
    assert pq.read_metadata(landed).num_rows == 0


SAME = "select count(*) from (({a}) except all ({b}))"


@dataclass(frozen=True)
class Worlds:
    """The vintages by date of publication; the releases made of the first alone, then of the two others on
    top of it, and of the three from nothing; the last candidate."""

    contents: dict[str, bytes]
    early: Path
    last: Path
    scratch: Path
    candidate: Path


@pytest.fixture(scope="module")
def worlds(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Worlds:
    """Every order of three is tried on the models alone (tests/historique); here two, on the whole house."""
    folder = tmp_path_factory.mktemp("mondes")
    contents = vintages(data)
    first, second, third = contents
    one, other = world(data, folder / "un"), world(data, folder / "autre")
    deposit(one, first, contents[first], folder)
    early = build(one, folder / "r1")
    for published in (third, second):  # the older one late
        deposit(one, published, contents[published], folder)
    empty(one, first)  # what earlier builds know of it is enough
    last = build(one, folder / "r2")
    for published in (third, first, second):
        deposit(other, published, contents[published], folder)
    scratch = build(other, folder / "r3")
    return Worlds(contents, early, last, scratch, other / "build/candidat.duckdb")


@pytest.mark.long
def test_history_of_three_deposits(worlds: Worlds) -> None:
    contents = worlds.contents
    first, second, third = contents
    with duckdb.connect() as c:
        for name, file in (("debut", worlds.early), ("fin", worlds.last), ("neuf", worlds.scratch)):
            c.execute(f"attach '{file}' as {name} (read_only)")
        # two orders of deliveries, incrementally or from nothing: equal row for row
        for table in ("observations", "observations_historique", "revisions", "chiffres_cles", "territoires"):
            for a, b in (("fin", "neuf"), ("neuf", "fin")):
                query = SAME.format(a=f"from {a}.main.{table}", b=f"from {b}.main.{table}")
                assert c.execute(query).fetchone() == (0,), table
        assert content.hashes(worlds.last) == content.hashes(worlds.scratch)

        # the right count of revised figures: 40 at the second publication, 25 at the third, hours only;
        # those that the third withdraws from nobody; and 3 rows × 3 measures withdrawn then given again
        c.execute("use fin")
        revised = c.execute(
            "select livraison, count(*) from (select *, lag(valeur) over (partition by indicateur, territoire, periode,"
            " modalite order by version) as avant from observations_historique where indicateur ="
            " 'heures_activite_partielle' and modalite <> '_T') where valeur <> avant group by all order by 1"
        ).fetchall()
        known = {published: 0 for published in contents}
        rows = {p: list(csv.DictReader(io.StringIO(contents[p].decode("utf-8")))) for p in contents}
        key = ("mois", "reg", "code_section_nace17")
        for before, after in ((first, second), (second, third)):
            old = {tuple(r[k] for k in key): r["nombre_heures_demandees"] for r in rows[before]}
            known[after] = sum(
                old.get(tuple(r[k] for k in key), r["nombre_heures_demandees"])
                != r["nombre_heures_demandees"]
                for r in rows[after]
                if r["reg"] not in ("99", "")
            )
        assert [n for _, n in revised] == [known[second], known[third]]
        assert known[second] >= 37 and known[third] == 25
        withdrawn = c.execute(
            "select count(*), count(valeur) from observations_historique where est_retrait and modalite <> '_T'"
            f" and livraison like '{SOURCE}%'"
        ).fetchone()
        assert withdrawn == (9, 0)

        # a day before the second publication is the release built that day, column for column
        for day in ("2021-01-18", first):
            known_then, built_then = f"from au(date '{day}')", "from debut.main.observations"
            for a, b in ((known_then, built_then), (built_then, known_then)):
                assert c.execute(SAME.format(a=a, b=b)).fetchone() == (0,), day
        today = SAME.format(a="from au(current_date)", b="from observations")
        assert c.execute(today).fetchone() == (0,)
        before = c.execute(
            f"select count(*) from au({ALWAYS}) where indicateur = 'heures_activite_partielle'"
        ).fetchone()
        assert before == (0,)
        told = c.execute(
            "select chiffres_revises, revisions from revisions where indicateur = 'heures_activite_partielle' and"
            " type_territoire = '_T'"
        ).fetchone()
        assert told is not None and told[0] > 50 and told[1] >= known[second] + known[third]


def corrected(
    candidate: Path, folder: Path, row: list[object]
) -> tuple[subprocess.CompletedProcess[str], Path]:
    """dbt's build of the corrections on a copy of a candidate, as if seeds/corrections.csv held that row."""
    folder.mkdir()
    project, base = folder / "projet", folder / "candidat.duckdb"
    for part in ("models", "macros", "seeds", "tests/generic", "tests/singular"):
        shutil.copytree(RACINE / part, project / part)
    for part in ("dbt_project.yml", "profiles.yml"):
        shutil.copy(RACINE / part, project / part)
    shutil.copy(candidate, base)
    with (project / "seeds/corrections.csv").open("a", encoding="utf-8", newline="") as handle:
        csv.writer(handle, lineterminator="\n").writerow(row)
    settings = Settings(data=candidate.parents[1])
    env = environment(settings, Candidate(base, folder / "cible")) | {"REFERENTIEL_VERSIONS": ""}
    chosen = ["corrections", "int_corrections", "int_observations_versions", "int_observations_en_vigueur"]
    done = run_dbt(
        "build", "--indirect-selection", "empty", "--select", *chosen, "corrections_attendues",
        cwd=project, env=env, timeout=200,
    )  # fmt: skip
    return done, base


@pytest.mark.long
def test_the_build_fails_the_day_the_producer_fixes_its_own_error(worlds: Worlds, tmp_path: Path) -> None:
    figure = "source = 'insee__taux_chomage' and code_territoire = '28' and periode = '2023-T3'"
    with duckdb.connect(str(worlds.candidate), read_only=True) as c:
        ((said,),) = c.execute(
            f"select valeur from intermediaire.int_observations_en_vigueur where {figure}"
        ).fetchall()
    key = ["taux_chomage_localise", "REG-28", "2023-T3", "_T", "remplacer"]
    why = ["Le groupe de travail tient ce chiffre pour une erreur de saisie.", "A. Essai", "2024-01-15"]
    # the producer still says it: corrected, said on the figure
    done, base = corrected(worlds.candidate, tmp_path / "encore", [*key, 7.1, said, *why])
    assert done.returncode == 0, done.stdout[-3000:]
    with duckdb.connect(str(base), read_only=True) as c:
        value, text = c.execute(
            f"select valeur, correction from intermediaire.int_observations_en_vigueur where {figure}"
        ).fetchone()
    assert value == 7.1 and text.startswith("Corrigé le 15/01/2024 par A. Essai")
    # it says something else: the line was written for a figure that is no more
    done, base = corrected(worlds.candidate, tmp_path / "repare", [*key, 7.1, said + 0.4, *why])
    assert done.returncode == 1
    flat = " ".join(done.stdout.split())
    assert "Saisie refusée, seeds/corrections.csv" in flat and "REG-28, 2023-T3" in flat
    assert "Le producteur n'écrit plus ce que la ligne attend" in flat
    verdict = dbt_results.read(
        base.with_name("cible") / "run_results.json", base.with_name("cible") / "manifest.json"
    )
    (refusal,) = verdict.refus
    assert (
        refusal.controle == "corrections_attendues" and "la relire, sans doute la retirer" in refusal.detail
    )
    assert not verdict.fautes


def test_verify_makes_figures_again_and_sees_a_flipped_bit(data: Path, tmp_path: Path) -> None:
    said = publier(data, "verify", "--nombre", "150")
    assert said.returncode == 0, said.stdout + said.stderr
    assert "150 chiffres tirés au hasard" in said.stdout.replace("\u202f", " ")
    copy = tmp_path / "copie"
    shutil.copytree(data, copy, symlinks=True)
    (landed,) = (data / "landing" / SOURCE).glob(f"{SOURCE}-*.parquet")
    sha = json.loads(
        next(
            line
            for line in (copy / "archive/journal.jsonl").read_text(encoding="utf-8").splitlines()
            if f'"livraison":"{landed.stem}"' in line
        )
    )["objets"][0]
    victim = copy / "archive/objets" / sha[:2] / sha
    content = bytearray(victim.read_bytes())
    content[len(content) // 2] ^= 1
    victim.chmod(0o644)
    victim.write_bytes(content)
    note = copy / "published/current/NOTE.md"
    note.write_text(note.read_text(encoding="utf-8") + " ", encoding="utf-8")
    said = publier(copy, "verify", "--nombre", "5")
    assert said.returncode == 1
    flat = " ".join(said.stdout.split())
    assert f"l'objet {sha} n'a plus ses octets" in flat and "NOTE.md a changé" in flat


def test_a_zone_of_two_regions_is_made_again_from_one_of_two_producers(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two channels give the population of a commune: their sum was told as a difference."""
    monkeypatch.setenv("REFERENTIEL_DATA", str(data))
    release = Release(Settings.from_env(), data / "published/current/referentiel.duckdb", tmp_path)
    figures = release.rows(
        "select o.* from observations o join territoires t using (territoire) where o.methode = 'agregee'"
        " and o.indicateur = 'population_municipale' and t.type_territoire = 'EPCI' and t.est_interregional"
    )
    again = [(figure["valeur"], Arithmetic(release).carried_zone(figure)) for figure in figures]
    release.connection.close()
    assert len(again) > 10 and [(v, a) for v, a in again if v != a] == []


def test_a_figure_counted_in_its_delivery_leads_to_its_row(data: Path, base) -> None:
    """The year of overindebtedness is the portal's own sum; France is not made of published parts."""
    for place, whole in (("DEP-14", True), ("FRANCE-FM", False)):
        (row,) = base.execute(
            "select valeur, ligne, source, livraison, modele from preuve('dossiers_surendettement_an', ?, '2023')",
            [place],
        ).fetchall()
        value, line, source, delivery, model = row
        with duckdb.connect() as c:
            path = data / "landing" / source / f"{delivery}.parquet"
            found = c.execute(
                f"select annee, depots::double from '{path}' where _ligne = ?", [line]
            ).fetchall()
        assert len(found) == 1 and found[0][0] == "2023" and model == f"stg_{source}", (place, row)
        assert (found[0][1] == value) is whole


KINDS = """
    select indicateur, territoire, periode from (
        select *, row_number() over (partition by methode, split_part(territoire, '-', 1), indicateur
            order by md5(territoire || periode)) as rang,
            row_number() over (partition by methode order by md5(indicateur || territoire || periode)) as tour
        from observations where valeur is not null and modalite = '_T'
    ) where rang = 1 order by tour, methode limit 20
"""


def test_proof_of_twenty_figures_goes_down_to_the_bytes(data: Path, base) -> None:
    objects = {p.name for p in (data / "archive/objets").glob("*/*")}
    figures = base.execute(KINDS).fetchall()
    assert len(figures) == 20
    followed = 0
    for figure in figures:
        result = base.execute("from preuve(?, ?, ?)", list(figure))
        names = [column[0] for column in result.description]
        rows = [dict(zip(names, row, strict=True)) for row in result.fetchall()]
        assert rows and rows[0]["role"] == "chiffre", figure
        assert rows[0]["methode"] == "publiee" or len(rows) > 1 or rows[0]["ligne"] is not None, figure
        for row in rows:
            assert row["sha256"] in objects and row["url"] and row["modele"] and len(row["code"]) == 64, (
                figure,
                row,
            )
            if row["ligne"] is None or row["valeur"] is None or row["methode"] != "publiee" or followed > 60:
                continue
            with duckdb.connect() as c:
                path = data / "landing" / row["source"] / f"{row['livraison']}.parquet"
                found = c.execute(f"from '{path}' where _ligne = ?", [row["ligne"]])
                columns = [column[0] for column in found.description]
                line = dict(zip(columns, found.fetchone(), strict=True))
            assert witness.says_value(line, row["valeur"]) is not None, (figure, row)
            followed += 1
    assert followed > 20
