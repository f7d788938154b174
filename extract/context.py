"""Whom an archive speaks for: `contexte.json`, {"origine", "region"}, written once, at first acceptance.

The version before compares that file with its own two words, so no checksum may be in it: `contexte.sha256`
(in the format of sha256sum) lies beside it. It tells a flipped bit from the archive of another region."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from extract.durable import write_text
from extract.errors import ArchiveDamaged, ContextMismatch
from extract.settings import Settings

FILE, SEAL = "contexte.json", "contexte.sha256"
Context = dict[str, str]


def claim(root: Path, settings: Settings, *, deposit: bool = False) -> None:
    """Ties the archive to the region and the origin of its first accepted delivery. Raises ContextMismatch
    when it belongs to others, ArchiveDamaged when nothing sure says to whom; a spoilt file that its digest
    says to be ours is written again. `deposit`: nobody is asked, only the region must be the archive's."""
    mine = {"origine": settings.origine, "region": settings.region}
    line = json.dumps(mine, ensure_ascii=False) + "\n"
    found, sealed = _bytes(root / FILE), _sealed(root)
    new, ours = found is None and sealed is None, sealed == _digest(line.encode())
    if new or (ours and sealed != _digest(found)):
        write_text(root / FILE, line)
        found = line.encode()
    theirs = _read(found)
    if theirs == mine:
        if sealed != _digest(found):
            write_text(root / SEAL, f"{_digest(found)}  {FILE}\n")
        return
    path = root / FILE
    if wrong := fault(root):
        raise ArchiveDamaged(
            f"{path} est abîmé ({wrong}) : il dit pour quelle région et de quels producteurs sont les"
            " chiffres de cette archive. Rien n'est accepté ni publié, les lecteurs gardent la release en"
            f" cours. Remettez-le, avec {SEAL}, tel que le garde une sauvegarde. Sinon, si cette archive est"
            f" pour {_words(mine)} comme cette exécution (le manifeste de ses releases le dit), écrivez dans"
            f" {FILE} la ligne {line.strip()} et relancez ; si elle est pour d'autres, donnez à l'exécution"
            " leur région et leurs producteurs."
        )
    assert theirs is not None
    if deposit and theirs["region"] == mine["region"]:
        return
    unsure = (
        f" Si ces données sont pourtant pour {_words(mine)} (le manifeste de leurs releases le dit), c'est"
        f" {path} qui est abîmé : écrivez-y la ligne {line.strip()}."
    )
    raise ContextMismatch(
        f"Le dossier {settings.data} contient déjà des données d'un autre contexte : {_words(theirs)} ; cette"
        f" exécution est pour {_words(mine)}. Rien n'a été ajouté. Donnez un autre dossier par"
        " REFERENTIEL_DATA, ou à cette exécution la région et les producteurs de celui-ci"
        f" (REFERENTIEL_REGION, REFERENTIEL_PRODUCTEURS).{unsure if sealed is None else ''}"
    )


def written(root: Path) -> bool:
    """Whether the archive is already somebody's."""
    return any((root / name).exists() for name in (FILE, SEAL))


def read(root: Path) -> Context | None:
    """What the archive's context says; None when it does not read, or was never written."""
    return _read(_bytes(root / FILE))


def fault(root: Path) -> str:
    """What is wrong with the archive's context, in words; empty when nothing is, or nothing can tell."""
    found, sealed = _bytes(root / FILE), _sealed(root)
    if found is None:
        return "il manque" if sealed is not None else ""
    if _read(found) is None:
        return "il ne se lit pas"
    return f"il n'a pas l'empreinte de {SEAL}" if sealed not in (None, _digest(found)) else ""


def _bytes(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None


def _digest(found: bytes | None) -> str:
    return hashlib.sha256(found or b"").hexdigest()


def _sealed(root: Path) -> str | None:
    """The digest that was noted, whatever a damage made of it; None for an archive of the version before."""
    noted = _bytes(root / SEAL)
    return None if noted is None else noted.decode("ascii", "replace").partition(" ")[0]


def _read(found: bytes | None) -> Context | None:
    try:
        told = json.loads(found or b"")
        return {name: str(told[name]) for name in ("origine", "region")}
    except (ValueError, KeyError, TypeError):
        return None


def _words(context: Context) -> str:
    origin = (
        "la réplique de démonstration" if context["origine"] == "replique" else "les producteurs eux-mêmes"
    )
    return f"région {context['region']}, {origin}"
