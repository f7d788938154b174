"""Which questions a portrait asks (questions.yml), and the ten that it keeps: the themes in turn, so that a
release rich in one of them does not silence the others."""

from __future__ import annotations

import functools
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from extract import described
from publish import words
from publish.errors import PublishFault
from publish.exports import COMPARED
from publish.exports.reports import questions as q
from publish.exports.reports.document import Chart
from publish.exports.reports.questions import Asked

FILE = Path(__file__).with_name("questions.yml")
SCHEMA = Path(__file__).with_name("questions.schema.json")
OTHERS = "Autres"  # the theme of what no question of the file asks
FORMS: dict[str, Callable[..., Chart | None]] = {
    "annees": q.yearly,
    "carte": q.communes_map,
    "courbe": q.trend,
    "ecart": q.gap,
    "ensemble": q.together,
    "indice": q.index,
    "premieres_communes": q.largest,
    "quantites": q.amounts,
    "rang": q.rank,
    "repartition": q.breakdown,
    "structure": q.structure,
    "zones": q.zones,
}


@dataclass(frozen=True)
class Row:
    """A question of the file. `subject`: an indicator, or several with their short names."""

    theme: str
    form: str
    subject: str | tuple[tuple[str, str], ...]
    question: str
    axis: str | None = None
    sentence: str | None = None
    around: str | None = None
    unless: str | None = None

    def ask(self, asked: Asked) -> Chart | None:
        """The answer, None when the release has none there."""
        if self.unless is not None and (
            asked.key(self.unless) is not None or asked.series(self.unless, asked.territory)
        ):
            return None
        more: list[Any] = []
        if self.around is not None:
            where = AROUND[self.around](asked)
            if where is None or where == asked.territory:
                return None
            more = [where]
        first = [self.axis] if self.axis is not None else []
        more += [SENTENCES[self.sentence]] if self.sentence is not None else []
        question = self.question.format(niveau=asked.level.plural)
        return FORMS[self.form](asked, self.subject, *first, question, *more)


class Questions(NamedTuple):
    """The file, read: the order in which themes are given the floor, then again, then last; the rows."""

    turns: tuple[str, ...]
    again: tuple[str, ...]
    last: tuple[str, ...]
    rows: tuple[Row, ...]


@functools.cache
def read(path: Path = FILE) -> Questions:
    """The questions of a file. Raises PublishFault with the place in the file when it is not understood."""
    raw = described.read(path, SCHEMA, PublishFault)
    spoken = {*raw["tours"], *raw["suite"], *raw["en_dernier"]}
    silent = [
        f"questions.{place} : le thème « {item['theme']} » n'a jamais la parole"
        for place, item in enumerate(raw["questions"])
        if item["theme"] not in spoken
    ]
    if silent:
        raise PublishFault(f"{path.name} : " + " ; ".join(silent))
    rows = tuple(
        Row(
            item["theme"],
            item["forme"],
            item.get("indicateur") or tuple(item["indicateurs"].items()),
            item["question"],
            item.get("axe"),
            item.get("phrase"),
            item.get("autour"),
            item.get("sauf"),
        )
        for item in raw["questions"]
    )
    return Questions(tuple(raw["tours"]), tuple(raw["suite"]), tuple(raw["en_dernier"]), rows)


def chosen(asked: Asked, most: int) -> list[Chart]:
    """At most `most` answers, in the order in which they are read."""
    turns, again, last, rows = read()
    order = [*dict.fromkeys(turns), *last]
    waiting: dict[str, list[tuple[int, Callable[[], Chart | None]]]] = defaultdict(list)
    for row in rows:
        waiting[row.theme].append((len(waiting[row.theme]), functools.partial(row.ask, asked)))
    waiting[OTHERS] += enumerate(_whatever_else(asked), len(waiting[OTHERS]))
    kept: list[tuple[int, int, Chart]] = []

    def turn(theme: str) -> None:
        while waiting[theme]:
            place, ask = waiting[theme].pop(0)
            if (chart := ask()) is not None:
                kept.append((order.index(theme), place, chart))
                return

    while any(waiting[theme] for theme in turns) and len(kept) < most:
        for theme in turns:
            if len(kept) < most:
                turn(theme)
        turns = again
    for theme in last:
        while waiting[theme] and len(kept) < most:
            turn(theme)
    return [chart for _, _, chart in sorted(kept, key=lambda k: k[:2])]


def _whatever_else(asked: Asked) -> Iterator[Callable[[], Chart | None]]:
    """Whatever else is known: a rate beside others."""
    for indicator, one in asked.facts.indicators.items():
        if one.nature in COMPARED and indicator not in q.BREAKS:
            yield functools.partial(q.gap, asked, indicator, f"{one.libelle} : quel écart ?")


def _population(asked: Asked) -> str:
    key = asked.key("evolution_annuelle_population")
    own = asked.key("population_municipale")
    said = f"{asked.say(own)} habitants en {own.periode}" if own else ""
    if key is None:
        return said + "."
    since = int(key.periode) - 5
    return f"{said} ; {q.signed(key, asked)} par an de {since} à {key.periode}{q.beside(key, asked)}."


def _employment(asked: Asked) -> str:
    key = asked.key("evolution_emploi_salarie_prive_5_ans")
    own = asked.key("emploi_salarie_prive")
    said = f"{asked.say(own)} emplois fin {own.periode}" if own else ""
    return said + (f" ; {q.signed(key, asked)} en cinq ans{q.beside(key, asked)}." if key else ".")


def _output(asked: Asked) -> str:
    key = asked.key("pib_valeur")
    if key is None:
        return ""
    return f"{asked.say(key)} {asked.facts.indicators['pib_valeur'].unite} en {words.period(key.periode)}."


# The answer printed above a curve in base 100, which shows no value.
SENTENCES: dict[str, Callable[[Asked], str]] = {
    "emploi": _employment,
    "population": _population,
    "production": _output,
}
# The territory that may speak for the one asked about; None when none may.
AROUND: dict[str, Callable[[Asked], str | None]] = {
    "departement": q.mainly_in,
    "zone_emploi": lambda asked: asked.facts.employment_area(asked.territory),
}
