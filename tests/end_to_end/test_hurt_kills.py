"""The commands that write, killed at any instant: readers keep a whole release, nothing received is lost, the next run
goes on.

REFERENTIEL_COUPS is how many times the campaign kills (300 take hours), REFERENTIEL_GRAINE the draw."""

from __future__ import annotations

import hashlib
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import pytest
from conduite import RACINE
from lecteurs import SUMS, Sums
from monde import (
    QUICK,
    RUN,
    environment,
    last_run,
    nothing_lost,
    readers,
    revise,
    revision,
    run,
    whole,
)

from bench import actualisation
from extract.archive import Archive
from publish import releases
from publish.operations import retirement

WHOLE, PARTIAL, FIRST, DEPOSIT, BACK = "entière", "partielle", "première", "dépôt", "retour arrière"
SHARES = {PARTIAL: 12, WHOLE: 4, FIRST: 2, DEPOSIT: 1, BACK: 1}  # of twenty kills
EARLIEST = {DEPOSIT: 0.5, BACK: 0.5}  # of how long they last: Python loads before
ALONE = 0.3  # of the kills: as the kernel does when memory lacks, of the run and nothing of what it started


def kinds(chance: random.Random) -> Iterator[str]:
    """What to kill, without end: each kind once, then what is left of their shares, in an order that is drawn."""
    while True:
        once = list(SHARES)
        rest = [kind for kind, share in SHARES.items() for _ in range(share - 1)]
        chance.shuffle(once)
        chance.shuffle(rest)
        yield from once + rest


