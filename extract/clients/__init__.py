"""One client per protocol. A client asks (`collect`) and says how to read what came; it never writes the
landing."""

from __future__ import annotations

from collections.abc import Callable

from extract.clients import bdm, datagouv, fichier, melodi, opendatasoft, parquet
from extract.clients.common import Ask, Collected

Collect = Callable[[Ask], Collected]

CLIENTS: dict[str, Collect] = {
    "bdm": bdm.collect,
    "melodi": melodi.collect,
    "opendatasoft": opendatasoft.collect,
    "datagouv": datagouv.collect,
    "fichier": fichier.collect,
    "parquet": parquet.collect,
}
CLASSIFY: dict[str, Callable[[str], str]] = {
    "bdm": bdm.classify,
    "melodi": melodi.classify,
    "opendatasoft": opendatasoft.classify,
    "datagouv": datagouv.classify,
    "fichier": fichier.classify,
    "parquet": parquet.classify,
}
USES_PYNSEE = frozenset({"bdm", "melodi"})  # pynsee keeps global state: its calls are made one at a time

__all__ = ["CLASSIFY", "CLIENTS", "USES_PYNSEE", "Ask", "Collected"]
