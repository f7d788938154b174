"""The footnotes of a report, numbered as its figures call them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from publish import words
from publish.exports.reports.document import Block, Card, Chart, Note, Page, Picture, Source, Table
from publish.exports.reports.facts import Facts, Key

# What the release says of a figure that was received once: the legend says it once for all.
UNKNOWN = "Révisions inconnues"
LEGEND = (
    "secret : couvert par le secret statistique ; n.d. : non disponible ; (p) : provisoire ; (e) : estimé ou"
    " prévu ; (!) : fiabilité faible ; pt : point de pourcentage ; * : l'évolution franchit une rupture de"
    " série, que dit la note. Le rang 1 est la plus forte valeur. Fiabilité : sans mention dans la note, les"
    " révisions du chiffre ne sont pas connues."
)


@dataclass
class Notes:
    """Gives a number to each indicator in the order of its first call."""

    facts: Facts
    _numbers: dict[str, int] = field(default_factory=dict)
    _periods: dict[str, set[str]] = field(default_factory=dict)
    _keys: dict[str, Key] = field(default_factory=dict)

    def call(self, indicator: str, key: Key | None = None) -> int:
        """The number of the note of an indicator; `key` says the geography and date of its figure."""
        number = self._numbers.setdefault(indicator, len(self._numbers) + 1)
        if key is not None and key.valeur is not None:
            self._keys.setdefault(indicator, key)
        return number

    def source(self, indicator: str, period: str, *more: str, key: Key | None = None) -> Source:
        """The line under a chart."""
        one = self.facts.indicators[indicator]
        number = self.call(indicator, key)
        known = key or self._keys.get(indicator)
        geography = f"géographie COG {known.millesime}" if known and known.millesime else ""
        # The short name of the producer, when it gives one in brackets.
        said = [f"Source : {producer(one.producteur)}, {period}", geography, *more]
        return Source(" ; ".join(part for part in said if part), number)

    def in_reading_order(self, pages: list[Page]) -> list[Page]:
        """The pages with their notes numbered as they are read: charts are chosen before they are placed."""
        first: dict[int, int] = {}

        def number(old: int) -> int:
            return first.setdefault(old, len(first) + 1) if old else 0

        def read(block: Block) -> Block:
            match block:
                case Card():
                    return block._replace(note=number(block.note))
                case Chart():
                    source = block.source._replace(note=number(block.source.note))
                    for indicator in block.indicators:
                        number(self._numbers[indicator])
                    return replace(block, source=source)
                case Picture():
                    return replace(block, source=block.source._replace(note=number(block.source.note)))
                case Table():
                    rows = [[cell._replace(note=number(cell.note)) for cell in row] for row in block.rows]
                    return replace(block, rows=rows)
            return block

        made = [
            replace(page, rows=[tuple((share, read(block)) for share, block in row) for row in page.rows])
            for page in pages
        ]
        # Asked, but not kept: a question without an answer calls no note.
        self._numbers = {
            indicator: first[old]
            for indicator, old in sorted(self._numbers.items(), key=lambda pair: first.get(pair[1], 0))
            if old in first
        }
        return made

    def written(self) -> list[Note]:
        """All of them, in order, then their sources, lettered: what is common to many is said once."""
        made: list[Note] = []
        letters: dict[tuple[str, str, str, str], str] = {}
        for indicator, number in self._numbers.items():
            one, key = self.facts.indicators[indicator], self._keys.get(indicator)
            parts = [one.definition.rstrip(".") + "."]
            if key is not None:
                geography = f", géographie COG {key.millesime}" if key.millesime else ""
                when = f", publié le {words.day(key.publie_le)}" if key.publie_le else ""
                parts.append(f"{_capital(words.period(key.periode))}{geography}{when}.")
                if key.fiabilite and not key.fiabilite.startswith("Calculé") and UNKNOWN not in key.fiabilite:
                    parts.append(key.fiabilite.rstrip(".") + ".")
            if one.notes:
                parts.append(one.notes.rstrip(".") + ".")
            if key is not None and key.rupture and "upture" not in (one.notes or ""):
                parts.append(f"* {key.rupture.rstrip('.')}.")
            source = (one.source_titre or one.producteur, one.champ or "", one.licence, one.attribution or "")
            letter = letters.setdefault(source, _letter(len(letters)))
            computed = (
                "Calcul du référentiel, source" if one.producteur.startswith("Référentiel") else "Source"
            )
            made.append(Note(str(number), one.libelle, f"{' '.join(parts)} {computed} {letter}."))
        for (title, scope, licence, attribution), letter in letters.items():
            said = [attribution, f"Champ : {scope}" if scope else "", licence]
            made.append(Note(letter, title, " ".join(part.rstrip(".") + "." for part in said if part)))
        return made


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _letter(index: int) -> str:
    return chr(ord("A") + index) if index < 26 else f"A{index - 25}"


def producer(name: str) -> str:
    """« Institut national … (Insee) » → « Insee »."""
    return name[name.rindex("(") + 1 : -1] if name.endswith(")") and "(" in name else name
