"""The questions that the charts of a portrait answer, each for any territory that has the figures.

A question gives a Chart, or None when the release cannot answer it there: the next one is asked. What is only
known around the territory (its zone d'emploi, its département) is shown under that name, never as its own.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from dataclasses import dataclass

from publish import words
from publish.exports.reports import charts
from publish.exports.reports.charts import DEPARTMENT, FRANCE, OWN, REGION, Bar, Curve
from publish.exports.reports.document import Chart
from publish.exports.reports.facts import (
    Facts,
    Indicator,
    Key,
    Point,
    department_of,
    departments,
    marked,
    printed,
)
from publish.exports.reports.levels import LEVELS, Level
from publish.exports.reports.notes import Notes

# Round bounds that keep the same meaning from one portrait to the next.
BREAKS = {
    "evolution_annuelle_population": ((-1.0, -0.5, 0.0, 0.5, 1.0), charts.DIVERGING, 1, "% par an"),
    "evolution_emploi_salarie_prive_5_ans": (
        (-20.0, -10.0, 0.0, 10.0, 20.0),
        charts.DIVERGING,
        0,
        "% en 5 ans",
    ),
    "emploi_prive_pour_100_habitants": ((5.0, 10.0, 20.0, 40.0), charts.SEQUENTIAL, 0, "pour 100 hab."),
    "niveau_vie_median": ((20000.0, 22000.0, 24000.0, 26000.0), charts.SEQUENTIAL, 0, "euros par an"),
    "population_municipale": ((500.0, 2000.0, 5000.0, 20000.0), charts.SEQUENTIAL, 0, "habitants"),
}
MANY = 800  # communes beyond which a map of them is a blur


@dataclass
class Asked:
    """A territory to which questions are asked, and the notes its answers call."""

    facts: Facts
    territory: str
    notes: Notes

    @property
    def level(self) -> Level:
        """How its level is named."""
        return LEVELS[self.facts.territories[self.territory].type_territoire]

    @functools.cached_property
    def ground(self) -> charts.Ground:
        """Its communes, as the maps of this report draw them."""
        outlines = self.facts.outlines
        shapes = [outlines.rings(f"COM-{code}") for code in outlines.drawn(self.territory)]
        return charts.ground(shapes, outlines.rings(self.territory))

    @property
    def name(self) -> str:
        """Its label."""
        return self.facts.name(self.territory)

    @property
    def region(self) -> str:
        """The label of the region."""
        return self.facts.name(self.facts.region_key)

    def key(self, indicator: str, territory: str | None = None) -> Key | None:
        """A key figure that has a value, of the territory or another."""
        key = self.facts.keys.get((territory or self.territory, indicator))
        return key if key is not None and key.valeur is not None else None

    def say(self, key: Key) -> str:
        """Its value, as printed."""
        return marked(key, self.facts.indicators[key.indicateur])

    def value(self, indicator: str, value: float | None) -> str:
        """A value of an indicator, as printed."""
        return printed(value, self.facts.indicators[indicator])

    def series(self, indicator: str, territory: str) -> list[Point]:
        """The known points of a series."""
        return [p for p in self.facts.series.get((indicator, territory), ()) if p.valeur is not None]

    def others(self, indicator: str) -> list[tuple[str, str, str, tuple[float, float] | None]]:
        """Territories beside it: key, label, color, dash."""
        department = self.facts.territories[self.territory].code_departement
        listed: list[tuple[str, str, str, tuple[float, float] | None]] = []
        if department and self.territory != f"DEP-{department}":
            listed.append((f"DEP-{department}", self.facts.name(f"DEP-{department}"), DEPARTMENT, None))
        if self.territory != self.facts.region_key:
            listed.append((self.facts.region_key, self.region, REGION, None))
        if france := self.facts.france(indicator):
            label = "France mét." if france == "FRANCE-FM" else "France"
            listed.append((france, label, FRANCE, (2.5, 1.8)))
        return listed

    def level_of(self, territory: str) -> str:
        """« Zone d'emploi », at the head of a sentence."""
        said = LEVELS[self.facts.territories[territory].type_territoire].singular
        return said[0].upper() + said[1:]

    def rank(self, key: Key) -> str:
        """« 12e sur 71 EPCI »."""
        if key.rang is None or not key.classes:
            return ""
        return f"{words.ordinal(key.rang)} sur {words.number(key.classes)} {self.level.plural}"


