"""The portrait of a territory: what it says, in which order. Nothing here knows how it is printed."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

from publish import words
from publish.exports.outlines import Frame, Rings, area, label_point
from publish.exports.reports import charts, questions, selection
from publish.exports.reports.document import (
    Card,
    Cell,
    Chart,
    Document,
    Identity,
    Page,
    Picture,
    Source,
    Stack,
    Table,
    Text,
)
from publish.exports.reports.drawing import Drawing, traced
from publish.exports.reports.facts import Change, Facts, Key, department_of, departments, marked, printed
from publish.exports.reports.levels import LEVELS
from publish.exports.reports.notes import LEGEND, Notes
from publish.exports.reports.questions import MANY, Asked

CHARTS = 10
FIRST_CHARTS = 2
CARDS = 4
ROWS = 36  # lines of the table; the other indicators are counted, the workbook has them all
MEMBERS = 60  # names of member communes that are listed; the rest is counted
CHANGES = 8
MAP = (300.0, 285.0)

CARD_ORDER = (
    "population_municipale",
    "emploi_salarie",
    "taux_chomage_localise",
    "defaillances_12_mois",
    "niveau_vie_median",
    "evolution_annuelle_population",
    "emploi_salarie_prive",
    "emploi_prive_pour_100_habitants",
    "densite_population",
)
# Names that fit a card.
CARD_NAMES = {
    "evolution_annuelle_population": "Population : évolution par an",
    "emploi_salarie_prive": "Emploi salarié privé",
    "taux_chomage_localise": "Taux de chômage",
    "defaillances_12_mois": "Défaillances sur 12 mois",
    "emploi_prive_pour_100_habitants": "Emplois privés pour 100 habitants",
}
# Rates whose absence must be said rather than passed over in silence.
EXPECTED = (
    "taux_chomage_localise",
    "niveau_vie_median",
    "taux_pauvrete",
    "emploi_salarie",
    "defaillances_12_mois",
)


def portrait(facts: Facts, territory: str) -> Document:
    """The report of one territory, two to four pages."""
    notes = Notes(facts)
    asked = Asked(facts, territory, notes)
    known = facts.territories[territory]
    level = LEVELS[known.type_territoire]
    where = [level.singular[0].upper() + level.singular[1:]]
    if known.type_territoire not in ("DEP", "REG"):
        where.append(_departments(facts, territory))
    where.append(f"code {known.code_territoire}")
    document = Document(
        "Portrait de territoire",
        known.libelle,
        " · ".join(where),
        asked.region,
        facts.release,
        words.day(facts.made),
    )
    first = _first(asked)
    answered = selection.chosen(asked, CHARTS)
    _add_charts(first, answered[:FIRST_CHARTS])
    figures = _figures(asked)
    rest = Page("Dynamiques, écarts et structure", follows=True)
    _add_charts(rest, answered[FIRST_CHARTS:])
    document.pages = notes.in_reading_order([first, figures, *([rest] if rest.rows else [])])
    document.notes = notes.written()
    document.legend = LEGEND
    return document


def _first(asked: Asked) -> Page:
    page = Page("")
    cards, summary = _cards(asked), _summary(asked)
    facts, territory = asked.facts, asked.territory
    page.add(
        Picture(
            "Le territoire et ses communes"
            if not territory.startswith("COM-")
            else "La commune dans son intercommunalité",
            locator(facts, territory),
            _map_source(facts, territory),
        ),
        Stack([Identity("Carte d'identité", _identity(asked)), Text("À retenir", summary)]),
        shares=(1.45, 1.0),
    )
    page.add(*cards)
    members = _members(asked)
    if members is not None:
        page.add(members)
    return page


def _map_source(facts: Facts, territory: str) -> Source:
    year = facts.outlines.millesime(territory)
    part = " ; partie comprise dans la région" if facts.outlines.is_partial(territory) else ""
    return Source(
        f"Fond : IGN, contours généralisés, COG {year}{part}." if year else "Contour non disponible."
    )


def _departments(facts: Facts, territory: str) -> str:
    """« Calvados », « Orne, Calvados », « Orne et hors de la région »."""
    found = departments(facts, territory) or [department_of(facts, territory)]
    said = ", ".join(facts.name(department) for department in found)
    return said + (" et hors de la région" if facts.member_outside(territory) else "")


def _identity(asked: Asked) -> list[tuple[str, str]]:
    facts, known = asked.facts, asked.facts.territories[asked.territory]
    rows = [("Code", f"{known.type_territoire} {known.code_territoire}")]
    members = facts.member_codes(asked.territory)
    if known.type_territoire != "COM":
        count = words.plural(len(members), "commune")
        if outside := facts.member_outside(asked.territory):
            count += f", dont {words.number(outside)} hors de la région"
        rows.append(("Composition", count))
    population = asked.key("population_municipale")
    if population is not None:
        rows.append((f"Population municipale {population.periode}", f"{asked.say(population)} habitants"))
    elif known.population is None:
        rows.append(("Population municipale", words.MISSING))
    density = asked.key("densite_population")
    if known.superficie_km2 is not None:
        rows.append(("Superficie", f"{words.number(known.superficie_km2, 0)} km²"))
    if density is not None:
        rows.append(("Densité", f"{asked.say(density)} hab./km²"))
    if known.type_territoire not in ("DEP", "REG"):
        several = len(departments(facts, asked.territory)) > 1
        rows.append(("Départements" if several else "Département", _departments(facts, asked.territory)))
    if known.type_territoire == "COM":
        epci = facts.areas.get(known.code_territoire, {}).get("EPCI")
        if epci:
            rows.append(("EPCI", facts.name(epci)))
    if known.type_territoire not in ("ZE2020", "DEP", "REG", "PROJET"):
        employment = facts.employment_area(asked.territory)
        areas = facts.employment_areas(asked.territory)
        named = [facts.name(a) for a in sorted(areas, key=lambda a: (-areas[a], a))]
        if employment or len(named) == 1:
            rows.append(("Zone d'emploi principale", named[0]))
        elif named:
            rows.append(("Zones d'emploi", ", ".join(named)))
    if known.type_territoire != "COM" and members:
        communes = facts.communes.get("population_municipale", {})
        first = max(members, key=lambda c: communes.get(f"COM-{c}", ("", None, None))[1] or 0)
        if f"COM-{first}" in facts.territories:
            rows.append(("Commune la plus peuplée", facts.name(f"COM-{first}")))
    if known.est_interregional:
        rows.append(("À cheval sur", "plusieurs régions"))
    rows.append(("Région", asked.region))
    rows.append(("Géographie", f"COG {known.millesime_cog}"))
    return rows


def locator(facts: Facts, territory: str) -> Drawing:
    """The territory with its communes and its neighbours; its place in the region in a corner."""
    width, height = MAP
    outlines = facts.outlines
    own = outlines.rings(territory)
    drawing = Drawing(width, height, f"Carte de {facts.name(territory)} et place dans la région.")
    if not own:
        drawing.text(width / 2, height / 2, "Contour non disponible", 9, charts.GREY, "middle")
        return drawing
    commune = territory.startswith("COM-")
    around = facts.areas.get(territory[4:], {}).get("EPCI") if commune else None
    view = outlines.rings(around) if around and outlines.rings(around) else own
    frame = Frame.around(view, width, height, 14)

    def drawn(rings: Rings, grid: float) -> str:
        return traced(frame.cells(rings, grid), grid)

    for other in _neighbours(facts, frame, width, height):
        drawing.area(drawn(outlines.rings(other), 1.0), "#F3F5F7", "#C3CBD4", 0.5)
    drawing.area(drawn(view, 0.5), "#DCE6F0", None)
    codes = outlines.drawn(around or territory)
    if len(codes) <= 200:
        for code in codes:
            path = drawn(outlines.rings(f"COM-{code}"), 0.5)
            if path:
                drawing.area(path, None, "#FFFFFF", 0.5 if len(codes) < 150 else 0.25)
    else:  # too many communes to tell apart: the EPCI of a département, the départements of a region
        level = "EPCI-" if len(codes) < MANY else "DEP-"
        for zone in sorted(outlines.members):
            if zone.startswith(level) and set(outlines.drawn(zone)) & set(codes):
                drawing.area(drawn(outlines.rings(zone), 0.6), None, "#FFFFFF", 0.9)
    drawing.area(drawn(own, 0.5), "#E9B8AC" if commune else None, charts.OWN, 1.4)
    population = facts.communes.get("population_municipale", {})
    named = sorted(codes, key=lambda c: -(population.get(f"COM-{c}", ("", 0, None))[1] or 0))[:9]
    placed: list[tuple[float, float, float]] = []
    for code in ([territory[4:]] if commune else []) + named:
        ring = max(outlines.rings(f"COM-{code}"), key=lambda r: abs(area(r)))
        x, y = frame.point(label_point(ring))
        name = facts.name(f"COM-{code}")
        half = len(name) * 1.75
        if any(abs(y - b) < 9 and abs(x - a) < half + c for a, b, c in placed):
            continue
        drawing.circle(x, y - 4.5, 1.2, charts.INK)
        x = min(max(x, half + 2), width - half - 2)
        placed.append((x, y, half))
        drawing.text(x, y + 4, name, 7, charts.INK, "middle", bold=True, halo=True)
    _inset(facts, drawing, territory)
    return drawing


def _neighbours(facts: Facts, frame: Frame, width: float, height: float) -> Iterator[str]:
    """The EPCI that the frame of the map touches."""
    for other in facts.outlines.members:
        bounds = facts.outlines.bounds(other) if other.startswith("EPCI-") else None
        if bounds is None:
            continue
        west, south, east, north = bounds
        (left, bottom), (right, top) = frame.point((west, south)), frame.point((east, north))
        if left <= width and right >= 0 and top <= height and bottom >= 0:
            yield other


def _inset(facts: Facts, drawing: Drawing, territory: str) -> None:
    """The region and its départements, the territory in red, in the bottom left corner."""
    if territory == facts.region_key:
        return
    outlines = facts.outlines
    width, height = 74.0, 48.0
    x, y = 0.0, drawing.height - height

    if facts.inset is None:
        departments = sorted(k for k in outlines.members if k.startswith("DEP-") and outlines.drawn(k))
        shapes = [outlines.rings(d) for d in departments]
        if not shapes:
            return
        frame = Frame.around([r for s in shapes for r in s], width, height, 3)
        frame = dataclasses.replace(frame, dx=frame.dx + x, dy=frame.dy + y)
        facts.inset = (frame, [traced(frame.cells(shape, 0.5), 0.5) for shape in shapes])
    frame, drawn = facts.inset
    drawing.over()
    drawing.rect(x, y, width, height, "#FFFFFF")
    for shape in drawn:
        drawing.area(shape, "#E3E8EE", "#FFFFFF", 0.5)
    own = frame.rings(outlines.rings(territory), 0.5)
    if own:
        drawing.area(own, charts.OWN, None)
    if sum(abs(area(ring)) for ring in own) < 6:  # too small to be seen
        a, b = frame.point(label_point(max(outlines.rings(territory), key=lambda r: abs(area(r)))))
        drawing.circle(a, b, 1.8, charts.OWN)
    drawing.line([(x, y), (x + width, y), (x + width, y + height)], charts.RULE, 0.6)


def _cards(asked: Asked) -> list[Card]:
    cards: list[Card] = []
    around = asked.facts.employment_area(asked.territory)
    for indicator in CARD_ORDER:
        key = asked.key(indicator)
        where = asked.territory
        if key is None and indicator == "taux_chomage_localise" and around:
            key, where = asked.key(indicator, around), around
        if key is None:
            continue
        one = asked.facts.indicators[indicator]
        label = CARD_NAMES.get(indicator, one.libelle)
        label += "" if where == asked.territory else f" — ZE {asked.facts.name(where)}"
        detail = [words.period(key.periode)]
        if indicator == "population_municipale":  # two censuses a year apart share four surveys of five
            detail.append(asked.rank(key))
        elif key.variation is not None and not indicator.startswith("evolution"):
            detail.append(f"{words.change(key.variation, key.unite_variation, one.decimales)} sur un an")
        if key.region is not None and one.nature not in ("stock", "flux") and where != asked.facts.region_key:
            detail.append(f"région : {printed(key.region, one)}")
        cards.append(
            Card(
                charts.shortened(label, 38),
                questions.signed(key, asked) if indicator.startswith("evolution") else asked.say(key),
                " · ".join(d for d in detail if d),
                asked.notes.call(indicator, key),
            )
        )
        if len(cards) == CARDS:
            break
    return cards


def _summary(asked: Asked) -> list[str]:
    """Sentences made of the release's figures, never of an opinion."""
    said = []
    facts = asked.facts
    growth = asked.key("evolution_annuelle_population")
    if growth is not None:
        text = f"La population évolue de {questions.signed(growth, asked)} par an"
        text += f" en moyenne sur cinq ans ({growth.periode})"
        text += questions.beside(growth, asked)
        said.append(text + ".")
    jobs = asked.key("evolution_emploi_salarie_prive_an")
    if jobs is not None:
        text = (
            f"L'emploi salarié privé varie de {questions.signed(jobs, asked)} sur un an à fin {jobs.periode}"
        )
        said.append(text + questions.beside(jobs, asked) + ".")
    five = asked.key("evolution_emploi_salarie_prive_5_ans")
    if five is not None:
        text = f"Sur cinq ans, l'emploi privé varie de {questions.signed(five, asked)}"
        said.append(
            text + questions.beside(five, asked) + (f" ; {asked.rank(five)}" if five.rang else "") + "."
        )
    around = facts.employment_area(asked.territory)
    for where in (asked.territory, around):
        key = asked.key("taux_chomage_localise", where) if where else None
        if key is not None and where:
            name = "" if where == asked.territory else f" de la zone d'emploi {_of(facts.name(where))}"
            text = f"Le taux de chômage{name} est de {asked.say(key)} au {words.period(key.periode)}"
            said.append(text + questions.beside(key, asked) + ".")
            break
    income = asked.key("niveau_vie_median")
    if income is not None:
        said.append(
            f"La moitié des habitants a un niveau de vie inférieur à {asked.say(income)}"
            f" par an ({income.periode})" + (f" ; {asked.rank(income)}" if income.rang else "") + "."
        )
    else:
        key = facts.keys.get((asked.territory, "niveau_vie_median"))
        if key is not None:
            word = words.why_missing(key.confidentialite)
            said.append(f"Niveau de vie médian : {word}" + (f" — {key.motif}" if key.motif else ""))
    return said[:5]


