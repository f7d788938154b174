"""courante.json: what it tells readers who cannot follow a symlink, and which releases an operator set aside.

Those are told nowhere else, and would be published again if they were forgotten: the file carries the
checksum of what it says, and `_courante.json` is the same beside it. The version before writes neither."""

from __future__ import annotations

import json
import zlib
from pathlib import Path
from typing import Any

from extract.durable import write_text
from publish.errors import PublishFault

POINTER, COPY = "courante.json", "_courante.json"
SUM = "somme"


def read(published: Path) -> dict[str, Any]:
    """What the file says, or its copy when it is spoilt; empty when there was never one. Raises PublishFault
    when neither reads."""
    told, copy = _said(published / POINTER), _said(published / COPY)
    if told is None and copy is None and _there(published):
        path = published / POINTER
        raise PublishFault(
            f"{path} ne se lit plus, ni {COPY} à côté : rien ne dit plus quelles releases un retour arrière a"
            " mises de côté, et elles seraient republiées. Rien n'est changé, les lecteurs gardent la release"
            f" en cours. Remettez l'un des deux d'une sauvegarde, ou écrivez dans {path} la ligne"
            ' {"ecartees": []}, avec entre les crochets le nom, entre guillemets, de chaque release que make'
            " rollback a dit mettre de côté (ce qui reste du fichier les montre souvent), puis relancez."
        )
    return told if told is not None else copy or {}


def write(published: Path, content: dict[str, Any]) -> None:
    """Writes the copy, then the file: killed between the two, `agree` is False."""
    text = json.dumps(content | {SUM: _sum(content)}, ensure_ascii=False, indent=2) + "\n"
    for name in (COPY, POINTER):
        write_text(published / name, text)


def agree(published: Path) -> bool:
    """Whether the file and its copy are whole and say the same."""
    told = _said(published / POINTER)
    return told is not None and told == _said(published / COPY)


def faults(published: Path) -> list[str]:
    """Which of the two is spoilt, in words."""
    return [f"{name} est abîmé" for name in _there(published) if _said(published / name) is None]


def _there(published: Path) -> list[str]:
    return [name for name in (POINTER, COPY) if (published / name).exists()]


def _said(path: Path) -> dict[str, Any] | None:
    """What a file says without its checksum; None when it is spoilt, or not there."""
    try:
        told = dict(json.loads(path.read_text(encoding="utf-8")))
        list(told.get("ecartees", []))
    except (OSError, ValueError, TypeError):
        return None
    summed = told.pop(SUM, None)
    return told if summed in (None, _sum(told)) else None


def _sum(content: dict[str, Any]) -> str:
    return f"{zlib.crc32(json.dumps(content, ensure_ascii=False, sort_keys=True).encode()):08x}"