def mainly_in(asked: Asked) -> str | None:
    """The département that may speak for the territory: the only one over which it spreads."""
    facts = asked.facts
    if facts.territories[asked.territory].type_territoire == "REG" or facts.member_outside(asked.territory):
        return None
    found = departments(facts, asked.territory)
    return found[0] if len(found) == 1 else None


def signed(key: Key, asked: Asked) -> str:
    """« +0,3 % »."""
    return _moved(key.valeur, asked.facts.indicators[key.indicateur])


def beside(key: Key, asked: Asked) -> str:
    """« (Normandie : −0,1 % ; France : +0,3 %) »."""
    one = asked.facts.indicators[key.indicateur]
    with_sign = key.indicateur.startswith("evolution")
    said = []
    region_itself = asked.territory == asked.facts.region_key
    for label, value in ((asked.region, None if region_itself else key.region), ("France", key.france)):
        if value is not None:
            said.append(f"{label} : {words.number(value, one.decimales, sign=with_sign)}{words.THIN}%")
    return f" ({' ; '.join(said)})" if said else ""


def plain(name: str) -> str:
    """The name without the kind of EPCI before it or the remark after it, where room is scarce."""
    bare = re.sub(r"^(?:CC|CA|CU|Métropole) (?:de la |de l'|des |du |de |d')?(?=[A-ZÀ-Ý])", "", name)
    return re.sub(r" \(.*\)$", "", bare)


def index(asked: Asked, indicator: str, question: str, answer: Callable[[Asked], str]) -> Chart | None:
    """Base 100 at the first common period, beside the département, the region and France."""
    own = asked.series(indicator, asked.territory)
    if len(own) < 3 or not own[0].valeur:
        return None
    others = [o for o in asked.others(indicator) if len(asked.series(indicator, o[0])) > 2]
    start = max([own[0].periode, *(asked.series(indicator, o[0])[0].periode for o in others)])
    made = []
    for territory, label, color, dash in [(asked.territory, asked.name, OWN, None), *others]:
        points = [p for p in asked.series(indicator, territory) if p.periode >= start]
        if len(points) < 3 or points[0].periode != start or not points[0].valeur:
            continue
        base = points[0].valeur
        made.append(
            Curve(
                charts.shortened(plain(label), 19),
                color,
                [(p.instant, 100 * (p.valeur or 0) / base) for p in points],
                2.0 if color == OWN else 1.2,
                dash,
            )
        )
    if not made or made[0].color != OWN:
        return None
    one = asked.facts.indicators[indicator]
    said = answer(asked)
    drawing = charts.curves(made, f"{question} {said}", f"base 100 en {words.period(start)}", 100)
    span = f"{words.period(start)} à {words.period(own[-1].periode)}"
    key = asked.key(indicator)
    return Chart(
        question,
        said,
        drawing,
        asked.notes.source(indicator, span, f"calcul : base 100 en {words.period(start)}", key=key),
        (one.indicateur,),
    )


def trend(
    asked: Asked, indicator: str, question: str, territory: str | None = None, years: int = 15
) -> Chart | None:
    """Levels over time: a rate beside the region and France, a count alone."""
    where = territory or asked.territory
    own = asked.series(indicator, where)
    if len(own) < 4:
        return None
    one = asked.facts.indicators[indicator]
    own = [p for p in own if p.instant > own[-1].instant - years]
    rate = one.unite.startswith("%") or one.nature in ("ratio", "mediane")
    name = asked.facts.name(where)
    last = printed(own[-1].valeur, one, own[-1].statut)
    made = [
        Curve(
            charts.shortened(plain(name), 19),
            OWN,
            [(p.instant, p.valeur or 0) for p in own],
            2.0,
            None,
            last,
            "" if rate else printed(own[0].valeur, one),
        )
    ]
    if rate:
        for other, label, color, dash in asked.others(indicator):
            points = [p for p in asked.series(indicator, other) if p.instant >= own[0].instant - 0.01]
            if other == where or len(points) < 4:
                continue
            shown = printed(points[-1].valeur, one) if points[-1].periode == own[-1].periode else ""
            made.append(
                Curve(
                    charts.shortened(label, 14),
                    color,
                    [(p.instant, p.valeur or 0) for p in points],
                    1.2,
                    dash,
                    shown,
                )
            )
    key = asked.key(indicator, where)
    of = "" if where == asked.territory else f"{asked.level_of(where)} : {name}. "
    said = (
        f"{of}{last} en {words.period(own[-1].periode)}"
        if of
        else f"{last} en {words.period(own[-1].periode)}"
    )
    if key is not None and key.periode == own[-1].periode:
        if key.variation is not None and key.unite_variation:
            said += f" ({words.change(key.variation, key.unite_variation, one.decimales)} sur un an)"
        if rate and key.region is not None and where != asked.facts.region_key:
            said += f" ; {asked.region} : {printed(key.region, one)}"
        elif rate and key.france is not None:
            said += f" ; France : {printed(key.france, one)}"
    said += "."
    drawing = charts.curves(made, f"{question} {said}", one.unite)
    span = f"{words.period(own[0].periode)} à {words.period(own[-1].periode)}"
    return Chart(question, said, drawing, asked.notes.source(indicator, span, key=key), (indicator,))


