"""The inputs' hash of a release: what was received, what people decided, and the code that turns it into
figures."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from extract.settings import PROJECT_ROOT, Settings
from publish.errors import PublishFault

# What may change a published figure, its description or its judgement. Tests and documents cannot.
CODE = (
    "dbt_project.yml",
    "profiles.yml",
    "seeds",
    "models",
    "macros",
    "tests/generic",
    "tests/singular",
    "expectations",
    "publish",
)
SUFFIXES = {".sql", ".yml", ".yaml", ".csv", ".py", ".md", ".json"}
PACKAGES = ("dbt-core", "dbt-duckdb", "duckdb", "great-expectations", "xlsxwriter")


@dataclass(frozen=True)
class Inputs:
    """The hashes (hex) of what a release was made from: all of it (`fingerprint`), the landing, the code."""

    entrees: str
    landing: str
    code: str


def versions() -> dict[str, str]:
    """The versions that take part in making a release."""
    return {package: version(package) for package in PACKAGES}


def _files(root: Path) -> Iterator[Path]:
    for entry in CODE:
        path = root / entry
        if path.is_file():
            yield path
        elif path.is_dir():
            yield from (
                f
                for f in sorted(path.rglob("*"))
                if f.is_file() and f.suffix in SUFFIXES and "__pycache__" not in f.parts
            )


def code_hash(root: Path = PROJECT_ROOT) -> str:
    """sha256 over names and contents of seeds, models, macros, tests of data, expectations and
    publication."""
    digest = hashlib.sha256()
    for path in _files(root):
        digest.update(path.relative_to(root).as_posix().encode() + b"\0")
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    for package, number in versions().items():
        digest.update(f"{package}=={number}\0".encode())
    return digest.hexdigest()


def require_same_code(code: str) -> None:
    """Raises PublishFault when the code on disk is not that of the hash any more: what was loaded before and
    what was loaded since are two codes, and what they make together is of neither."""
    if code_hash() != code:
        raise PublishFault(
            "Le code a changé pendant l'exécution (git pull ?) : ce qu'elle a construit mêle deux versions."
            " Rien n'est publié, les lecteurs gardent la release en cours. Relancez."
        )


def fingerprint(settings: Settings, landing: str, code: str) -> str:
    """sha256 hex of all inputs: the landing's fingerprint, the code's, the region and the origin of the
    figures."""
    return hashlib.sha256("\0".join([landing, code, settings.region, settings.origine]).encode()).hexdigest()
