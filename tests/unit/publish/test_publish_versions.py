"""A release of the version before and of the one after: read by minor, refused by major, never called damaged."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
import pytest

from extract import layout
from extract.errors import LayoutUnknown
from publish import changes, manifest, releases, rollback
from publish.operations import feed, retirement
from publish.releases import Release
from publish.run import run
from tests.unit.publish.conftest import MOMENT, QUIET, World

# What the manifest did not say, or said otherwise, in the versions before; none of these had a digest beside it.
BEFORE = {"1.0": {"format": None}, "1.1": {"format": "1.1"}}


def rewrite(release: Release, sealed: bool = True, **changed: object) -> Release:
    """The release as if made with another manifest; a value of None takes the key out."""
    content = {k: v for k, v in (release.manifest | changed).items() if v is not None}
    text = json.dumps(content, ensure_ascii=False)
    (release.folder / releases.MANIFEST).write_text(text, encoding="utf-8")
    manifest.seal(release.folder)
    if not sealed:
        (release.folder / manifest.SEAL).unlink()
    return Release(release.nom, release.folder, content)


def test_release_says_its_number(world: World) -> None:
    assert world.publish().manifest["format"] == layout.RELEASE


@pytest.mark.parametrize("number", BEFORE)
def test_release_of_the_version_before_is_read_by_all_that_reads(world: World, number: str) -> None:
    old = rewrite(world.publish("a" * 64), sealed=False, **BEFORE[number])
    new = world.publish("b" * 64)  # its note, its differences and its reports read the one before
    published = world.settings.published
    assert [one.nom for one in releases.every(published)] == [old.nom, new.nom]
    with duckdb.connect(str(new.database), read_only=True) as base:
        assert base.execute(f"select count(*) from {changes.TABLE}").fetchone() == (0,)
    assert manifest.verify(old.folder) == []
    rollback.back_to(published, old.nom, QUIET)
    current = releases.current(published)
    assert current is not None and current.nom == old.nom and releases.whole(current)
    releases.repair(published, MOMENT)
    assert releases.current(published) == current
    assert feed.write(published, MOMENT).is_file()
    assert retirement.to_retire(releases.every(published), old.nom, set(), MOMENT) == []


def test_release_of_a_newer_minor_is_read_and_what_it_adds_is_left_aside(world: World) -> None:
    made = world.publish("a" * 64)
    with duckdb.connect(str(made.database)) as base:
        base.execute(
            "create table ajoutee as select 1 as x; alter table observations add column ajoutee integer"
        )
    size, digest = made.database.stat().st_size, manifest.sha256(made.database)
    files = made.manifest["fichiers"] | {releases.DATABASE: {"octets": size, "sha256": digest, "neuf": True}}
    major = layout.major(layout.RELEASE, "")
    newer = rewrite(made, format=f"{major}.99", fichiers=files, nouvelle_cle={"a": 1})
    (made.folder / "manifeste.sig").write_text("à côté du manifeste", encoding="utf-8")
    assert manifest.verify(made.folder) == []
    releases.repair(world.settings.published, MOMENT)
    rollback.back_to(world.settings.published, newer.nom, QUIET)
    after = world.publish("b" * 64)
    with duckdb.connect(str(after.database), read_only=True) as base:
        assert base.execute(f"select count(*) from {changes.TABLE}").fetchone() == (0,)


def test_release_of_a_newer_major_is_refused_with_words_and_left_where_it_is(world: World) -> None:
    old = world.publish("a" * 64)
    major = layout.major(layout.RELEASE, "") + 1
    new = rewrite(world.publish("b" * 64), format=f"{major}.0")
    published, link = world.settings.published, world.settings.published / "current"
    for reads in (
        lambda: releases.current(published),
        lambda: releases.repair(published, MOMENT),
        lambda: rollback.back_to(published, new.nom, QUIET),
    ):
        with pytest.raises(LayoutUnknown, match="plus récente"):
            reads()
    outcome = run(world.settings, QUIET)
    assert outcome.code == 2 and f"le format {major}.0" in outcome.message and "git pull" in outcome.message
    assert Path(link).readlink() == Path(new.nom) and not (published / releases.DAMAGED).exists()
    assert retirement.to_retire(releases.every(published), new.nom, set(), MOMENT) == []
    rollback.back_to(published, old.nom, QUIET)  # the way back stays open
    current = releases.current(published)
    assert current is not None and current.nom == old.nom
