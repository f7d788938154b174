"""What the replica holds, asked of it before a run: a source without real figures is not asked, nor
reported as a failure, but named."""

from __future__ import annotations

from collections.abc import Sequence

import requests

from extract.definitions import Definition, Part

ASKED_WITHIN = 30.0  # seconds


def unserved(base: str, parts: Sequence[tuple[Definition, Part]]) -> list[Part]:
    """The parts of which the replica at `base` has no figure. None when it does not say: what stands there is
    not a replica of ours, or answers nobody, and the run will tell."""
    questions = [
        {"protocole": definition.text("protocole"), "acces": part.acces} for definition, part in parts
    ]
    with requests.Session() as session:
        session.trust_env = False  # the replica is on this machine: no proxy
        try:
            answer = session.post(f"{base}/_servies", json=questions, timeout=ASKED_WITHIN)
            held = answer.json() if answer.ok else None
        except requests.exceptions.RequestException:
            return []
    if not isinstance(held, list) or len(held) != len(parts):
        return []
    return [part for (_, part), here in zip(parts, held, strict=True) if not here]


def grouped(parts: Sequence[Part], everything: Sequence[tuple[Definition, Part]]) -> list[str]:
    """Names to show: a source whose every part is missing is named once, without its partitions."""
    names: dict[str, None] = {}
    for part in parts:
        whole = all(one in parts for _, one in everything if one.source == part.source)
        names[part.source if whole else part.name] = None
    return list(names)