def _of(name: str) -> str:
    return f"d'{name}" if name[:1].lower() in "aeéèêiouyâîôh" else f"de {name}"


def _members(asked: Asked) -> Text | None:
    facts = asked.facts
    codes = facts.member_codes(asked.territory)
    if asked.territory.startswith("COM-") or not codes:
        return None
    population = facts.communes.get("population_municipale", {})
    inside = [c for c in codes if f"COM-{c}" in facts.territories]
    ordered = sorted(inside, key=lambda c: -(population.get(f"COM-{c}", ("", 0, None))[1] or 0))
    listed = ordered if len(ordered) <= MEMBERS else ordered[: MEMBERS - 20]
    texts = []
    for code in listed:
        value = population.get(f"COM-{code}", ("", None, None))[1]
        texts.append(f"{facts.name(f'COM-{code}')} ({words.number(value)})")
    rest = len(ordered) - len(listed)
    outside = len(codes) - len(inside)
    tail = f" et {words.plural(rest, 'autre commune', 'autres communes')}" if rest else ""
    tail += f" ; {words.plural(outside, 'commune')} hors de la région" if outside else ""
    period = next((v[0] for k, v in population.items() if v[1] is not None), "")
    return Text(
        f"{words.plural(len(codes), 'commune')}, de la plus à la moins peuplée"
        f" (population municipale {period})",
        [", ".join(texts) + tail + "."],
        small=True,
    )


