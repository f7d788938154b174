"""The words of the judgement: an expectation, a suite, a check's outcome, a verdict."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

Severite = Literal["bloquant", "avertissement"]
Resultat = Literal["reussi", "echoue", "averti", "sans_objet"]

# Great Expectations has three severities; ours are two, a check that informs without consequence is a qc__
# model.
GX_SEVERITY: dict[str, str] = {"bloquant": "critical", "avertissement": "warning"}


class ExpectationFault(Exception):
    """Our own fault (bad suite file, SQL that does not run, exception in the engine): never bad data (exit
    2)."""


@dataclass(frozen=True)
class Expectation:
    """One sentence that must hold, with the frame it is read on and the Great Expectations type that reads
    it."""

    id: str
    phrase: str
    severite: Severite
    raison: str
    historique: tuple[str, ...]
    requete: str
    type: str
    kwargs: dict[str, Any]
    ou: tuple[str, ...] = ()
    region: str | None = None
    precedente: bool = False
    vide: Literal["refuse", "permis"] = "refuse"
    # The sheet of the vigilance workbook that lists the rows which fail it.
    vigilance: str | None = None


@dataclass(frozen=True)
class Suite:
    """The expectations on one published table; `nom` is the file's name."""

    nom: str
    table: str
    description: str
    attentes: tuple[Expectation, ...]


@dataclass(frozen=True)
class Controle:
    """One row of the published table `controles`."""

    controle: str
    famille: str
    severite: str
    resultat: Resultat
    objet: str
    phrase: str
    detail: str = ""
    # Every failing row, for the vigilance workbook; `detail` names the first ones.
    lignes: tuple[dict[str, Any], ...] = field(default=(), compare=False, repr=False)
    vigilance: str | None = None

    def row(self) -> tuple[str, str, str, str, str, str, str]:
        """The row in the order of the table's columns."""
        return (
            self.controle,
            self.famille,
            self.severite,
            self.resultat,
            self.objet,
            self.phrase,
            self.detail,
        )


@dataclass
class Verdict:
    """Everything that was checked and what follows from it."""

    controles: list[Controle] = field(default_factory=list)
    fautes: list[str] = field(default_factory=list)

    @property
    def refus(self) -> list[Controle]:
        """The failed checks that forbid publication."""
        return [c for c in self.controles if c.resultat == "echoue"]

    @property
    def avertissements(self) -> list[Controle]:
        """The failed checks that are published and told in NOTE.md."""
        return [c for c in self.controles if c.resultat == "averti"]

    @property
    def code(self) -> int:
        """Exit code of the CONTRACT: 0 publish, 1 refused, 2 our fault. A fault hides nothing: it wins."""
        return 2 if self.fautes else 1 if self.refus else 0

    def extend(self, other: Verdict) -> None:
        """Adds another judgement's checks and faults to this one."""
        self.controles += other.controles
        self.fautes += other.fautes
