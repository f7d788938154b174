"""What `make verify` says of bytes: spoilt and missing objects, damaged lines of the journal, every file of every release; its
figures are made again in tests/end_to_end."""

from __future__ import annotations

import contextlib
import errno
import io
import json
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from extract import context, layout
from extract.archive import Archive
from extract.errors import ArchiveDamaged
from publish import __main__ as command
from publish import manifest, pointer_file, releases, rollback, verify
from publish.operations import retirement
from publish.releases import Release
from publish.run import run
from publish.verify.report import Report
from publish.verify.stored import archive_of, releases_of
from tests.unit.publish.conftest import MOMENT, QUIET, World


@pytest.fixture
def archive(world: World) -> Archive:
    """Three objects, which a delivery names as its bytes, in its list and in its exchanges."""
    made = Archive(world.settings.archive)
    names = [made.store([word]).sha256 for word in (b"un", b"deux", b"trois")]
    made.append(
        {
            "type": "livraison", "livraison": "essai", "source": "essai__jeu", "partition": None,
            "resultat": "nouveau", "recu_le": "2026-01-01T00:00:00Z", "sha256": names[0], "objets": [names[1]],
            "echanges": [{"sha256": names[2]}],
        }
    )  # fmt: skip
    made.append({"type": "echange", "sha256": None})
    return made


def _told(world: World) -> Report:
    report = Report()
    archive_of(world.settings, report)
    return report


def test_whole_archive_has_no_fault(world: World, archive: Archive) -> None:
    report = _told(world)
    assert report.objets == 3 and report.octets_faux == []


@pytest.mark.parametrize("word", [b"un", b"deux", b"trois"])
def test_object_that_the_journal_names_and_that_is_missing_is_told(
    world: World, archive: Archive, word: bytes
) -> None:
    path = archive.store([word]).path
    path.unlink()
    assert _told(world).octets_faux == [f"archive : l'objet {path.name}, que nomme le journal, manque"]


def test_journal_that_is_gone_is_told_and_forgets_nothing(world: World, archive: Archive) -> None:
    archive.claim(world.settings)
    archive.journal_path.unlink()
    (said,) = _told(world).octets_faux
    assert "journal.jsonl manque" in said
    with pytest.raises(ArchiveDamaged, match="sauvegarde"):
        Archive(world.settings.archive).accepted()


def test_archive_that_was_only_claimed_has_a_journal(world: World) -> None:
    made = Archive(world.settings.archive)
    made.claim(world.settings)
    assert made.accepted() == [] and _told(world).octets_faux == []