def gap(asked: Asked, indicator: str, question: str) -> Chart | None:
    """The territory's last value beside its département's, the region's and France's, same period."""
    key = asked.key(indicator)
    if key is None or (key.departement, key.region, key.france) == (None, None, None):
        return None
    one = asked.facts.indicators[indicator]
    rows = [Bar(plain(asked.name), key.valeur, asked.say(key), OWN)]
    territory = asked.facts.territories[asked.territory]
    if territory.type_territoire not in ("DEP", "REG") and territory.code_departement:
        label = asked.facts.name(f"DEP-{territory.code_departement}")
        rows.append(Bar(label, key.departement, asked.value(indicator, key.departement), DEPARTMENT))
    if asked.territory != asked.facts.region_key:
        rows.append(Bar(asked.region, key.region, asked.value(indicator, key.region), REGION))
    rows.append(Bar("France", key.france, asked.value(indicator, key.france), FRANCE))
    said = f"{asked.say(key)} en {words.period(key.periode)} ({one.unite})"
    if key.region is not None and asked.territory != asked.facts.region_key:
        side = "au-dessus de" if (key.valeur or 0) > key.region else "au-dessous de"
        if printed(key.valeur, one) == printed(key.region, one):
            side = "comme"
        said += f", {side} la région ({printed(key.region, one)})"
    if key.rang:
        said += f" ; {asked.rank(key)}"
    said += "."
    drawing = charts.bars(rows, f"{question} {said}")
    return Chart(
        question,
        said,
        drawing,
        asked.notes.source(indicator, words.period(key.periode), key=key),
        (indicator,),
    )


def rank(asked: Asked, indicator: str, question: str) -> Chart | None:
    """Every territory of the level on one scale, this one and the region named."""
    key = asked.key(indicator)
    level = asked.facts.territories[asked.territory].type_territoire
    ranked = asked.facts.ranked.get((level, indicator), [])
    if key is None or key.rang is None or len(ranked) < 8:
        return None
    one = asked.facts.indicators[indicator]
    marks = [(asked.name, key.valeur or 0.0, asked.say(key), OWN)]
    if key.region is not None and level != "REG":
        marks.append((asked.region, key.region, asked.value(indicator, key.region), REGION))
    if key.france is not None:
        marks.append(("France", key.france, asked.value(indicator, key.france), charts.GREY))
    said = f"{asked.rank(key)} par valeur décroissante : {asked.say(key)} en {words.period(key.periode)}"
    if key.region is not None and level != "REG":
        said += f", {asked.value(indicator, key.region)} dans la région"
    said += "."
    drawing = charts.strip([v for v, _ in ranked], marks, f"{question} {said}", one.unite)
    more = (
        f"chaque point : {asked.level.one}"
        if len(ranked) < 200
        else f"hauteur : nombre de {asked.level.plural}"
    )
    return Chart(
        question,
        said,
        drawing,
        asked.notes.source(indicator, words.period(key.periode), more, key=key),
        (indicator,),
    )


