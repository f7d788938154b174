"""`python -m extract docs`: the lists of datasets in docs/producteurs, written from the yamls."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from extract.definitions import Definition
from extract.settings import PROJECT_ROOT

FOLDER = PROJECT_ROOT / "docs" / "producteurs"
MARKS = re.compile(r"(<!-- jeux (?P<whose>\S+) -->\n).*?(<!-- /jeux -->)", re.DOTALL)
BY_PROTOCOL = "protocole:"


def rewrite(definitions: Iterable[Definition], folder: Path = FOLDER) -> list[Path]:
    """Write the lists between their marks; returns the pages that changed."""
    definitions = list(definitions)
    changed = []
    for page in sorted(folder.glob("*.md")):
        before = page.read_text(encoding="utf-8")
        after = MARKS.sub(lambda mark: mark[1] + listed(definitions, mark["whose"]) + mark[3], before)
        if after != before:
            page.write_text(after, encoding="utf-8")
            changed.append(page)
    return changed


def whose(text: str) -> list[str]:
    """The producers (or protocols) whose datasets a page lists."""
    return [mark["whose"] for mark in MARKS.finditer(text)]


def listed(definitions: Iterable[Definition], whose: str) -> str:
    """The table of a producer's datasets (the prefix of their names), or of a protocol's."""
    chosen = [
        one
        for one in definitions
        if (
            one.text("protocole") == whose.removeprefix(BY_PROTOCOL)
            if whose.startswith(BY_PROTOCOL)
            else one.source.split("__")[0] == whose
        )
    ]
    if not chosen:
        return "Rien pour le moment.\n"
    rows = [
        f"| `{one.source}` | [{one.text('titre')}]({one.text('page')}) | {one.text('frequence')} "
        f"| {one.text('protocole')} |"
        for one in chosen
    ]
    return "\n".join(["| source | jeu | rythme | demandé par |", "|---|---|---|---|", *rows, ""])
