"""pynsee 0.3.0 behind our transport.

pynsee fixes its addresses, turns TLS verification off, keeps a cache of thirty days and a rate database
in the user's home, retries on its own and prints bars. Here its sessions get our adapter (archive, TLS,
quotas, retries), its caches go to a folder that dies with the call, and its calls are made one at a time
because its state is global."""

from __future__ import annotations

import logging
import sys
import threading
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

import requests

from extract.durable import scratch

_LOCK = threading.RLock()
_ASK_FOR_A_FOLDER = ("pynsee.utils.save_df", "pynsee.utils.requests_session")


def _load(folder: str) -> None:
    """Import pynsee without letting it create folders in the user's home (its constants do so at import)."""
    if "pynsee" in sys.modules:
        return
    platformdirs = import_module("platformdirs")
    warnings.filterwarnings("ignore", module=r"pynsee\.")  # whoever runs this can do nothing about them
    with ExitStack() as undo:
        undo.enter_context(_replaced(platformdirs, "user_config_dir", lambda *_, **__: folder))
        undo.enter_context(_replaced(platformdirs, "user_cache_dir", lambda *_, **__: folder))
        import_module("pynsee")


@contextmanager
def mounted(mount: Callable[[requests.Session], None], unpacking: Path) -> Iterator[None]:
    """For the length of the block, every session that pynsee makes goes through `mount`, and nothing is
    cached longer, under `unpacking`."""
    with _LOCK, scratch(unpacking) as cache, ExitStack() as undo:
        folder = str(cache)
        _load(folder)
        sessions = import_module("pynsee.utils.requests_session")
        downloads = import_module("pynsee.macrodata._get_insee")
        for name in _ASK_FOR_A_FOLDER:  # names bound at import: replaced where they are used
            undo.enter_context(_replaced(sys.modules[name], "_create_insee_folder", lambda: folder))
        # a plain function becomes a method of the class: pynsee's session is its argument
        undo.enter_context(
            _replaced(sessions.PynseeAPISession, "_mount_adapters", lambda session: mount(session))
        )
        undo.enter_context(_replaced(sessions, "_get_credentials_from_configfile", dict))
        undo.enter_context(_replaced(import_module("pynsee.melodi.data"), "tqdm", _silent))
        logger = logging.getLogger("pynsee")  # its alarms are ours to tell, in the journal
        undo.callback(logger.setLevel, logger.level)
        logger.setLevel(logging.CRITICAL + 1)
        downloads._get_insee.cache_clear()
        undo.callback(downloads._get_insee.cache_clear)
        yield


def uncached(function: Callable[..., Any]) -> Callable[..., Any]:
    """pynsee's function under its cache decorator."""
    inner: Callable[..., Any] = getattr(function, "__wrapped__", function)
    return inner


@contextmanager
def _replaced(owner: Any, name: str, value: Any) -> Iterator[None]:
    kept = getattr(owner, name)
    setattr(owner, name, value)
    try:
        yield
    finally:
        setattr(owner, name, kept)


def _silent(items: Iterable[Any], **_: Any) -> Iterable[Any]:
    return items
