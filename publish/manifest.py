"""manifeste.json: what a release is made of, so that anyone may check it or make it again."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from pathlib import Path
from typing import Any

from extract import layout
from extract.archive import utc_text
from publish.errors import PublishFault
from publish.releases import MANIFEST


def sha256(path: Path) -> str:
    """The hex digest of a file, read by pieces."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def write(
    folder: Path,
    *,
    nom: str,
    made: datetime,
    inputs: dict[str, str],
    versions: dict[str, str],
    region: str,
    origin: str,
    rows: dict[str, int],
    counts: dict[str, int],
    content: dict[str, str],
) -> dict[str, Any]:
    """Writes the manifest of the release in `folder`; every other file is listed with its size and sha256.

    `content`: hash of each table, and of all under the empty name (publish.content)."""
    files = {
        path.relative_to(folder).as_posix(): {"octets": path.stat().st_size, "sha256": sha256(path)}
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != MANIFEST
    }
    written = {
        "format": layout.RELEASE,
        "release": nom,
        "produite_le": utc_text(made),
        "region": region,
        "origine": origin,
        "empreinte_entrees": inputs["entrees"],
        "empreintes": inputs,
        "empreinte_contenu": content[""],
        "empreintes_tables": {table: digest for table, digest in content.items() if table},
        "versions": versions,
        "controles": counts,
        "lignes": rows,
        "fichiers": files,
    }
    (folder / MANIFEST).write_text(json.dumps(written, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    return written


def verify(folder: Path) -> list[str]:
    """What differs between the manifest and the files, in words; empty when the release is whole."""
    try:
        content = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise PublishFault(f"Le manifeste de {folder} ne se lit pas : {error}") from error
    problems = []
    for name, expected in content["fichiers"].items():
        path = folder / name
        if not path.is_file():
            problems.append(f"{name} manque")
        elif path.stat().st_size != expected["octets"] or sha256(path) != expected["sha256"]:
            problems.append(f"{name} a changé depuis la publication")
    return problems