def interrupted(
    world: Path, producers: str, command: list[str], after: float, alone: bool
) -> tuple[int | None, str]:
    """How a command ended, and its words: None when it was killed `after` seconds, with all that it had started or,
    `alone`, without (what it started must then end by itself)."""
    words = world.with_suffix(".log")
    with words.open("w", encoding="utf-8") as said:
        going = subprocess.Popen(
            [sys.executable, *command],
            cwd=RACINE,
            env=environment(world, producers),
            stdout=said,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    code = None
    with suppress(subprocess.TimeoutExpired):
        code = going.wait(timeout=after)
    if code is None:
        if alone:
            going.kill()
        else:
            os.killpg(going.pid, signal.SIGKILL)
        going.wait(timeout=30)
        _require_gone(going.pid)
    return code, words.read_text(encoding="utf-8")


def _require_gone(group: int) -> None:
    """Every process of that group has ended, or does within a moment."""
    for _ in range(50):
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return
        time.sleep(0.1)
    raise AssertionError(f"des processus de l'exécution {group} lui survivent")


def seen(world: Path) -> str:
    """The name of the release that readers have, or none; whatever bears the name of a release is a whole one."""
    published = world / "published"
    for folder in releases.folders(published):
        assert releases.whole(releases.read(folder)), folder
    return whole(world) if (published / releases.CURRENT).is_symlink() else ""


def go_back(release: str) -> list[str]:
    return ["-m", "publish", "rollback", release]


@dataclass
class Attack:
    """A data folder in which commands are killed, and beside it a new one, in which first runs are. `lasts`: seconds, of
    each kind, over which the instants are drawn."""

    world: Path
    producers: str
    chance: random.Random
    lasts: dict[str, float] = field(default_factory=dict)
    received: dict[Path, set[str]] = field(default_factory=dict)  # folder → its accepted deliveries
    values: Sums = ()  # those of what a first run publishes
    changes: int = 0
    pending: bool = False  # a revision was received that no release has yet

    @property
    def new(self) -> Path:
        return self.world.with_name("nouveau")

    def prepare(self) -> None:
        """Measures what nobody kills; the demonstration was itself a first run, maybe on a machine that did less."""
        self.values = _values(self.world)
        first = self._last_seconds()
        self._run(RUN)
        self.lasts[WHOLE] = self._last_seconds()
        self.lasts[FIRST] = max(first, self.lasts[WHOLE])
        start = time.monotonic()
        self._revise()
        self.lasts[DEPOSIT] = time.monotonic() - start
        before = whole(self.world)
        self._run(QUICK)
        self.pending = False
        self.lasts[PARTIAL] = self._last_seconds()
        assert last_run(self.world)["reconstruites"] == [actualisation.SOURCE]
        after = whole(self.world)
        for release in (before, after):
            start = time.monotonic()
            self._run(go_back(release))
            self.lasts[BACK] = time.monotonic() - start
            assert whole(self.world) == release
        self.received[self.world] = nothing_lost(self.world)

    def hits(self, kind: str) -> bool:
        """Whether a command of that kind was killed: one that ends before its instant is looked at all the same."""
        kill = {
            WHOLE: self._whole,
            PARTIAL: self._partial,
            FIRST: self._first,
            DEPOSIT: self._deposit,
            BACK: self._back,
        }
        return kill[kind]()

    def _whole(self) -> bool:
        return self._release(WHOLE, RUN)

    def _partial(self) -> bool:
        goes_on = self.pending and self.chance.random() < 0.5  # from where the last one was killed
        if not goes_on:
            self._revise()
        return self._release(PARTIAL, QUICK)

    def _release(self, kind: str, command: list[str]) -> bool:
        """Readers have the release that they had, or a newer one."""
        before = seen(self.world)
        code, said = self._interrupt(kind, self.world, command)
        assert code is None or "elease" in said, said
        assert seen(self.world) >= before
        self.pending &= code is None
        return code is None

    def _first(self) -> bool:
        """The first run of a folder, which goes on from one kill to the next until it ends by itself."""
        self.new.mkdir(exist_ok=True)
        before = seen(self.new)
        code, _ = self._interrupt(FIRST, self.new, QUICK)
        assert seen(self.new) >= before
        if code == 0:
            self._ended()
        return code is None

    def end_first(self) -> None:
        """A first run that was killed ends well when nobody kills it."""
        if self.new.exists():
            code, said = run(self.new, self.producers, command=QUICK)
            assert code == 0, said[-3000:]
            self._ended()

    def _ended(self) -> None:
        """What came of the kills says what was made without one."""
        assert seen(self.new) and _values(self.new) == self.values
        shutil.rmtree(self.new)
        self.received.pop(self.new, None)

    def _deposit(self) -> bool:
        """A file is accepted whole or not at all, and its deposit can be done again."""
        self.changes, self.pending = self.changes + 1, True
        command = revision(self.world, self.changes)
        before = seen(self.world)
        code, _ = self._interrupt(DEPOSIT, self.world, command)
        accepted = self._times_accepted()
        assert accepted in ((0, 1) if code is None else (1,))
        self._run(command)
        assert self._times_accepted() == 1 and seen(self.world) == before
        return code is None

    def _times_accepted(self) -> int:
        given = hashlib.sha256((self.world / "revision.csv").read_bytes()).hexdigest()
        held = Archive(self.world / "archive").accepted_of(actualisation.SOURCE, None)
        return [one["sha256"] for one in held].count(given)

    def _back(self) -> bool:
        """Readers have one of the two releases; the next run repairs, and does not give back what was set aside."""
        published = self.world / "published"
        newer = seen(self.world)
        older = [one.nom for one in releases.every(published) if one.nom < newer][-1]
        code, _ = self._interrupt(BACK, self.world, go_back(older))
        left = seen(self.world)
        assert left == older or (left == newer and code is None)
        self._run(QUICK)
        self.pending = False
        now = seen(self.world)
        assert now == left or now > newer  # what was received since may have made another one
        told = releases.pointer(published)
        assert told["release"] == now and (left == newer or newer in told["ecartees"])
        if now == older and self.chance.random() < 0.5:
            self._run(go_back(newer))
            assert seen(self.world) == newer
        elif now == older:
            self.publish()
            assert seen(self.world) > newer
        return code is None

    def publish(self) -> None:
        """A revision, and the run that publishes it."""
        self._revise()
        assert "publiée" in self._run(QUICK)
        self.pending = False

    def _revise(self) -> None:
        self.changes, self.pending = self.changes + 1, True
        revise(self.world, self.producers, self.changes)

    def _run(self, command: list[str]) -> str:
        code, said = run(self.world, self.producers, command=command)
        assert code == 0, said[-3000:]
        return said

    def _interrupt(self, kind: str, folder: Path, command: list[str]) -> tuple[int | None, str]:
        """Kills a command at an instant of its kind; nothing received is lost."""
        instant = self.chance.uniform(EARLIEST.get(kind, 0), 1.05) * self.lasts[kind]
        alone = self.chance.random() < ALONE
        start = time.monotonic()
        code, said = interrupted(folder, self.producers, command, instant, alone)
        if code == 0 and kind not in (PARTIAL, FIRST):  # these may have had little left to do
            self.lasts[kind] = time.monotonic() - start
        end = f"fini ({code})" if code is not None else "tué, lui seul" if alone else "tué"
        print(f"  {kind}, {instant:.1f} s : {end}, {seen(folder) or 'pas de release'}", flush=True)
        assert code in (None, 0), said[-3000:]
        before = self.received.get(folder, set())
        self.received[folder] = nothing_lost(folder, new=folder == self.new)
        assert before <= self.received[folder]
        return code, said

    def _last_seconds(self) -> float:
        seconds: dict[str, float] = last_run(self.world)["secondes"]
        return sum(seconds.values())


def _values(world: Path) -> Sums:
    """Sums of the current release's values, which tell neither when nor in which delivery each came."""
    with duckdb.connect(str(world / "published/current/referentiel.duckdb"), read_only=True) as base:
        found = base.execute(SUMS.format("observations")).fetchone()
    assert found is not None
    return found


def attack(world: Path, producers: str, kills: int) -> None:
    """Kills `kills` commands, each at an instant drawn over how long such a one lasts; those that ended before their
    instant do not count."""
    seed = int(os.environ.get("REFERENTIEL_GRAINE", random.randrange(1 << 30)))
    print(f"graine {seed}", flush=True)
    chance = random.Random(seed)
    attack = Attack(world, producers, chance)
    attack.prepare()
    with readers(world):
        tried = 0
        for hit, kind in zip(range(1, kills + 1), kinds(chance), strict=False):
            killed = False
            while not killed:
                tried += 1
                assert tried < 10 + 3 * kills, f"{hit - 1} exécutions tuées sur {tried}"
                killed = attack.hits(kind)
                _leave_the_last(world, 4)
            print(f"{hit}/{kills} ({tried}) {kind}", flush=True)
        attack.end_first()
        attack.publish()
        code, said = run(world, producers, command=QUICK)
        assert code == 0 and "Rien de nouveau" in said, said[-3000:]
    assert not [*(world / "published").glob(".en-cours-*")]
    code, said = run(world, producers, command=["-m", "publish", "verify", "--nombre", "50"])
    assert code == 0, said[-3000:]


def _leave_the_last(world: Path, count: int) -> None:
    """Removes the oldest releases, as an operator who lacks room does (the rule keeps a whole month): none that a
    report names, and the demonstration's may be, for other tests print reports of it."""
    published = world / "published"
    promised = retirement.named(published)
    for release in releases.every(published)[:-count]:
        if release.nom not in promised:
            shutil.rmtree(release.folder)


@pytest.mark.long
def test_killed_at_some_instants(world: Path, producers: str) -> None:
    attack(world, producers, len(SHARES))


@pytest.mark.campaign
def test_killed_at_random_instants(world: Path, producers: str) -> None:
    attack(world, producers, int(os.environ.get("REFERENTIEL_COUPS", "300")))
