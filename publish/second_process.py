"""The second process of a run: it writes what a release owes to the figures alone while the first one judges
them. Both are Python, and one process of it keeps one core busy."""

from __future__ import annotations

import gc
import importlib
import multiprocessing
import os
import pickle
import signal
import threading
import traceback
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection
from types import TracebackType
from typing import Any, Self

from publish.dbt_process import ABANDONED, LOOKS
from publish.errors import PublishFault, lacks_memory, no_memory

LOADED = "publish.release"  # takes seconds: loaded while dbt builds


class SecondProcess:
    """A process of our own that does pieces of work, one after the other; nothing of it is left when its
    block is left, nor when the run that started it is killed."""

    def __init__(self) -> None:
        # Never forked: a thread of DuckDB that a fork leaves behind would be waited for without end.
        context = multiprocessing.get_context("spawn")
        self._answers, self._theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(self._theirs,), name="release")

    def load(self) -> None:
        """Starts the process, unless it was: it loads what it works with. Raises PublishFault."""
        if self._process.pid is None:
            try:
                self._process.start()
            except OSError as error:
                raise PublishFault(f"Le processus qui écrit la release ne démarre pas : {error}") from error
            self._theirs.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()

    def start(self, work: Callable[..., Any], *arguments: object) -> None:
        """Has `work(*arguments)` done; both must be what pickle takes. Returns at once."""
        self._send(work, arguments, True)

    def ahead(self, work: Callable[..., object], *arguments: object) -> None:
        """Has `work(*arguments)` done for what it leaves in the process, where later work finds it. There is
        no result of it, and what it raises is met again by the work that needs it."""
        self._send(work, arguments, False)

    def _send(self, work: Callable[..., Any], arguments: tuple[object, ...], answered: bool) -> None:
        self.load()
        try:
            self._answers.send_bytes(pickle.dumps((work, arguments, answered)))
        except OSError as error:
            raise self._silent() from error

    def result(self) -> Any:
        """What the first piece of work not yet asked for returned, when it is done. Raises what it raised;
        PublishFault when the process died, and for a lack of memory."""
        try:
            answer, error = self._answers.recv()
        except (EOFError, OSError) as silence:
            raise self._silent() from silence
        if error is not None:
            raise error
        return answer

    def end(self) -> None:
        """Ends the process, whatever it does."""
        if self._process.pid is not None:
            self._process.kill()
            self._process.join()
        self._answers.close()

    def _silent(self) -> PublishFault:
        self._process.join()
        code = self._process.exitcode
        if code == -signal.SIGKILL:
            return PublishFault(
                no_memory("l'écriture de la release a été tuée, comme le système le fait quand elle manque")
            )
        return PublishFault(f"Le processus qui écrit la release s'est arrêté sans rien dire (code {code}).")


def _serve(tasks: Connection) -> None:
    """What the process does: an answer to every task of which one is asked."""
    gc.set_threshold(*LOOKS)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the run is told to stop, and ends this
    threading.Thread(target=_end_with_parent, daemon=True).start()
    with suppress(Exception):  # met again, and told, by the task that needs it
        importlib.import_module(LOADED)
    while True:
        try:
            asked = tasks.recv_bytes()
        except EOFError:  # nothing more is asked
            return
        answer, answered = _done(asked)
        if answered:
            tasks.send(answer)


def _done(asked: bytes) -> tuple[tuple[Any, Exception | None], bool]:
    """What the work returned and raised, and whether that is asked."""
    answered = True
    try:
        work, arguments, answered = pickle.loads(asked)
        return (work(*arguments), None), answered
    except Exception as error:
        return (None, _portable(error)), answered


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os._exit(ABANDONED)


def _portable(error: Exception) -> Exception:
    """The exception as another process can raise it, with its trace as a note; what it came from is lost on
    the way, so that a lack of memory is told here."""
    if lacks_memory(error):
        return PublishFault(no_memory(error))
    error.add_note(traceback.format_exc())
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:  # some take other arguments than they show
        told = PublishFault(f"La release ne s'écrit pas ({type(error).__name__}) : {error}")
        told.add_note(traceback.format_exc())
        return told
    return error
