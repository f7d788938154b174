"""What is damaged or half-written under published/ is found, set aside or removed, and readers keep a whole release."""

from __future__ import annotations

import shutil
import threading
import time
from contextlib import suppress
from pathlib import Path

import pytest

from extract.durable import TEMP_PREFIX
from publish import pointer_file, releases, rollback, status
from publish.errors import PublishFault
from publish.operations import feed, refresh, retirement, runlog
from publish.releases import Release
from publish.run import Outcome
from tests.unit.publish import synthetic
from tests.unit.publish.conftest import MOMENT, QUIET, World, ended


def test_one_flipped_bit_of_the_current_base_is_found_by_the_daily_look(
    world: World, nothing_new: Release
) -> None:
    flip_where_no_query_of_ours_reads(world, nothing_new)
    outcome = refresh.refresh(world.settings, QUIET)
    assert outcome.code == 2 and nothing_new.nom in outcome.message and "abîmée" in outcome.message
    (line,) = runlog.records(world.settings)
    assert line["code"] == 2 and line["message"] == outcome.message
    current = releases.current(world.settings.published)
    assert current is not None and current.nom != nothing_new.nom == str(line["message"]).split()[2]
    assert line["release"] == current.nom and current.nom in outcome.message


def flip_where_no_query_of_ours_reads(world: World, release: Release) -> None:
    whole, now = release.database.read_bytes(), MOMENT.replace(tzinfo=None)
    # DuckDB sums its blocks, of 256 KiB, as it reads them
    for place in range(len(whole) - 1, 3 * 4096, -(1 << 18)):
        release.database.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        with suppress(PublishFault):
            status.late(world.settings, now)
            return
    raise AssertionError("every block is read")


def test_one_flipped_bit_of_what_goes_with_the_current_base_is_found_too(
    world: World, nothing_new: Release
) -> None:
    spoilt = nothing_new.folder / "parquet" / "observations.parquet"
    content = spoilt.read_bytes()
    spoilt.write_bytes(content[:50] + bytes([content[50] ^ 1]) + content[51:])
    outcome = refresh.refresh(world.settings, QUIET)
    assert outcome.code == 2 and "parquet/observations.parquet" in outcome.message
    current = releases.current(world.settings.published)
    assert current is not None and current.nom != nothing_new.nom


def test_readers_are_never_given_another_damaged_release(world: World) -> None:
    first, second, third = (world.publish(letter * 64) for letter in "abc")
    for one in (second, third):  # of the same size
        one.database.write_bytes(synthetic.flipped(one.database.read_bytes()))
    releases.leave_current(world.settings.published, MOMENT)
    current = releases.current(world.settings.published)
    assert current is not None and current.nom == first.nom