def _figures(asked: Asked) -> Page:
    page = Page("Les chiffres clés")
    facts = asked.facts
    known = facts.territories[asked.territory]
    with_department = known.type_territoire not in ("DEP", "REG") and bool(known.code_departement)
    with_region = known.type_territoire != "REG"
    head = ["Indicateur", "Période", charts.shortened(known.libelle, 26), "Un an avant", "Évolution"]
    widths = [3.7, 0.95, 1.25, 1.05, 0.95]
    if with_department:
        head.append(facts.name(f"DEP-{known.code_departement}"))
        widths.append(1.05)
    if with_region:
        head.append(asked.region)
        widths.append(1.05)
    head.append("France")
    widths.append(1.15)
    with_rank = known.type_territoire != "PROJET"  # alone of its kind
    if with_rank:
        head.append("Rang")
        widths.append(1.4)
    rows: list[list[Cell]] = []
    absent: dict[str, list[str]] = {}
    theme = ""
    known_keys: list[Key] = []
    for indicator, one in facts.indicators.items():
        key = facts.keys.get((asked.territory, indicator))
        if key is None:
            continue
        if key.valeur is None and indicator not in EXPECTED:
            why = (
                "secret statistique"
                if words.why_missing(key.confidentialite) == words.SECRET
                else key.motif or words.MISSING
            )
            absent.setdefault(why, []).append(one.libelle)
            continue
        known_keys.append(key)
    kept = _kept(facts, known_keys)
    for key in kept:
        one = facts.indicators[key.indicateur]
        if one.theme != theme:
            theme = one.theme
            rows.append([Cell(theme)])
        rows.append(_row(asked, key, with_department, with_region, with_rank))
    left = len(known_keys) - len(kept)
    caption = (
        f"{words.plural(left, 'autre indicateur connu', 'autres indicateurs connus')} :"
        " dans le classeur et la base."
        if left
        else ""
    )
    page.add(Table(head, rows, widths, caption))
    missing = [f"{_listed(names)} : {_small(why.rstrip('.'))}." for why, names in absent.items()]
    never = [
        facts.indicators[i].libelle
        for i in EXPECTED
        if (asked.territory, i) not in facts.keys and i in facts.indicators
    ]
    if never:
        missing.append(f"{_listed(never)} : non diffusé à ce niveau par le producteur.")
    if missing:
        page.add(Text("Ce qui n'est pas disponible pour ce territoire", missing, small=True))
    page.add(Text("Ce qui a changé depuis la release précédente", changes(asked), small=True))
    return page


