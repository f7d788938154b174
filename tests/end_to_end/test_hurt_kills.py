"""The whole run, killed at any instant: readers keep a whole release, nothing received is lost, the next run goes on.

REFERENTIEL_COUPS is how many times the campaign kills it (300 take hours), REFERENTIEL_GRAINE the draw."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from conduite import RACINE
from monde import QUICK, environment, nothing_lost, readers, revise, run, whole

from bench import actualisation
from publish import releases

WHOLE_RUNS = 0.2  # of the runs that are killed: a whole one lasts longer and is rarer in a life
ALONE = 0.3  # of the kills: as the kernel does when memory lacks, of the run and nothing of what it started


def interrupted(world: Path, producers: str, options: list[str], after: float, alone: bool) -> int | None:
    """The exit code of a run, or None when it was killed `after` seconds, with all that it had started or,
    `alone`, without (what it started must then end by itself)."""
    with (world / "sortie.log").open("w+", encoding="utf-8") as said:
        going = subprocess.Popen(
            [sys.executable, *QUICK, *options],
            cwd=RACINE,
            env=environment(world, producers),
            stdout=said,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            return going.wait(timeout=after)
        except subprocess.TimeoutExpired:
            if alone:
                going.kill()
            else:
                os.killpg(going.pid, signal.SIGKILL)
            going.wait(timeout=30)
            for _ in range(50):
                if not _lives(going.pid):
                    return None
                time.sleep(0.1)
            raise AssertionError(f"des processus de l'exécution {going.pid} lui survivent") from None


def _lives(group: int) -> bool:
    """Whether a process of that group is still there."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def attack(world: Path, producers: str, kills: int) -> None:
    """Kills `kills` runs, whole and partial, each at an instant drawn over how long such a run lasts; those that ended
    before their instant are looked at as well, and do not count."""
    seed = int(os.environ.get("REFERENTIEL_GRAINE", random.randrange(1 << 30)))
    chance = random.Random(seed)
    print(f"graine {seed}", flush=True)
    code, said = run(world, producers)
    assert code == 0, said[-3000:]
    lasts = {True: _last_seconds(world)}
    revise(world, producers, 1)
    code, said = run(world, producers, command=QUICK)
    assert code == 0, said[-3000:]
    lasts[False] = _last_seconds(world)
    assert _last_run(world)["reconstruites"] == [actualisation.SOURCE]
    received = nothing_lost(world)
    with readers(world):
        rank = hit = 0
        while hit < kills:
            before = whole(world)
            force = chance.random() < WHOLE_RUNS
            if not force and chance.random() < 0.5:  # else the run goes on from where the last one was killed
                revise(world, producers, rank + 2)
            instant = chance.uniform(0.1, lasts[force] * 1.05)
            alone = chance.random() < ALONE
            code = interrupted(world, producers, ["--force"] if force else [], instant, alone)
            said = (world / "sortie.log").read_text(encoding="utf-8")
            assert code in (None, 0), said[-3000:]
            assert code is None or "elease" in said, said
            # a run that had ended before its instant was not killed
            rank, hit = rank + 1, hit + (code is None)
            assert rank < 10 + 3 * kills, f"{hit} exécutions tuées sur {rank}"
            after = whole(world)
            assert after >= before
            now = nothing_lost(world)
            assert received <= now
            received = now
            kind = "entière" if force else "partielle"
            kind += ", lui seul" if alone else ""
            print(f"{hit}/{kills} ({rank}) {kind}, {instant:.1f} s : {code}, {after}", flush=True)
            _leave_the_last(world, 4)
        revise(world, producers, rank + 2)
        code, said = run(world, producers, command=QUICK)
        assert code == 0 and "publiée" in said, said[-3000:]
        code, said = run(world, producers, command=QUICK)
        assert code == 0 and "Rien de nouveau" in said, said[-3000:]
    assert not [*(world / "published").glob(".en-cours-*")]
    code, said = run(world, producers, command=["-m", "publish", "verify", "--nombre", "50"])
    assert code == 0, said[-3000:]


def _last_run(world: Path) -> dict[str, Any]:
    return json.loads((world / "executions.jsonl").read_text(encoding="utf-8").splitlines()[-1])


def _last_seconds(world: Path) -> float:
    return sum(_last_run(world)["secondes"].values())


def _leave_the_last(world: Path, count: int) -> None:
    """Removes the oldest releases, as an operator who lacks room does (the rule keeps a whole month)."""
    for release in releases.every(world / "published")[:-count]:
        shutil.rmtree(release.folder)


@pytest.mark.long
def test_killed_at_some_instants(world: Path, producers: str) -> None:
    attack(world, producers, 3)


@pytest.mark.campaign
def test_killed_at_random_instants(world: Path, producers: str) -> None:
    attack(world, producers, int(os.environ.get("REFERENTIEL_COUPS", "300")))
