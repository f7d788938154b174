"""What `make verify` looked at, what does not hold, what to do."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field


@dataclass
class Report:
    """What was looked at, what does not hold and what to do about it (`conseils`); releases of a version
    before the digest of their manifest (`sans_empreinte`), and of a later one, which are not read
    (`illisibles`)."""

    objets: int = 0
    releases: int = 0
    fichiers: int = 0
    sans_empreinte: list[str] = field(default_factory=list)
    illisibles: list[str] = field(default_factory=list)
    octets_faux: list[str] = field(default_factory=list)
    conseils: list[str] = field(default_factory=list)
    verdicts: Counter[tuple[str, str]] = field(default_factory=Counter)
    differences: list[str] = field(default_factory=list)
    inconnues: Counter[str] = field(default_factory=Counter)
    termes: int = 0

    @property
    def juste(self) -> bool:
        """True when no byte and no figure differs."""
        return not self.octets_faux and not self.differences