def yearly(asked: Asked, indicator: str, question: str) -> Chart | None:
    """A column a year, the region beside."""
    own = asked.series(indicator, asked.territory)[-10:]
    if len(own) < 3:
        return None
    one = asked.facts.indicators[indicator]
    other, label = (asked.facts.region_key, asked.region)
    if asked.territory == asked.facts.region_key:
        other, label = asked.facts.france(indicator) or "", "France"
    beside = {p.periode: p.valeur or 0.0 for p in asked.series(indicator, other)}
    rows = [
        (
            p.periode,
            p.valeur or 0.0,
            words.number(p.valeur, one.decimales, sign=True) + ("*" if p.statut == "B" else ""),
        )
        for p in own
    ]
    key = asked.key(indicator)
    last = own[-1]
    said = (
        f"{words.number(last.valeur, one.decimales, sign=True)}{words.THIN}% en {words.period(last.periode)}"
    )
    if last.periode in beside:
        said += f" ({label} : {words.number(beside[last.periode], one.decimales, sign=True)}{words.THIN}%)"
    said += f" ; {words.number(own[-2].valeur, one.decimales, sign=True)}{words.THIN}%"
    said += f" en {words.period(own[-2].periode)}."
    if key is not None and key.rupture:
        said += f" {key.rupture.rstrip('.')}."
    span = f"{words.period(own[0].periode)} à {words.period(last.periode)}"
    drawing = charts.columns(
        rows, beside, (charts.shortened(asked.name, 30), label), f"{question} {said}", "%"
    )
    return Chart(question, said, drawing, asked.notes.source(indicator, span, key=key), (indicator,))


def communes_map(asked: Asked, indicator: str, question: str) -> Chart | None:
    """The communes of the territory, coloured by their own figure."""
    codes = asked.facts.outlines.drawn(asked.territory)
    known = asked.facts.communes.get(indicator, {})
    if (
        not 3 <= len(codes) <= MANY
        or sum(1 for c in codes if known.get(f"COM-{c}", ("", None))[1] is not None) < 2
    ):
        return None
    breaks, colors, decimals, unit = BREAKS[indicator]
    values = [(c, known.get(f"COM-{c}", ("", None, None))) for c in codes]
    secret = sum(1 for _, v in values if v[1] is None and v[2] not in (None, "F"))
    missing = sum(1 for _, v in values if v[1] is None) - secret
    period = next(v[0] for _, v in values if v[1] is not None)
    best = max((v for v in values if v[1][1] is not None), key=lambda v: v[1][1] or 0)
    least = min((v for v in values if v[1][1] is not None), key=lambda v: v[1][1] or 0)
    one = asked.facts.indicators[indicator]

    def shown(value: float | None) -> str:
        return _moved(value, one) if indicator.startswith("evolution") else printed(value, one)

    said = (
        f"De {shown(least[1][1])} ({asked.facts.name('COM-' + least[0])}) à {shown(best[1][1])}"
        f" ({asked.facts.name('COM-' + best[0])})."
    )
    if secret or missing:
        absent = [words.plural(secret, "commune") + " sous secret statistique"] if secret else []
        absent += [words.plural(missing, "commune") + " sans chiffre"] if missing else []
        said += f" {' ; '.join(absent)}."
    drawing = charts.choropleth(
        asked.ground,
        [v[1] for _, v in values],
        breaks,
        colors,
        f"{question} {said}",
        unit,
        decimals=decimals,
        missing="secret" if secret and not missing else "n.d." if not secret else "secret ou n.d.",
    )
    more = (
        "communes de la région seulement"
        if asked.facts.outlines.is_partial(asked.territory)
        else "par commune"
    )
    return Chart(
        question,
        said,
        drawing,
        asked.notes.source(indicator, words.period(period), more, "fond : IGN"),
        (indicator,),
    )


def largest(asked: Asked, indicator: str, question: str) -> Chart | None:
    """The communes with the largest values."""
    known = asked.facts.communes.get(indicator, {})
    codes = [
        c
        for c in asked.facts.member_codes(asked.territory)
        if known.get(f"COM-{c}", ("", None))[1] is not None
    ]
    if len(codes) < 4:
        return None
    one = asked.facts.indicators[indicator]
    ordered = sorted(codes, key=lambda c: (-(known[f"COM-{c}"][1] or 0), c))
    top = ordered[:7]
    rows = [
        Bar(
            asked.facts.name(f"COM-{c}"),
            known[f"COM-{c}"][1],
            printed(known[f"COM-{c}"][1], one),
            OWN if not i else REGION,
        )
        for i, c in enumerate(top)
    ]
    period = known[f"COM-{top[0]}"][0]
    key = asked.key(indicator)
    first = f"{asked.facts.name('COM-' + top[0])} : {printed(known['COM-' + top[0]][1], one)} {one.unite}"
    said = (
        f"{first}"
        + (f", sur {asked.say(key)} dans le territoire" if key and key.periode == period else "")
        + "."
    )
    return Chart(
        question,
        said,
        charts.bars(rows, f"{question} {said}"),
        asked.notes.source(indicator, words.period(period), f"{len(top)} premières communes", key=key),
        (indicator,),
    )