def test_object_that_a_run_receives_meanwhile_is_not_missing(
    world: World, archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = Archive.is_intact

    def received(one: Archive, name: str) -> bool:
        monkeypatch.setattr(Archive, "is_intact", read)
        late = archive.store([b"quatre"]).sha256
        archive.append({"type": "echange", "sha256": late})
        return read(one, name)

    monkeypatch.setattr(Archive, "is_intact", received)
    assert _told(world).octets_faux == []


def test_object_that_the_disk_no_longer_gives_is_told_and_the_rest_is_read(
    world: World, archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost = archive.store([b"deux"]).path
    read = Path.open

    def failing(path: Path, *arguments: Any, **options: Any) -> Any:
        if path == lost:
            raise OSError(errno.EIO, "Input/output error")
        return read(path, *arguments, **options)

    monkeypatch.setattr(Path, "open", failing)
    report = _told(world)
    assert report.objets == 3
    assert report.octets_faux == [f"archive : l'objet {lost.name} n'a plus ses octets"]


def test_damaged_line_is_listed_beside_the_rest(world: World, archive: Archive) -> None:
    spoilt = archive.store([b"deux"]).path
    spoilt.write_bytes(b"d")
    _damage(archive.journal_path)
    world.publish()
    report = verify.verify(world.settings)
    object_, line = report.octets_faux
    assert spoilt.name in object_ and "ligne 1" in line and not report.juste
    screen = io.StringIO()
    verify.show(report, Console(file=screen, width=400))
    assert "2 fautes" in screen.getvalue() and "sauvegarde" in screen.getvalue()


def test_run_over_a_damaged_journal_is_a_fault_that_says_what_to_do(world: World, archive: Archive) -> None:
    _damage(archive.journal_path)
    landed = world.settings.landing / "essai__jeu" / "essai.parquet"
    landed.parent.mkdir(parents=True)
    landed.write_bytes(b"rows")
    nobody = replace(world.settings, producteurs="http://127.0.0.1:9")
    for options in ({"calendar": True}, {"only": ["dgcl__epci"]}):
        outcome = run(nobody, QUIET, **options)
        assert outcome.code == 2 and "ligne 1" in outcome.message and "sauvegarde" in outcome.message
    assert landed.read_bytes() == b"rows"


def _damage(journal: Path) -> None:
    """One bit, in the date by which the clock is judged."""
    journal.write_bytes(journal.read_bytes().replace(b"2026-01-01", b"6026-01-01"))


def read_again(world: World) -> Report:
    report = Report()
    releases_of(world.settings.published, report)
    return report


def tell(release: Release, **changed: object) -> None:
    (release.folder / releases.MANIFEST).write_text(json.dumps(release.manifest | changed), encoding="utf-8")


def printed(report: Report) -> str:
    said = io.StringIO()
    verify.show(report, Console(width=1000, file=said))
    return said.getvalue()


def test_every_release_is_read_again_and_what_to_do_is_told(world: World) -> None:
    old, wrong, gone, planted, last = (world.publish(letter * 64) for letter in "abcde")
    tell(old, format="1.1")
    (old.folder / manifest.SEAL).unlink()
    tell(wrong, region="11")
    shutil.rmtree(gone.folder / "parquet")
    (planted.folder / "de-trop.csv").write_text("x", encoding="utf-8")
    report = read_again(world)
    told = "\n".join(report.octets_faux)
    assert f"release {wrong.nom} : manifeste.json a changé" in told
    assert f"release {gone.nom} : parquet/observations.parquet manque" in told
    assert f"release {planted.nom} : de-trop.csv n'est pas dans le manifeste" in told
    assert report.releases == 5 and report.sans_empreinte == [old.nom] and old.nom not in told
    (advice,) = report.conseils
    assert f"{wrong.nom}, {gone.nom} : restaurez" in advice and planted.nom not in advice
    assert last.nom not in told + advice
    assert (
        f"D'avant manifeste.sha256, leurs fichiers sont relus et leur manifeste cru : {old.nom}"
        in printed(report)
    )


def test_damaged_current_release_leads_to_one_that_readers_may_have(world: World) -> None:
    good, aside = world.publish("a" * 64), world.publish("b" * 64)
    rollback.back_to(world.settings.published, good.nom, QUIET)
    last = world.publish("c" * 64)
    flipped = bytearray(last.database.read_bytes())
    flipped[len(flipped) // 2] ^= 1
    last.database.write_bytes(flipped)
    report = verify.verify(world.settings, 5)
    assert not report.juste and report.octets_faux == [
        f"release {last.nom} : referentiel.duckdb a changé depuis la publication"
    ]
    (advice,) = report.conseils
    assert f"make rollback RELEASE={good.nom}" in advice and "--force" in advice and aside.nom not in advice
    shutil.rmtree(good.folder)
    (advice,) = verify.verify(world.settings, 5).conseils
    assert "aucune autre n'est entière" in advice


@pytest.mark.parametrize("told", ["{", "9.0"])
def test_release_that_cannot_be_read_is_said(world: World, told: str) -> None:
    other, _ = world.publish("a" * 64), world.publish("b" * 64)
    (other.folder / manifest.SEAL).unlink()
    if told == "{":
        (other.folder / releases.MANIFEST).write_text(told, encoding="utf-8")
        (problem,) = read_again(world).octets_faux
        assert other.nom in problem and "illisible" in problem
        (other.folder / releases.MANIFEST).unlink()
        (problem,) = read_again(world).octets_faux
        assert other.nom in problem and "illisible" in problem
        return
    tell(other, format=told)
    report = read_again(world)  # a later version made it: nothing can be told of it, and that is not a fault
    assert report.juste and report.releases == 1 and "plus récente" in printed(report)
    manifest.seal(other.folder)
    tell(other, format="9.1")  # but its digest can
    assert not read_again(world).juste


# ---- without a release to draw figures from
def ended(world: World, monkeypatch: pytest.MonkeyPatch) -> tuple[int, str]:
    """The command's exit code and what it prints."""
    monkeypatch.setenv("REFERENTIEL_DATA", str(world.settings.data))
    monkeypatch.setenv("COLUMNS", "1000")
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
        code = command.main(["verify"])
    return code, printed.getvalue()


def test_archive_is_read_though_readers_have_no_release(
    world: World, archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, said = ended(world, monkeypatch)
    assert code == 2 and "3 objets de l'archive" in said and "0 faute" in said
    assert "Aucun chiffre n'est refait : il n'y a pas de release en cours" in said and "make refresh" in said
    assert "égal à ce qui est publié" not in said
    archive.store([b"deux"]).path.write_bytes(b"d")
    code, said = ended(world, monkeypatch)
    assert code == 1 and "n'a plus ses octets" in said


def test_releases_are_read_though_readers_follow_none(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    good, aside = world.publish("a" * 64), world.publish("b" * 64)
    rollback.back_to(world.settings.published, good.nom, QUIET)
    (world.settings.published / releases.CURRENT).unlink()
    code, said = ended(world, monkeypatch)
    assert code == 2 and "2 releases" in said
    assert f"make rollback RELEASE={good.nom}" in said and aside.nom not in said


@pytest.mark.parametrize("damage", ["unreadable", "gone"])
def test_current_release_that_does_not_read_hides_nothing_of_the_rest(
    world: World, archive: Archive, monkeypatch: pytest.MonkeyPatch, damage: str
) -> None:
    good, last = world.publish("a" * 64), world.publish("b" * 64)
    archive.store([b"deux"]).path.write_bytes(b"d")
    if damage == "gone":
        shutil.rmtree(last.folder)
    else:
        (last.folder / releases.MANIFEST).write_text("{", encoding="utf-8")
    code, said = ended(world, monkeypatch)
    assert (
        code == 1
        and "2 fautes" in said
        and "n'a plus ses octets" in said
        and f"release {last.nom} : " in said
    )
    assert f"make rollback RELEASE={good.nom}" in said and "Aucun chiffre n'est refait" in said


def test_current_release_of_a_later_version_is_no_damage(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.publish("a" * 64)
    last = world.publish("b" * 64)
    tell(last, format="9.0")
    manifest.seal(last.folder)
    code, said = ended(world, monkeypatch)
    assert code == 2 and "0 faute" in said and "Aucun chiffre n'est refait" in said and "plus récente" in said


def test_full_temporary_folder_is_no_difference(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.publish()
    (tmp_path / "plein").write_bytes(b"")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "plein"))
    code, said = ended(world, monkeypatch)
    assert code == 2 and f"Écriture impossible sous {tmp_path}/plein" in said


# ---- small files of which the damage costs much
@pytest.mark.parametrize(
    ("name", "left", "told"),
    [
        ("archive/contexte.json", '{"origine": "producteurs", "region": "29"}\n', "contexte.json"),
        ("archive/contexte.json", "{", "contexte.json"),
        ("archive/contexte.json", None, "contexte.json"),
        ("archive/contexte.sha256", "0" * 64, "contexte.sha256"),
        ("archive/format.json", "{", "format.json"),
        ("archive/format.json", '{"format": "q.1"}', "format.json"),
        ("published/courante.json", "{", "courante.json"),
        ("published/courante.json", '{"release": "x", "somme": "00000000"}', "courante.json"),
        ("published/_courante.json", "", "_courante.json"),
        ("published/rapports.jsonl", "{", "rapports.jsonl"),
        ("published/rapports.jsonl", '{"release": "2020", "rapport": "a", "note_le": "b"}', "release 2020"),
    ],
)
def test_small_file_that_is_damaged_is_told(
    world: World, archive: Archive, monkeypatch: pytest.MonkeyPatch, name: str, left: str | None, told: str
) -> None:
    layout.migrate(archive.root)
    archive.claim(world.settings)
    made = world.publish()
    retirement.name_in_report(world.settings.published, made.nom, "portrait", MOMENT)
    (world.settings.published / releases.CURRENT).unlink()  # a synthetic release has no figures to make again
    assert ended(world, monkeypatch)[0] == 2
    path = world.settings.data / name
    assert path.is_file()
    if left is None:
        path.unlink()
    else:
        path.write_text(left, encoding="utf-8")
    code, said = ended(world, monkeypatch)
    assert code == 1 and "1 faute" in said and told in said.partition("✘")[2]
    assert "3 objets de l'archive" in said and "1 release" in said


def test_no_release_is_recommended_when_nothing_tells_which_were_set_aside(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    published = world.settings.published
    world.publish("a" * 64)
    last = world.publish("b" * 64)
    for name in (pointer_file.POINTER, pointer_file.COPY):
        (published / name).write_text("{", encoding="utf-8")
    last.database.write_bytes(b"")
    code, said = ended(world, monkeypatch)
    assert code == 1 and "3 fautes" in said and "make rollback RELEASE" not in said


def test_archive_of_a_later_version_is_no_damage(
    world: World, archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    (archive.root / layout.FILE).write_text('{"format": "9.0"}', encoding="utf-8")
    code, said = ended(world, monkeypatch)
    assert code == 2 and "0 faute" in said and "plus récente" in said


def test_context_that_no_digest_confirms_is_held_against_the_release(world: World, archive: Archive) -> None:
    world.publish()
    path = archive.root / context.FILE
    path.write_text('{"origine": "producteurs", "region": "29"}\n', encoding="utf-8")
    (fault,) = _told(world).octets_faux
    assert "région 29" in fault and "région 28" in fault
    path.write_text('{"origine": "producteurs", "region": "28"}\n', encoding="utf-8")
    assert _told(world).octets_faux == []