def test_current_release_is_read_once_a_day_whatever_the_runs_end_in(
    world: World, nothing_new: Release, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[Path] = []
    altered = releases.altered
    monkeypatch.setattr(releases, "altered", lambda one: read.append(one.database) or altered(one))
    for _ in range(3):
        assert refresh.refresh(world.settings, QUIET).code == 0
    assert read == [nothing_new.database]
    yesterday = [*runlog.records(world.settings)][-1] | {"base_relue_le": "2000-01-01"}
    runlog.append(world.settings, yesterday)
    refused = Outcome(1, "Toujours les mêmes données, déjà refusées.")
    ended(monkeypatch, world, refused)
    ended(monkeypatch, world, refused)
    assert len(read) == 2
    runlog.append(world.settings, yesterday)
    flip_where_no_query_of_ours_reads(world, nothing_new)
    ended(monkeypatch, world, refused)
    assert refused.code == 2 and "abîmée" in refused.message and "déjà refusées" in refused.message


@pytest.mark.parametrize(
    "name",
    [
        f"{releases.UNFINISHED}tuee",
        f"{releases.REFUSED}/{releases.UNFINISHED}refusee",
        ".retrait-2020-05-01-083000-abcdef01",
        f"{TEMP_PREFIX}123-{pointer_file.POINTER}",
        f"{TEMP_PREFIX}123-{feed.NAME}",
        f".{releases.CURRENT}-123",
    ],
)
def test_what_a_kill_left_is_removed_by_the_next_run(world: World, name: str) -> None:
    made, left = world.publish(), world.settings.published / name
    left.parent.mkdir(exist_ok=True)
    if name.startswith((TEMP_PREFIX, f".{releases.CURRENT}")):
        left.write_text("{", encoding="utf-8")
    else:
        shutil.copytree(made.folder, left)
    releases.repair(world.settings.published, MOMENT)
    assert not left.exists() and releases.current(world.settings.published) == made


def test_what_an_export_is_writing_is_left_to_its_own_lock(world: World) -> None:
    """`make export` notes its report beside a run: the half-written list is not the run's to remove."""
    made, published = world.publish(), world.settings.published
    left = published / f"{TEMP_PREFIX}123-{retirement.REPORTS}"
    left.write_text("{", encoding="utf-8")
    releases.repair(published, MOMENT)
    assert left.exists()
    retirement.name_in_report(published, made.nom, "portrait", MOMENT)
    assert not left.exists() and retirement.named(published) == {made.nom}


def test_what_a_dying_process_still_writes_is_removed_too(world: World) -> None:
    leftover = world.settings.published / f"{releases.UNFINISHED}tuee"
    leftover.mkdir(parents=True)
    for rank in range(300):
        (leftover / f"{rank}.parquet").write_bytes(b"x")

    def dying() -> None:
        end = time.monotonic() + 0.3
        while time.monotonic() < end and leftover.exists():
            with suppress(FileNotFoundError):
                (leftover / f"{time.monotonic_ns()}").write_bytes(b"x")

    writer = threading.Thread(target=dying)
    writer.start()
    releases.repair(world.settings.published, MOMENT)
    writer.join()
    assert not leftover.exists()


def test_damaged_current_release_is_left_for_the_last_whole_one(world: World) -> None:
    first, second = world.publish("a" * 64), world.publish("b" * 64)
    published = world.settings.published
    second.database.write_bytes(second.database.read_bytes()[:1000])
    releases.repair(published, MOMENT)
    current = releases.current(published)
    assert current is not None and current.nom == first.nom
    assert releases.pointer(published)["release"] == first.nom
    assert [one.name.startswith(second.nom) for one in (published / releases.DAMAGED).iterdir()] == [True]
    assert [one.nom for one in releases.every(published)] == [first.nom]


def test_release_that_was_set_aside_is_never_given_back_by_itself(world: World) -> None:
    published = world.settings.published
    first, second = world.publish("a" * 64), world.publish("b" * 64)
    rollback.back_to(published, first.nom, QUIET)
    third = world.publish("c" * 64)
    for damaged, left in ((third, first), (first, None)):
        damaged.database.write_bytes(damaged.database.read_bytes()[:1000])
        releases.repair(published, MOMENT)
        assert releases.current(published) == left
    assert releases.discarded(published) == [second.nom]
    rollback.back_to(published, second.nom, QUIET)  # the operator's own decision


def killed_before_the_file_followed(published: Path, release: Release) -> None:
    """As a kill leaves what moves readers to that release: `current` is there, courante.json is not."""
    (published / releases.CURRENT).unlink()
    (published / releases.CURRENT).symlink_to(release.nom)


def test_damage_of_which_the_repair_was_killed_sets_nothing_aside(world: World) -> None:
    first, second = world.publish("a" * 64), world.publish("b" * 64)
    published = world.settings.published
    second.database.write_bytes(second.database.read_bytes()[:1000])
    killed_before_the_file_followed(published, first)
    releases.repair(published, MOMENT)
    assert releases.pointer(published)["release"] == first.nom and releases.discarded(published) == []


def test_leaving_of_other_bits_that_was_killed_sets_nothing_aside(world: World) -> None:
    first, second = world.publish("a" * 64), world.publish("b" * 64)
    published = world.settings.published
    second.database.write_bytes(synthetic.flipped(second.database.read_bytes()))
    killed_before_the_file_followed(published, first)
    releases.repair(published, MOMENT)
    assert releases.pointer(published)["release"] == first.nom and releases.discarded(published) == []


def test_release_that_a_killed_rollback_gave_back_is_set_aside_no_more(world: World) -> None:
    first, second, third = (world.publish(one * 64) for one in "abc")
    published = world.settings.published
    rollback.back_to(published, first.nom, QUIET)
    killed_before_the_file_followed(published, second)
    releases.repair(published, MOMENT)
    assert releases.discarded(published) == [third.nom]


def test_only_release_damaged_leaves_no_pointer_and_old_damage_blocks_nobody(world: World) -> None:
    only = world.publish()
    published = world.settings.published
    (only.folder / "manifeste.json").write_text("{", encoding="utf-8")
    (published / pointer_file.POINTER).write_text('{"release"', encoding="utf-8")
    releases.repair(published, MOMENT)
    assert releases.current(published) is None and releases.every(published) == []
    again = world.publish("c" * 64)
    (published / "2001-01-01-000000-00000000").mkdir()
    current = releases.current(published)
    assert current is not None and [one.nom for one in releases.every(published)] == [current.nom] == [
        again.nom
    ]
