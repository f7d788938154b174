"""What a run asks of its machine before it asks anything of a producer: a clock, room, memory."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from publish import partial
from publish.errors import PublishFault
from publish.operations import allowance, clock, space
from tests.unit.publish.conftest import World


def test_clock_that_went_back_is_refused(world: World) -> None:
    archive = world.settings.archive
    archive.mkdir(parents=True)
    lines = [
        {"type": "livraison", "resultat": "nouveau", "recu_le": "2026-11-23T08:00:00.000000Z"},
        {"type": "livraison", "resultat": "echec", "recu_le": "2031-01-01T08:00:00.000000Z"},
    ]
    text = "".join(json.dumps(line) + "\n" for line in lines) + '{"type":"livr'
    (archive / "journal.jsonl").write_text(text, encoding="utf-8")
    clock.require(world.settings, datetime(2026, 11, 23, 7, 30, tzinfo=UTC))
    with pytest.raises(PublishFault, match="horloge") as told:
        clock.require(world.settings, datetime(2026, 11, 22, 12, 0, tzinfo=UTC))
    # the clock is late, or was ahead when that delivery came: nobody can tell from here
    for words in (
        "timedatectl",
        "avançait",
        "attendez le 23/11/2026 07:00 UTC",
        str(archive / "journal.jsonl"),
    ):
        assert words in str(told.value)


def test_no_journal_no_clock_to_compare(world: World) -> None:
    clock.require(world.settings, datetime(1990, 1, 1, tzinfo=UTC))


def test_room_is_asked_for_before(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.settings.data.mkdir(exist_ok=True)
    space.require(world.settings)
    monkeypatch.setattr(space, "FLOOR", 0)
    size = space.folder_size(world.publish().folder)
    assert space.needed(world.settings) == (space.CANDIDATE + 2) * size
    # the candidate of the last release stays until the next one is published, and a partial build copies it
    kept = world.settings.build / partial.FOLDER / partial.DATABASE
    kept.parent.mkdir()
    kept.write_bytes(bytes(10 * size))
    assert space.needed(world.settings) == 15 * size + 2 * size
    monkeypatch.setattr(space, "FLOOR", shutil.disk_usage(world.settings.data).total + 1)
    with pytest.raises(PublishFault, match="Disque presque plein"):
        space.require(world.settings)


@pytest.mark.parametrize(
    ("own", "files", "limit"),
    [
        ("0::/a/b\n", {"a/memory.max": "2000", "a/b/memory.max": "max"}, 2000),
        ("0::/a/b\n", {"a/memory.max": "2000", "a/b/memory.max": "1000"}, 1000),
        ("0::/\n", {}, None),
        ("9:name=systemd:/\n4:memory:/a\n0::/\n", {"memory/a/memory.limit_in_bytes": "3000"}, 3000),
        (
            "4:cpu,memory:/\n",
            {"cpu,memory/memory.limit_in_bytes": "9223372036854771712"},
            9223372036854771712,
        ),
    ],
)
def test_memory_that_control_groups_leave(
    tmp_path: Path, own: str, files: dict[str, str], limit: int | None
) -> None:
    (tmp_path / "own").write_text(own, encoding="utf-8")
    for name, text in files.items():
        path = tmp_path / "groups" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text + "\n", encoding="utf-8")
    assert allowance.group_limit(tmp_path / "groups", tmp_path / "own") == limit
    assert allowance.group_limit(tmp_path / "groups", tmp_path / "absent") is None


def test_memory_that_lacks_is_told_before(monkeypatch: pytest.MonkeyPatch) -> None:
    allowance.require()
    monkeypatch.setattr(allowance, "group_limit", lambda: allowance.RESIDENT - 1)
    with pytest.raises(PublishFault, match="MemoryMax"):
        allowance.require()
    monkeypatch.setattr(allowance, "address_limit", lambda: 1 << 30)
    with pytest.raises(PublishFault, match="ulimit"):
        allowance.require()
