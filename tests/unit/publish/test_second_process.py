"""The second process answers, tells what went wrong, and outlives nobody."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from extract.settings import PROJECT_ROOT
from publish.errors import PublishFault
from publish.second_process import SecondProcess

# What a run does that is killed while its second process works: it says the number of that process.
RUN = """
import os, time
from publish.second_process import SecondProcess
if __name__ == "__main__":
    second = SecondProcess()
    second.start(os.getpid)
    print(second.result(), flush=True)
    second.start(time.sleep, 60)
    time.sleep(60)
"""


def ended() -> None:
    raise EOFError("fichier court")


def lacking() -> None:
    raise MemoryError("essai")


def unreadable() -> None:
    raise UnicodeDecodeError("utf-8", b"x", 0, 1, "essai")


class Odd(Exception):
    def __init__(self, one: int, two: int) -> None:
        super().__init__(f"{one} et {two}")


def odd() -> None:
    raise Odd(1, 2)


def test_answers_come_in_order_from_another_process() -> None:
    with SecondProcess() as second:
        second.start(os.getpid)
        second.start(divmod, 7, 2)
        assert second.result() != os.getpid()
        assert second.result() == (3, 1)


def test_what_is_done_ahead_is_found_by_later_work_and_answers_nothing(tmp_path: Path) -> None:
    with SecondProcess() as second:
        second.ahead(os.chdir, tmp_path)
        second.ahead(odd)
        second.start(os.getcwd)
        assert second.result() == str(tmp_path)


def test_what_the_work_raises_is_raised_here_and_the_next_is_done() -> None:
    with SecondProcess() as second:
        for work in (ended, unreadable, odd, lacking, os.getpid):
            second.start(work)
        with pytest.raises(EOFError, match="fichier court") as met:
            second.result()
        assert any("in ended" in note for note in met.value.__notes__), "where it came from"
        with pytest.raises(UnicodeDecodeError, match="essai"):
            second.result()
        with pytest.raises(PublishFault, match=r"Odd\) : 1 et 2"):
            second.result()
        with pytest.raises(PublishFault, match="Mémoire insuffisante"):
            second.result()
        assert second.result()


def test_killed_it_is_said_to_lack_memory() -> None:
    with SecondProcess() as second:
        second.start(os.getpid)
        os.kill(second.result(), signal.SIGKILL)
        with pytest.raises(PublishFault, match="Mémoire insuffisante"):
            second.result()


def test_dead_with_a_code_it_is_said_to_be() -> None:
    with SecondProcess() as second:
        second.start(os._exit, 3)
        with pytest.raises(PublishFault, match=r"code 3"):
            second.result()


def test_nothing_is_left_of_it_when_its_block_is_left_or_its_run_killed(tmp_path: Path) -> None:
    with SecondProcess() as second:
        second.start(os.getpid)
        mine = second.result()
        second.start(time.sleep, 60)
    assert not _alive(mine)
    script = tmp_path / "run.py"
    script.write_text(RUN, encoding="utf-8")
    env = os.environ | {"PYTHONPATH": str(PROJECT_ROOT)}
    with subprocess.Popen([sys.executable, str(script)], env=env, stdout=subprocess.PIPE, text=True) as run:
        assert run.stdout is not None
        theirs = int(run.stdout.readline())
        assert _alive(theirs)
        run.kill()
    end = time.monotonic() + 10
    while _alive(theirs) and time.monotonic() < end:
        time.sleep(0.05)
    assert not _alive(theirs)


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    status = Path(f"/proc/{process}/stat")
    return not status.is_file() or status.read_text(encoding="utf-8").rsplit(")", 1)[1].split()[0] != "Z"