def _small(text: str) -> str:
    """Without its capital, unless a whole acronym begins it."""
    return text if text[1:2].isupper() or not text else text[0].lower() + text[1:]


def _listed(names: list[str]) -> str:
    """Labels one after the other, as one sentence."""
    return ", ".join([names[0], *(_small(name) for name in names[1:])])


def _kept(facts: Facts, keys: list[Key]) -> list[Key]:
    """At most ROWS of them: each theme gives up its last ones, the longest theme first."""
    by_theme: dict[str, list[Key]] = {}
    for key in keys:
        by_theme.setdefault(facts.indicators[key.indicateur].theme, []).append(key)
    while sum(len(listed) for listed in by_theme.values()) > ROWS:
        longest = max(by_theme.values(), key=len)
        spare = [k for k in longest if k.indicateur not in EXPECTED]
        longest.remove(spare[-1] if spare else longest[-1])
    return [key for listed in by_theme.values() for key in listed]


def _row(asked: Asked, key: Key, with_department: bool, with_region: bool, with_rank: bool) -> list[Cell]:
    one = asked.facts.indicators[key.indicateur]
    number = asked.notes.call(key.indicateur, key)
    row = [Cell(words.labelled(one.libelle, one.unite), note=number), Cell(words.period(key.periode))]
    if key.valeur is None:
        blank = Cell("")
        reason = words.why_missing(key.confidentialite)
        columns = 3 + with_department + with_region + with_rank
        return [*row, Cell(reason, muted=True), *[blank] * columns]

    def shown(value: float | None) -> Cell:
        return Cell(printed(value, one)) if value is not None else Cell(words.MISSING, muted=True)

    flag = "*" if key.rupture else ""
    row += [
        Cell(marked(key, one), strong=True),
        Cell(printed(key.un_an_avant, one)) if key.un_an_avant is not None else Cell(""),
        Cell(words.change(key.variation, key.unite_variation, one.decimales) + flag),
    ]
    if with_department:
        row.append(shown(key.departement))
    if with_region:
        row.append(shown(key.region))
    row.append(shown(key.france))
    if with_rank:
        row.append(Cell(f"{words.ordinal(key.rang)} sur {words.number(key.classes)}" if key.rang else ""))
    return row