def structure(
    asked: Asked, parts: tuple[tuple[str, str], ...], question: str, territory: str | None = None
) -> Chart | None:
    """Shares that the release publishes, beside the region's, else the département's or France's. Only parts
    of the same period stand together."""
    where = territory or asked.territory
    known, latest = _of_one_period(asked, parts, where)
    if len(known) < 2:
        return None

    def bars(name: str, key: Key, value: float | None) -> tuple[str, Bar, Bar]:
        own = Bar(name, key.valeur, asked.say(key), OWN)
        return name, own, Bar(name, value, asked.value(key.indicateur, value), REGION)

    region_itself = where == asked.facts.region_key
    label = "France" if region_itself else asked.region
    rows = [bars(name, key, key.france if region_itself else key.region) for name, key in known]
    if all(beside.value is None for _, _, beside in rows):
        department = department_of(asked.facts, asked.territory)
        theirs = [asked.key(key.indicateur, department) for _, key in known]
        if any(theirs) and department != where:
            label = asked.facts.name(department)
            rows = [
                bars(name, key, other.valeur if other is not None and other.periode == latest else None)
                for (name, key), other in zip(known, theirs, strict=True)
            ]
    name = asked.facts.name(where)
    alone = all(b.value is None for _, _, b in rows)
    largest_row = max(rows, key=lambda r: r[1].value or 0)
    of = "" if where == asked.territory else f"{asked.level_of(where)} : {name}. "
    said = f"{of}{largest_row[0]} : {largest_row[1].text}"
    if largest_row[2].value is not None:
        said += f" ({label} : {largest_row[2].text})"
    said += f" en {words.period(latest)}."
    if alone:
        drawing = charts.bars([own for _, own, _ in rows], f"{question} {said}")
    else:
        drawing = charts.paired(rows, (name, label), f"{question} {said}")
    keys = [key for _, key in known]
    for key in keys[1:]:
        asked.notes.call(key.indicateur, key)
    return Chart(
        question,
        said,
        drawing,
        asked.notes.source(keys[0].indicateur, words.period(latest), key=keys[0]),
        tuple(k.indicateur for k in keys),
    )


def breakdown(asked: Asked, indicator: str, axis: str, question: str) -> Chart | None:
    """The parts of a figure along one axis, the largest first: their values, secret and missing ones said."""
    found = [
        part
        for part in asked.facts.parts.get((indicator, asked.territory), [])
        if part[0].startswith(f"{axis}:") and part[0].count(":") == 1
    ]
    if not 2 <= len(found) <= 10 or sum(1 for part in found if part[3]) < 2:
        return None
    one = asked.facts.indicators[indicator]
    found.sort(key=lambda part: (part[3] is None, -(part[3] or 0), part[0]))
    rows = [
        Bar(label, value, printed(value, one, status, secret), OWN if not rank else REGION)
        for rank, (_, label, _, value, status, secret) in enumerate(found)
    ]
    period = found[0][2]
    key = asked.key(indicator)
    said = f"{rows[0].label} : {rows[0].text}"
    if key is not None and key.periode == period:
        said += f", sur {asked.say(key)}"
    said += f" {one.unite} en {words.period(period)}."
    return Chart(
        question,
        said,
        charts.bars(rows, f"{question} {said}", 118),
        asked.notes.source(indicator, words.period(period), key=key),
        (indicator,),
    )


