"""What the bench's table says, without its twenty minutes: the machine, and rows beside what the same run measured."""

from __future__ import annotations

import platform
import re
import subprocess
from pathlib import Path

import pytest

from bench import __main__ as bench
from bench import actualisation, exports
from extract.settings import PROJECT_ROOT
from publish.releases import DATABASE, Release
from publish.run import Outcome


def test_head_tells_the_processor_and_the_memory(tmp_path: Path) -> None:
    told = tmp_path / "cpuinfo"
    told.write_text("processor\t: 0\nmodel name\t: Un processeur  à 3 GHz\nmodel name\t: Un autre\n")
    said = bench.machine(told)
    assert re.fullmatch(r"\d+ cores of Un processeur à 3 GHz, \d+\.\d GiB", said), said


def test_machine_that_does_not_tell_is_told_by_its_kind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unknown(_: str) -> int:
        raise ValueError("unrecognized configuration name")

    monkeypatch.setattr("os.sysconf", unknown)
    assert re.fullmatch(rf"\d+ cores of {platform.machine()}", bench.machine(tmp_path / "absent"))
    (tmp_path / "arm").write_text("processor\t: 0\nBogoMIPS\t: 50.00\n")  # names no model
    assert re.fullmatch(rf"\d+ cores of {platform.machine()}", bench.machine(tmp_path / "arm"))


def test_demonstration_is_beside_its_own_build_and_its_own_base(tmp_path: Path) -> None:
    (tmp_path / DATABASE).write_bytes(bytes(2**20))
    steps = {"extraction": 20.0, "construction": 60.0, "contrôle": 5.0, "publication": 5.0}
    made = Outcome(0, "", Release("essai", tmp_path, {}), True, seconds=90.0, steps=steps)
    time, memory = bench.demonstration(made, 2**19)
    assert time[1:] == ("90 s", "its build by dbt, tests included: 60 s", "1.50")
    assert memory[1:] == ("0.50 GiB", "the base that it publishes: 1 MiB", "512")
    assert "(bar: 90 s)" in time[0] and "(bar: 2 GiB)" in memory[0]


def test_portraits_are_beside_bare_pages() -> None:
    assert 0 < exports.bare_pages(1) < exports.bare_pages(40)
    row = exports.portraits_row(portraits=40, seconds=2.0, bare=0.5, cores=2)
    assert row == (
        "all 40 portraits of the region, PDF and HTML, 2 cores (bar: 10 a second)",
        "2 s (20 a second)",
        "as many bare pages of the same Typst, one process: 0.50 s",
        "4.00",
    )


def test_idle_refresh_is_the_timers_command_beside_the_full_build(monkeypatch: pytest.MonkeyPatch) -> None:
    service = (PROJECT_ROOT / "deploy/systemd/referentiel.service").read_text(encoding="utf-8")
    assert " ".join(actualisation.COMMAND[1:]) in service
    said = subprocess.CompletedProcess((), 0, "Rien de nouveau depuis la release essai.\n", "")
    says = [said] * actualisation.TIMES
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: says.pop())
    assert 0 <= actualisation.idle() < 1 and not says
    steps = dict.fromkeys(actualisation.BUILT, 20.0)
    first = Outcome(0, "", seconds=80.0, steps=steps)
    one = Outcome(0, "", seconds=16.0, steps=steps, partielle=(actualisation.SOURCE,))
    _, idle = actualisation.rows(first, one, Outcome(0, "", seconds=0.27), 0.54)
    beside = "the full build of the first run, 60 s (bar: 0.01)"
    assert idle[1:] == ("0.27 s; 0.54 s", beside, "0.0045; 0.0090")


@pytest.mark.parametrize(
    ("code", "said"), [(0, "Release essai publiée."), (4, "Aucun producteur n'a pu être joint")]
)
def test_refresh_that_was_not_idle_measures_nothing(
    code: int, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: subprocess.CompletedProcess((), code, said, ""))
    with pytest.raises(SystemExit, match=said):
        actualisation.idle()
