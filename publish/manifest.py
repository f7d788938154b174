"""manifeste.json: what a release is made of, so that anyone may check it or make it again; manifeste.sha256:
its own digest, which `sha256sum -c manifeste.sha256` checks in the release's folder."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from pathlib import Path
from typing import Any

from extract import layout
from extract.archive import utc_text
from publish import releases
from publish.errors import PublishFault
from publish.releases import DATABASE, MANIFEST, Release

SEAL = "manifeste.sha256"
SEALED = (1, 2)  # the format of the releases from which on it is there
EXTRA = "n'est pas dans le manifeste (ajouté depuis la publication : à retirer)"
SPILL = f"{DATABASE}.tmp"  # DuckDB's folder, as long as a reader's query has not enough memory


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
    """Writes the manifest of the release in `folder` and its digest; every other file is listed with its size
    and sha256.

    `content`: hash of each table, and of all under the empty name (publish.content)."""
    files = {
        path.relative_to(folder).as_posix(): {"octets": path.stat().st_size, "sha256": sha256(path)}
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.relative_to(folder).as_posix() not in (MANIFEST, SEAL)
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
    seal(folder)
    return written


def seal(folder: Path) -> None:
    """Writes the digest of the manifest beside it, in the format of sha256sum."""
    (folder / SEAL).write_text(f"{sha256(folder / MANIFEST)}  {MANIFEST}\n", encoding="ascii")


def sealed(folder: Path) -> bool | None:
    """Whether the manifest is the one that its digest was made of; None when one of them is not there."""
    if not ((folder / SEAL).is_file() and (folder / MANIFEST).is_file()):
        return None
    told = (folder / SEAL).read_bytes().split()
    return told[:1] == [sha256(folder / MANIFEST).encode()]


def verify(folder: Path) -> list[str]:
    """What differs between the release in `folder` and what was published, in words; empty when it is whole.
    The manifest of a release from before its digest is taken at its word (`sealed`).

    Raises PublishFault when the manifest does not read, LayoutUnknown when it is of a newer layout."""
    intact = sealed(folder)
    if intact is False:
        return [
            f"{MANIFEST} a changé depuis la publication ({SEAL} le dit) : il ne prouve plus rien du reste"
        ]
    release = releases.read(folder)
    try:
        listed = {name: (one["octets"], one["sha256"]) for name, one in release.manifest["fichiers"].items()}
    except (KeyError, TypeError, AttributeError) as error:
        raise PublishFault(f"{folder / MANIFEST} est illisible : il ne liste pas ses fichiers.") from error
    problems = [f"{SEAL} manque"] if intact is None and _format(release) >= SEALED else []
    for name, (size, digest) in listed.items():
        path = folder / name
        if not path.is_file():
            problems.append(f"{name} manque")
        elif path.stat().st_size != size or sha256(path) != digest:
            problems.append(f"{name} a changé depuis la publication")
    return problems + [f"{name} {EXTRA}" for name in _unlisted(release)]


def _unlisted(release: Release) -> list[str]:
    """The files of a release that its manifest does not know. A newer minor may have some of its own beside
    it, of which nothing can be told."""
    if _format(release) > layout.parts(layout.RELEASE):
        return []
    paths = (path for path in release.folder.rglob("*") if path.is_symlink() or not path.is_dir())
    names = {path.relative_to(release.folder).as_posix() for path in paths}
    known = {MANIFEST, SEAL, *release.manifest["fichiers"]}
    return sorted(name for name in names - known if not name.startswith(f"{SPILL}/"))


def _format(release: Release) -> tuple[int, ...]:
    return layout.parts(release.manifest.get("format", layout.FIRST))
