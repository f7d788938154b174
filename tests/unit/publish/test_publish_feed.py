"""The Atom feed of releases, read back as a reader of feeds does."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path

from extract.archive import in_utc
from publish import rollback
from publish.operations import feed, refresh
from publish.releases import Release
from tests.unit.publish.conftest import MOMENT, QUIET, World


def test_feed_is_atom_with_the_notes(world: World) -> None:
    first, second = world.publish("a" * 64), world.publish("b" * 64)
    root = ET.parse(feed.write(world.settings.published, MOMENT)).getroot()
    space_of = {"a": feed.ATOM}
    for needed in ("id", "title", "updated", "author/a:name"):
        assert root.findtext(f"a:{needed}", namespaces=space_of)
    entries = root.findall("a:entry", space_of)
    assert [second.nom in str(entries[0].findtext("a:id", namespaces=space_of)), len(entries)] == [True, 2]
    assert entries[1].findtext("a:content", namespaces=space_of) == feed.note(first) != ""


def test_feed_reads_whatever_a_note_holds(world: World) -> None:
    made = world.publish()
    (made.folder / "NOTE.md").write_text(
        "Chômage\x00\x0b\x1b : \ufffe « 7 % »\n\tsuite \U0001f4c8", encoding="utf-8"
    )
    root = ET.parse(feed.write(world.settings.published, MOMENT)).getroot()
    assert root.findtext(f".//{{{feed.ATOM}}}content") == "Chômage :  « 7 % »\n\tsuite \U0001f4c8"


def entries(published: Path) -> list[tuple[str, str]]:
    """Title and summary of each entry of the feed, as it lies there."""
    root = ET.parse(published / feed.NAME).getroot()
    names = {"a": feed.ATOM}
    return [
        (
            str(one.findtext("a:title", namespaces=names)),
            str(one.findtext("a:summary", "", namespaces=names)),
        )
        for one in root.findall("a:entry", names)
    ]


def test_feed_says_what_a_rollback_set_aside(world: World) -> None:
    published = world.settings.published
    first, second = world.publish("a" * 64), world.publish("b" * 64)
    feed.write(published, MOMENT)
    before = entries(published)
    assert "mise de côté" not in str(before) and not feed.behind(published)
    rollback.back_to(published, first.nom, QUIET)
    (aside, summary), (title, _) = entries(published)
    assert aside == f"{before[0][0]} (mise de côté)" and first.nom in summary
    assert title == before[1][0] and second.nom not in title


def test_titles_of_one_day_differ_by_their_hour(world: World) -> None:
    made = world.publish()
    feed.write(world.settings.published, MOMENT)
    (title, _), *_ = entries(world.settings.published)
    assert f"{in_utc(made.manifest['produite_le']):à %H:%M} UTC" in title


def test_feed_follows_a_release_whose_run_was_killed_before_it(world: World, nothing_new: Release) -> None:
    published = world.settings.published
    assert feed.behind(published)
    refresh.refresh(world.settings, QUIET)
    assert not feed.behind(published) and len(entries(published)) == 2