def amounts(asked: Asked, parts: tuple[tuple[str, str], ...], question: str) -> Chart | None:
    """Several counts of the territory on one scale, with the region's rank of the first."""
    known, latest = _of_one_period(asked, parts, asked.territory)
    if len(known) < 2 or not any(key.valeur for _, key in known):
        return None
    rows = [
        Bar(name, key.valeur, asked.say(key), OWN if not i else REGION) for i, (name, key) in enumerate(known)
    ]
    name, first = known[0]
    said = f"{name} : {asked.say(first)} en {words.period(latest)}"
    said += f" ; {asked.rank(first)}." if first.rang else "."
    for _, key in known[1:]:
        asked.notes.call(key.indicateur, key)
    return Chart(
        question,
        said,
        charts.bars(rows, f"{question} {said}", 118),
        asked.notes.source(first.indicateur, words.period(latest), key=first),
        tuple(key.indicateur for _, key in known),
    )


def together(asked: Asked, parts: tuple[tuple[str, str], ...], question: str) -> Chart | None:
    """Several counts of the territory over time, on one scale: births and deaths."""
    lines = []
    colors = ((OWN, None), (REGION, None), (FRANCE, (2.5, 1.8)))
    for (indicator, label), (color, dash) in zip(parts, colors, strict=False):
        points = asked.series(indicator, asked.territory)
        if len(points) < 4:
            return None
        one = asked.facts.indicators[indicator]
        last = printed(points[-1].valeur, one, points[-1].statut)
        lines.append(
            (indicator, points, Curve(label, color, _xy(points), 2.0 if color == OWN else 1.4, dash, last))
        )
    if len({points[-1].periode for _, points, _ in lines}) > 1:
        return None
    (first, points, _), *others = lines
    period = words.period(points[-1].periode)
    said = ", ".join(f"{curve.last} {curve.label.lower()}" for _, _, curve in lines) + f" en {period}."
    for indicator, _, _ in others:
        asked.notes.call(indicator, asked.key(indicator))
    drawing = charts.curves(
        [c for _, _, c in lines], f"{question} {said}", asked.facts.indicators[first].unite
    )
    span = f"{words.period(points[0].periode)} à {period}"
    return Chart(
        question,
        said,
        drawing,
        asked.notes.source(first, span, key=asked.key(first)),
        tuple(indicator for indicator, _, _ in lines),
    )


def zones(asked: Asked, indicator: str, question: str) -> Chart | None:
    """The zones d'emploi over which the territory spreads, each with its own figure, where none
    speaks for the others."""
    if asked.facts.employment_area(asked.territory) is not None:
        return None
    weights = asked.facts.employment_areas(asked.territory)
    known = [key for zone in weights if (key := asked.key(indicator, zone)) is not None]
    latest = max((key.periode for key in known), default="")
    known = [key for key in known if key.periode == latest]
    if len(known) < 2:
        return None
    # The most inhabited of them, from the highest rate to the lowest.
    kept = sorted(known, key=lambda k: -weights[k.territoire])[:7]
    kept.sort(key=lambda k: (-(k.valeur or 0), k.territoire))
    one = asked.facts.indicators[indicator]
    rows = [Bar(asked.facts.name(k.territoire), k.valeur, asked.say(k), OWN) for k in kept]
    rows.append(Bar(asked.region, kept[0].region, asked.value(indicator, kept[0].region), REGION))
    low, high = kept[-1], kept[0]
    said = (
        f"De {asked.say(low)} ({asked.facts.name(low.territoire)}) à {asked.say(high)}"
        f" ({asked.facts.name(high.territoire)}) en {words.period(latest)}."
    )
    more = f"les {len(kept)} zones d'emploi les plus peuplées du territoire" if len(kept) < len(known) else ""
    return Chart(
        question,
        said,
        charts.bars(rows, f"{question} {said}", 105, one.unite),
        asked.notes.source(indicator, words.period(latest), more, key=high),
        (indicator,),
    )


def _moved(value: float | None, one: Indicator) -> str:
    """An evolution, with its sign."""
    return words.number(value, one.decimales, sign=True) + words.THIN + words.short_unit(one.unite)


def _of_one_period(
    asked: Asked, parts: tuple[tuple[str, str], ...], where: str
) -> tuple[list[tuple[str, Key]], str]:
    """Names and figures of the parts that are known at the latest period of any of them, and that period:
    figures of two years do not stand together."""
    known = [(name, key) for indicator, name in parts if (key := asked.key(indicator, where)) is not None]
    latest = max((key.periode for _, key in known), default="")
    return [(name, key) for name, key in known if key.periode == latest], latest


def _xy(points: list[Point]) -> list[tuple[float, float]]:
    return [(p.instant, p.valeur or 0) for p in points]
