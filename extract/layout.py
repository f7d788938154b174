"""Numbers of the layouts: what a version of the code may read of what another one wrote.

A number is `major.minor`. A minor one adds (a file, a field, a table): whoever knows the major reads it and
leaves aside what it does not know. A major one changes what was there: older code refuses it and says so,
newer code reads the major before its own or brings it up to date. No number means 1.0, from before there
were any. What is made from the archive (landing, build folder) has no number: it is made again.

The archive's number is `archive/format.json`; a release's is `format` of its manifest.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path

from extract.durable import write_text
from extract.errors import LayoutUnknown

FILE = "format.json"
FIRST = "1.0"
ARCHIVE = "1.2"  # 1.1: `somme` in the lines of the journal; 1.2: the digest of contexte.json beside it
RELEASE = "1.2"  # 1.1: `format` is written in the manifest; 1.2: the digest of the manifest beside it
# From a major to the next one: changes the folder in place. It may be killed anywhere and run again on what
# it left, and never removes a received byte: the number is written after it.
MIGRATIONS: Mapping[int, Callable[[Path], None]] = {}


def major(number: object, what: str) -> int:
    """The major of a number. Raises LayoutUnknown, naming `what`, for a text that is no number."""
    found = re.fullmatch(r"([1-9][0-9]*)\.[0-9]+", str(number))
    if found is None:
        raise LayoutUnknown(f"{what} : « {number} » n'est pas un numéro de format (1.0).")
    return int(found[1])


def parts(number: object) -> tuple[int, ...]:
    """A number that reads, as one compares it."""
    return tuple(int(part) for part in str(number).split("."))


def refuse_newer(number: object, ours: str, what: str) -> None:
    """Raises LayoutUnknown when `number` has a major that code writing `ours` does not know."""
    if major(number, what) > major(ours, what):
        raise LayoutUnknown(
            f"{what} a le format {number}, celui d'une version plus récente de ce programme, qui connaît le"
            f" {ours}. Rien n'a été lu ni écrit. Mettez le programme à jour (git pull, make), ou gardez ce"
            " dossier pour la version qui l'a fait (docs/mise-a-jour.md)."
        )


def of_archive(root: Path) -> str:
    """The number of the archive in a folder. Raises LayoutUnknown when its file does not read."""
    path = root / FILE
    if not path.is_file():
        return FIRST
    try:
        number = str(json.loads(path.read_text(encoding="utf-8"))["format"])
        major(number, FILE)
    except (ValueError, KeyError, TypeError, LayoutUnknown) as error:
        raise LayoutUnknown(
            f'{path} est abîmé ({error}) : écrivez-y la ligne {{"format": "{ARCHIVE}"}} et relancez.'
        ) from error
    return number


def check(root: Path) -> None:
    """Raises LayoutUnknown when the archive is of a newer major than ours."""
    refuse_newer(of_archive(root), ARCHIVE, f"L'archive {root}")


def migrate(
    root: Path, migrations: Mapping[int, Callable[[Path], None]] = MIGRATIONS, ours: str = ARCHIVE
) -> list[int]:
    """Brings the archive to our layout, under its lock; returns the majors that it went through.

    Raises LayoutUnknown when it is of a newer major."""
    number, what = of_archive(root), f"L'archive {root}"
    refuse_newer(number, ours, what)
    gone = []
    for step in range(major(number, what), major(ours, what)):
        migrations[step](root)
        write_text(root / FILE, json.dumps({"format": f"{step + 1}.0"}) + "\n")
        gone.append(step)
    # A newer minor stays: what its code added is still there, and ours leaves it aside.
    if not (root / FILE).is_file() or parts(number) < parts(ours):
        write_text(root / FILE, json.dumps({"format": ours}) + "\n")
    return gone