def changes(asked: Asked, most: int = CHANGES) -> list[str]:
    """What the release before said otherwise of the territory's key figures."""
    facts = asked.facts
    if facts.previous is None:
        return ["Première release publiée : rien à comparer."]
    found = facts.changes.get(asked.territory, [])
    if not found:
        return [f"Aucun chiffre clé de ce territoire n'a changé depuis la release {facts.previous}."]
    said = [_change(change, facts) for change in found[:most]]
    rest = len(found) - len(said)
    if rest:
        said.append(f"Et {words.plural(rest, 'autre chiffre clé changé', 'autres chiffres clés changés')}.")
    return [*said, f"Comparaison avec la release {facts.previous}."]


def _change(change: Change, facts: Facts) -> str:
    one = facts.indicators[change.indicateur]
    now, then = printed(change.valeur, one), printed(change.valeur_avant, one)
    if change.periode != change.periode_avant:
        return (
            f"{one.libelle} : nouvelle période, {now} en {words.period(change.periode)}"
            f" ({then} en {words.period(change.periode_avant)})."
        )
    return f"{one.libelle}, {words.period(change.periode)} : révisé, {now} au lieu de {then}."


def _add_charts(page: Page, found: list[Chart]) -> None:
    for left in range(0, len(found), 2):
        pair = found[left : left + 2]
        page.add(*pair, *([Text("", [""])] if len(pair) == 1 else []))
