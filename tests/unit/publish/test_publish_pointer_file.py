"""What courante.json says survives a spoilt file, and is read by the version before."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from publish import pointer_file, releases, rollback
from publish.releases import Release
from publish.run import run
from tests.unit.publish.conftest import MOMENT, QUIET, World


def pointed(world: World) -> tuple[Path, Release, Release]:
    """courante.json after a rollback from the second release to the first one."""
    published = world.settings.published
    first, second = world.publish("a" * 64), world.publish("b" * 64)
    rollback.back_to(published, first.nom, QUIET)
    return published / pointer_file.POINTER, first, second


def spoilt(path: Path) -> list[bytes]:
    """What one bit, a cut or nothing left of it."""
    whole = path.read_bytes()
    places = whole.index(b"ecartees"), whole.rindex(b"2026-") + 3, whole.index(b"release") + 12, 0
    return [whole[:n] + bytes([whole[n] ^ 1]) + whole[n + 1 :] for n in places] + [whole[:-4], b""]


@pytest.mark.parametrize("damage", range(6))
def test_what_was_set_aside_survives_a_spoilt_file(world: World, damage: int) -> None:
    path, first, second = pointed(world)
    copy = path.with_name(pointer_file.COPY)
    for one in (path, copy):
        whole = one.read_bytes()
        one.write_bytes(spoilt(one)[damage])
        assert releases.discarded(path.parent) == [second.nom] and pointer_file.faults(path.parent)
        releases.repair(path.parent, MOMENT)
        assert json.loads(one.read_bytes())["ecartees"] == [second.nom] == releases.discarded(path.parent)
        assert len(one.read_bytes()) == len(whole) and not pointer_file.faults(path.parent)
    current = releases.current(path.parent)
    assert current is not None and current.nom == first.nom
    path.unlink()
    releases.repair(path.parent, MOMENT)
    assert json.loads(path.read_bytes())["ecartees"] == [second.nom]


def test_run_forgets_nothing_that_was_set_aside(world: World) -> None:
    path, _, second = pointed(world)
    for one in (path, path.with_name(pointer_file.COPY)):
        one.write_bytes(spoilt(one)[0])
    outcome = run(world.settings, QUIET)
    assert outcome.code == 2 and str(path) in outcome.message and '{"ecartees": []}' in outcome.message
    path.write_text(json.dumps({"ecartees": [second.nom]}), encoding="utf-8")  # as the message says
    releases.repair(path.parent, MOMENT)
    assert releases.discarded(path.parent) == [second.nom] and not pointer_file.faults(path.parent)


def test_pointer_of_the_version_before_is_read_and_the_reverse(world: World) -> None:
    path, first, second = pointed(world)
    told = json.loads(path.read_bytes())
    assert set(told) == {"release", "base", "depuis", "empreinte_entrees", "ecartees", "somme"}
    before = {name: value for name, value in told.items() if name != "somme"} | {"ecartees": []}
    path.write_text(json.dumps(before, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    assert releases.discarded(path.parent) == [], "the version before says it, and has no copy of it"
    releases.repair(path.parent, MOMENT)
    assert json.loads(path.with_name(pointer_file.COPY).read_bytes())["ecartees"] == []
    path.with_name(pointer_file.COPY).unlink()
    assert not pointer_file.faults(path.parent)
    releases.repair(path.parent, MOMENT)
    assert path.with_name(pointer_file.COPY).read_bytes() == path.read_bytes() and first.nom < second.nom
