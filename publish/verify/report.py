"""What `make verify` looked at, what does not hold, what to do."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from publish.errors import FAULT, PUBLISHED, REFUSED


@dataclass
class Report:
    """What was looked at, what does not hold and what to do about it (`conseils`); releases of a version
    before the digest of their manifest (`sans_empreinte`), and of a later one, which are not read
    (`illisibles`); why no figure was made again, when none was (`sans_chiffres`)."""

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
    sans_chiffres: str = ""

    @property
    def code(self) -> int:
        """The exit code: no figure made again is not a figure that holds."""
        if not self.juste:
            return REFUSED
        return FAULT if self.sans_chiffres else PUBLISHED

    @property
    def juste(self) -> bool:
        """True when no byte and no figure differs."""
        return not self.octets_faux and not self.differences
