"""The regional dashboard (« tableau de bord de conjoncture »): the last quarters in four pages."""

from __future__ import annotations

import itertools

from shapely import MultiPolygon, Polygon, box, prepare

from publish import freshness, words
from publish.exports.outlines import Frame, area
from publish.exports.reports import charts, questions
from publish.exports.reports.charts import DEPARTMENT, OWN, REGION, Bar
from publish.exports.reports.document import Card, Cell, Chart, Document, Page, Picture, Table, Text
from publish.exports.reports.drawing import Drawing
from publish.exports.reports.facts import Facts, Key, marked, printed
from publish.exports.reports.notes import LEGEND, Notes
from publish.exports.reports.portrait import changes
from publish.exports.reports.questions import Asked

CARDS = (
    ("emploi_salarie", "Emploi salarié"),
    ("taux_chomage_localise", "Taux de chômage"),
    ("demandeurs_emploi_abc", "Demandeurs d'emploi A, B, C"),
    ("defaillances_12_mois", "Défaillances sur 12 mois"),
)
# The lines of the first page, in reading order; those that the release does not have are left out.
LINES = (
    "emploi_salarie",
    "evolution_emploi_salarie_trimestre",
    "evolution_emploi_salarie_an",
    "emploi_salarie_marchand_non_agricole",
    "part_emploi_prive",
    "emploi_salarie_prive_trimestre",
    "masse_salariale_privee",
    "evolution_masse_salariale_privee_an",
    "interimaires",
    "etp_interim",
    "evolution_interimaires_an",
    "taux_recours_interim",
    "dpae",
    "taux_chomage_localise",
    "demandeurs_emploi_a",
    "demandeurs_emploi_abc",
    "evolution_demandeurs_emploi_abc_an",
    "part_demandeurs_emploi_sans_activite",
    "part_longue_duree",
    "part_moins_25_ans",
    "offres_collectees",
    "defaillances_12_mois",
    "evolution_defaillances_12_mois_an",
    "defaillances_trimestre",
    "dossiers_surendettement",
)
# Business climate is said missing when the release has none of it for the region.
CLIMATE = "Conjoncture"
CLIMATE_CHARTS = 4
# Points that a letter of a name (6 pt) and of a figure (7.2 pt, bold) take on a map, on the wide side.
NAME, VALUE = 2.9, 3.6
NAMED = 3  # late sources named on the first page; the note of the release has them all
FAILURES = (
    ("part_defaillances_construction", "Construction"),
    ("part_defaillances_commerce", "Commerce"),
    ("part_defaillances_hebergement_restauration", "Hébergement-restauration"),
    ("part_defaillances_industrie", "Industrie"),
)
SECTORS = (
    ("part_emploi_industriel", "Industrie"),
    ("part_emploi_construction", "Construction"),
    ("part_emploi_tertiaire_marchand", "Tertiaire marchand"),
    ("part_emploi_tertiaire_non_marchand", "Tertiaire non marchand"),
    ("part_emploi_agricole", "Agriculture"),
)


def territories(
    database_territories: list[str], region: str, departments: dict[str, str | None]
) -> list[str]:
    """What the dashboard reads: the region, its départements and the zones d'emploi that touch it."""
    own = [t for t in database_territories if t.startswith("DEP-") and departments.get(t) == region]
    zones = [t for t in database_territories if t.startswith("ZE2020-")]
    return [f"REG-{region}", *own, *zones]


def dashboard(facts: Facts) -> Document:
    """The report: page 1 the quarter at a glance, 2 employment, 3 unemployment, 4 companies and climate."""
    notes = Notes(facts)
    asked = Asked(facts, facts.region_key, notes)
    quarters = [k.periode for i, _ in CARDS if (k := asked.key(i)) is not None]
    document = Document(
        "Tableau de bord de conjoncture",
        asked.region,
        "Emploi, chômage, entreprises : derniers chiffres connus, de "
        f"{words.period(min(quarters))} à {words.period(max(quarters))} selon les sources"
        if quarters
        else "",
        asked.region,
        facts.release,
        words.day(facts.made),
    )
    pages = [_glance(asked), _jobs(asked), _unemployment(asked), _companies(asked)]
    document.pages = notes.in_reading_order(pages)
    document.notes = notes.written()
    document.legend = LEGEND
    return document


def _pairs(page: Page, found: list[Chart | None]) -> None:
    kept = [chart for chart in found if chart is not None]
    for left in range(0, len(kept), 2):
        pair = kept[left : left + 2]
        page.add(*pair, *([Text("", [""])] if len(pair) == 1 else []))


def _change(key: Key, facts: Facts) -> str:
    return words.change(key.variation, key.unite_variation, facts.indicators[key.indicateur].decimales)


def _glance(asked: Asked) -> Page:
    page, facts = Page(""), asked.facts
    cards = []
    for indicator, label in CARDS:
        key = asked.key(indicator)
        if key is None:
            cards.append(Card(label, words.MISSING, "non reçu", 0))
            continue
        detail = [words.period(key.periode)]
        if key.variation is not None:
            detail.append(f"{_change(key, facts)} sur un an")
        if key.france is not None and facts.indicators[indicator].nature not in ("stock", "flux"):
            detail.append(f"France : {printed(key.france, facts.indicators[indicator])}")
        cards.append(Card(label, asked.say(key), " · ".join(detail), asked.notes.call(indicator, key)))
    page.add(*cards)
    page.add(Text("L'essentiel", _essential(asked)))
    rows: list[list[Cell]] = []
    theme = ""
    for indicator in (*(i for i in LINES if i in facts.indicators), *_climate(facts)):
        key, one = asked.key(indicator), facts.indicators[indicator]
        if key is None:
            continue
        if one.theme != theme:
            theme = one.theme
            rows.append([Cell(theme)])
        number = asked.notes.call(indicator, key)
        series = asked.series(indicator, asked.territory)
        before = series[-2] if len(series) > 1 else None
        rows.append(
            [
                Cell(
                    words.labelled(one.libelle, one.unite),
                    note=number,
                ),
                Cell(words.period(key.periode)),
                Cell(marked(key, one), strong=True),
                Cell(printed(before.valeur, one) if before else ""),
                Cell(printed(key.un_an_avant, one) if key.un_an_avant is not None else ""),
                Cell(_change(key, facts) + ("*" if key.rupture else "")),
                Cell(printed(key.france, one)) if key.france is not None else Cell(words.MISSING, muted=True),
                Cell(f"{words.ordinal(key.rang)} sur {words.number(key.classes)}" if key.rang else ""),
            ]
        )
    head = [
        "Indicateur",
        "Période",
        asked.region,
        "Période préc.",
        "Un an avant",
        "Évolution",
        "France",
        "Rang",
    ]
    page.add(
        Table(
            head,
            rows,
            [3.6, 1.0, 1.15, 1.0, 1.0, 0.95, 1.15, 1.0],
            "Évolution sur un an. * : la variation franchit une rupture de série (voir les notes)."
            " Rang parmi les régions connues, par valeur décroissante.",
        )
    )
    _pairs(
        page,
        [
            questions.trend(asked, "taux_chomage_localise", "Le chômage baisse-t-il ?"),
            questions.trend(
                asked, "defaillances_12_mois", "Les défaillances d'entreprises augmentent-elles ?"
            ),
        ],
    )
    page.add(Text("Ce qui a changé depuis la release précédente", changes(asked, 2), small=True))
    late = []
    for state in dict.fromkeys(s for _, s, _ in facts.late):
        titles = [t for t, s, _ in facts.late if s == state]
        named = [charts.shortened(title, 52) for title in titles[:NAMED]] if state != "jamais" else []
        rest = words.plural(len(titles) - len(named), "source") if len(titles) > len(named) else ""
        said = " ; ".join(named) + (f" et {rest}" if named and rest else rest)
        late.append(f"{'Jamais reçues' if state == 'jamais' else state[0].upper() + state[1:]} : {said}.")
    if late:
        page.add(Text("Sources en retard, suspendues, arrêtées ou jamais reçues", late, small=True))
    return page


def _essential(asked: Asked) -> list[str]:
    facts, said = asked.facts, []
    jobs, quarter = asked.key("emploi_salarie"), asked.key("evolution_emploi_salarie_trimestre")
    if jobs is not None:
        text = f"Emploi : {asked.say(jobs)} emplois salariés à fin {words.period(jobs.periode)}"
        if quarter is not None and quarter.periode == jobs.periode:
            text += f", {_rate(quarter, facts)} sur le trimestre"
        said.append(text + _year(asked, "evolution_emploi_salarie_an", jobs.periode) + ".")
    rate = asked.key("taux_chomage_localise")
    if rate is not None:
        text = f"Chômage : {asked.say(rate)} au {words.period(rate.periode)}"
        text += f", {_change(rate, facts)} sur un an" if rate.variation is not None else ""
        text += (
            f" (France : {printed(rate.france, facts.indicators[rate.indicateur])})"
            if rate.france is not None
            else ""
        )
        ranked = facts.ranked.get(("ZE2020", "taux_chomage_localise"), [])
        if ranked:
            one = facts.indicators["taux_chomage_localise"]
            low, high = ranked[0], ranked[-1]
            text += (
                f" ; de {printed(low[0], one)} ({facts.name(low[1])})"
                f" à {printed(high[0], one)} ({facts.name(high[1])})"
                " selon les zones d'emploi"
            )
        said.append(text + ".")
    failures = asked.key("defaillances_12_mois")
    if failures is not None:
        text = f"Défaillances : {asked.say(failures)} en douze mois à fin {words.period(failures.periode)}"
        said.append(text + _year(asked, "evolution_defaillances_12_mois_an", failures.periode) + ".")
    temporary = asked.key("interimaires")
    if temporary is not None:
        text = f"Intérim : {asked.say(temporary)} intérimaires au {words.period(temporary.periode)}"
        said.append(text + _year(asked, "evolution_interimaires_an", temporary.periode) + ".")
    if not any(asked.key(i) for i in _climate(facts)):
        said.append(_no_climate(facts))
    return said


def _climate(facts: Facts) -> list[str]:
    return [i for i, one in facts.indicators.items() if one.theme == CLIMATE]


def _no_climate(facts: Facts) -> str:
    return (
        "Climat des affaires (enquêtes mensuelles de la Banque de France) : non reçu dans cette release ;"
        " aucun chiffre n'est donné à sa place."
    )


def _rate(key: Key, facts: Facts) -> str:
    one = facts.indicators[key.indicateur]
    return words.number(key.valeur, one.decimales, sign=True) + words.THIN + "%"


def _year(asked: Asked, indicator: str, period: str) -> str:
    """« , +0,7 % sur un an (France : +1,3 %) », from the release's own change."""
    key = asked.key(indicator)
    if key is None or key.periode != period:
        return ""
    one = asked.facts.indicators[indicator]
    france = (
        f" (France : {words.number(key.france, one.decimales, sign=True)}{words.THIN}%)"
        if key.france is not None
        else ""
    )
    return f", {_rate(key, asked.facts)} sur un an{france}"


def _jobs(asked: Asked) -> Page:
    page = Page("Emploi")

    def level(a: Asked) -> str:
        key = a.key("emploi_salarie")
        return (
            f"{a.say(key)} emplois à fin {words.period(key.periode)}"
            f"{_year(a, 'evolution_emploi_salarie_an', key.periode)}."
            if key
            else ""
        )

    _pairs(
        page,
        [
            questions.index(asked, "emploi_salarie", "L'emploi suit-il celui de la France ?", level),
            _quarters(asked, "evolution_emploi_salarie_trimestre", "Quel rythme, trimestre par trimestre ?"),
            _by_part(
                asked,
                "evolution_emploi_salarie_an",
                "secteur_a5",
                "Quels secteurs créent des emplois sur un an ?",
            ),
            _by_territory(
                asked, "evolution_emploi_salarie_an", "DEP", "Quels départements en gagnent sur un an ?"
            ),
            questions.structure(asked, SECTORS, "De quels secteurs l'emploi dépend-il ?"),
            questions.trend(asked, "interimaires", "Où en est l'intérim ?"),
            _by_part(
                asked,
                "evolution_emploi_salarie_trimestre",
                "secteur_a5",
                "Quels secteurs en créent sur le trimestre ?",
            ),
            questions.trend(asked, "part_emploi_interimaire", "L'intérim pèse-t-il davantage qu'en France ?"),
        ],
    )
    return page


def _unemployment(asked: Asked) -> Page:
    page = Page("Chômage")
    zones = _zones(asked)
    if zones is not None:
        picture, table = zones
        page.add(picture, table, shares=(1.5, 1.0))
    _pairs(
        page,
        [
            questions.trend(asked, "demandeurs_emploi_a", "Combien sont sans aucune activité (A) ?"),
            _by_territory(asked, "taux_chomage_localise", "DEP", "Quel chômage par département ?"),
            questions.trend(asked, "demandeurs_emploi_abc", "Combien de demandeurs d'emploi (A, B, C) ?"),
            questions.trend(
                asked, "part_demandeurs_emploi_sans_activite", "Quelle part est sans aucune activité ?"
            ),
        ],
    )
    return page


def _companies(asked: Asked) -> Page:
    page = Page("Entreprises et climat des affaires")
    found: list[Chart | None] = [
        _by_part(
            asked, "evolution_defaillances_12_mois_an", "secteur_diren", "Dans quels secteurs, sur un an ?"
        ),
        questions.structure(asked, FAILURES, "Quels secteurs pèsent dans les défaillances ?"),
        _by_territory(asked, "evolution_defaillances_12_mois_an", "DEP", "Et par département, sur un an ?"),
        *(
            questions.trend(asked, i, f"{asked.facts.indicators[i].libelle} ?")
            for i in _climate(asked.facts)[:CLIMATE_CHARTS]
        ),
    ]
    _pairs(page, found)
    if not any(asked.key(i) for i in _climate(asked.facts)):
        page.add(Text("Climat des affaires", [_no_climate(asked.facts)]))
    return page


def _quarters(asked: Asked, indicator: str, question: str) -> Chart | None:
    own = asked.series(indicator, asked.territory)[-12:]
    if len(own) < 3:
        return None
    one = asked.facts.indicators[indicator]
    france = asked.facts.france(indicator)
    beside = {p.periode: p.valeur or 0.0 for p in asked.series(indicator, france)} if france else {}
    rows = [
        (_short(p.periode), p.valeur or 0.0, words.number(p.valeur, one.decimales, sign=True)) for p in own
    ]
    key = asked.key(indicator)
    last = own[-1]
    said = (
        f"{words.number(last.valeur, one.decimales, sign=True)}{words.THIN}% au {words.period(last.periode)}"
    )
    if last.periode in beside:
        said += f" (France : {words.number(beside[last.periode], one.decimales, sign=True)}{words.THIN}%)"
    said += "."
    shown = {_short(period): value for period, value in beside.items()}
    drawing = charts.columns(rows, shown, (asked.region, "France"), f"{question} {said}", "%")
    span = f"{words.period(own[0].periode)} à {words.period(last.periode)}"
    return Chart(question, said, drawing, asked.notes.source(indicator, span, key=key), (indicator,))


def _short(period: str) -> str:
    """« 2022-T4 » → « T4 22 »."""
    return f"{period[5:]} {period[2:4]}"


def _by_part(asked: Asked, indicator: str, axis: str, question: str) -> Chart | None:
    """The last value of each part of the region, largest first."""
    parts = [
        p for p in asked.facts.parts.get((indicator, asked.territory), []) if p[0].startswith(f"{axis}:")
    ]
    known = sorted((p for p in parts if p[3] is not None), key=lambda p: -(p[3] or 0))
    if len(known) < 2:
        return None
    one = asked.facts.indicators[indicator]
    total = asked.key(indicator)
    # What rises and should not is not painted as good news.
    colors = (charts.DOWN, charts.UP) if one.sens == "hausse_defavorable" else (charts.UP, charts.DOWN)
    rows = [
        Bar(label, value, _printed_rate(value, one.decimales, status), colors[(value or 0) < 0])
        for _, label, _, value, status, _ in known
    ]
    period = known[0][2]
    if total is not None and total.periode == period:
        rows.insert(
            0, Bar("Ensemble", total.valeur, _printed_rate(total.valeur, one.decimales, total.statut), OWN)
        )
    hidden = [words.why_missing(p[5]) for p in parts if p[3] is None]
    said = f"De {rows_text(known[-1], one.decimales)} à {rows_text(known[0], one.decimales)}"
    said += f" en {words.period(period)}."
    if hidden:
        said += f" {words.plural(len(hidden), 'secteur')} sans chiffre ({', '.join(sorted(set(hidden)))})."
    drawing = charts.bars(rows, f"{question} {said}", 122)
    return Chart(
        question, said, drawing, asked.notes.source(indicator, words.period(period), key=total), (indicator,)
    )


def _printed_rate(value: float | None, decimals: int, status: str | None = None) -> str:
    mark = {"P": f"{words.THIN}(p)", "E": f"{words.THIN}(e)"}.get(status or "", "")
    return f"{words.number(value, decimals, sign=True)}{words.THIN}%{mark}"


def rows_text(part: tuple[str, str, str, float | None, str | None, str | None], decimals: int) -> str:
    """« −2,3 % (Agriculture) »."""
    return f"{words.number(part[3], decimals, sign=True)}{words.THIN}% ({charts.shortened(part[1], 34)})"


def _by_territory(asked: Asked, indicator: str, level: str, question: str) -> Chart | None:
    """The territories of a level of the region beside the region and France."""
    facts = asked.facts
    own = [
        k
        for (t, i), k in facts.keys.items()
        if i == indicator
        and facts.territories[t].type_territoire == level
        and facts.territories[t].code_region == facts.region
    ]
    known = sorted((k for k in own if k.valeur is not None), key=lambda k: -(k.valeur or 0))
    total = asked.key(indicator)
    if len(known) < 2:
        return None
    one = facts.indicators[indicator]
    signed = indicator.startswith("evolution")

    def text(value: float | None, status: str | None = None) -> str:
        return _printed_rate(value, one.decimales, status) if signed else printed(value, one, status)

    rows = [Bar(facts.name(k.territoire), k.valeur, text(k.valeur, k.statut), DEPARTMENT) for k in known]
    if total is not None:
        rows.append(Bar(asked.region, total.valeur, text(total.valeur, total.statut), OWN))
        if total.france is not None:
            rows.append(Bar("France", total.france, text(total.france), REGION))
    first, last = known[0], known[-1]
    said = (
        f"De {text(last.valeur)} ({facts.name(last.territoire)})"
        f" à {text(first.valeur)} ({facts.name(first.territoire)})"
        f" en {words.period(first.periode)}."
    )
    drawing = charts.bars(rows, f"{question} {said}")
    return Chart(
        question,
        said,
        drawing,
        asked.notes.source(indicator, words.period(first.periode), key=total or first),
        (indicator,),
    )


def _zones(asked: Asked) -> tuple[Picture, Table] | None:
    """The map of unemployment by zone d'emploi, and the same figures in a table."""
    facts, indicator = asked.facts, "taux_chomage_localise"
    keys = {
        t: k
        for (t, i), k in facts.keys.items()
        if i == indicator and t.startswith("ZE2020-") and k.valeur is not None
    }
    shapes = {t: facts.outlines.rings(t) for t in keys if facts.outlines.rings(t)}
    if len(shapes) < 2:
        return None
    one = facts.indicators[indicator]
    drawing = zone_map(facts, {t: keys[t].valeur or 0.0 for t in shapes}, shapes, one.unite)
    period = next(iter(keys.values())).periode
    some = next(iter(keys.values()))
    rows = [
        [
            Cell(facts.name(t) + (" †" if facts.territories[t].est_interregional else "")),
            Cell(marked(k, one), strong=True),
            Cell(_change(k, facts)),
        ]
        for t, k in sorted(keys.items(), key=lambda item: (-(item[1].valeur or 0), item[0]))
    ]
    picture = Picture(
        f"Le taux de chômage par zone d'emploi, {words.period(period)}",
        drawing,
        asked.notes.source(indicator, words.period(period), "fond : IGN", key=some)._replace(
            after=" Le taux d'une zone à cheval sur plusieurs régions (†) est celui de la zone entière ;"
            " seule sa partie comprise dans la région est dessinée."
        ),
    )
    return picture, Table(["Zone d'emploi", "Taux", "Un an"], rows, [2.2, 0.9, 0.9])


def zone_map(
    facts: Facts, values: dict[str, float], shapes: dict[str, list[list[tuple[float, float]]]], unit: str
) -> Drawing:
    """Zones filled by class, each with its own value written on it."""
    width, height = 308.0, 268.0
    breaks = charts.classes(list(values.values()), count=5)
    colors = charts.SEQUENTIAL[: len(breaks) + 1]
    one = facts.indicators["taux_chomage_localise"]
    alt = "Carte du taux de chômage : " + ", ".join(
        f"{facts.name(t)} {printed(v, one)}" for t, v in values.items()
    )
    drawing = Drawing(width, height, alt)
    frame = Frame.around([r for rings in shapes.values() for r in rings], width, height - 26)
    for territory, rings in shapes.items():
        color = colors[sum(values[territory] >= b for b in breaks)]
        drawing.area(frame.rings(rings, 0.5), color, "#FFFFFF", 0.9)
    taken: list[Polygon] = []
    for territory, rings in sorted(shapes.items(), key=lambda item: -abs(area(max(item[1], key=len)))):
        ring = max(rings, key=lambda r: abs(area(r)))
        zone = Polygon([frame.point(p) for p in ring]).buffer(0)
        value = printed(values[territory], one)
        for lines in (*_in_lines(facts.name(territory).split(" - ")[0]), []):
            wide = max([VALUE * len(value), *(NAME * len(line) for line in lines)])
            at = room(zone, wide, 8.5 + 6.6 * len(lines))
            if at is not None:
                break
        else:  # the figure overflows its zone, on white; a sliver of a zone is left to the table
            x, y = zone.centroid.x, zone.centroid.y
            over = box(x - 11, y - 5, x + 11, y + 5)
            if zone.bounds[2] - zone.bounds[0] >= 14 and not any(over.intersects(other) for other in taken):
                drawing.text(x, y + 2.5, value, 7.2, charts.INK, "middle", bold=True, halo=True)
                taken.append(over)
            continue
        ink = "#FFFFFF" if sum(values[territory] >= b for b in breaks) >= 3 else charts.INK
        x, top = at[0], at[1] - (8.5 + 6.6 * len(lines)) / 2
        for rank, line in enumerate(lines, start=1):
            drawing.text(x, top + 6.6 * rank - 1.2, line, 6, ink, "middle")
        drawing.text(x, top + 6.6 * len(lines) + 6.6, value, 7.2, ink, "middle", bold=True)
        taken.append(box(x - wide / 2, top, x + wide / 2, top + 8.5 + 6.6 * len(lines)))
    texts = [f"moins de {words.number(breaks[0], 1)}"]
    texts += [f"{words.number(a, 1)} à {words.number(b, 1)}" for a, b in itertools.pairwise(breaks)]
    texts += [f"{words.number(breaks[-1], 1)} ou plus"]
    x = 4.0
    drawing.text(x, height - 16, f"{unit}, trimestre, CVS", charts.SCALE, charts.GREY)
    for color, text in zip(colors, texts, strict=True):
        drawing.rect(x, height - 10, 8, 8, color)
        drawing.text(x + 11, height - 3.6, text, charts.SCALE, charts.INK)
        x += 58
    return drawing


def room(zone: Polygon | MultiPolygon, wide: float, high: float) -> tuple[float, float] | None:
    """The middle of a wide × high label that lies whole in a zone, the nearest to its centroid; None when it
    has no such place."""
    west, north, east, south = zone.bounds
    steps = [
        (west + 3 * i, north + 3 * j)
        for i in range(int((east - west) / 3) + 1)
        for j in range(int((south - north) / 3) + 1)
    ]
    middle = zone.centroid
    prepare(zone)
    for x, y in sorted(steps, key=lambda p: (p[0] - middle.x) ** 2 + (p[1] - middle.y) ** 2):
        if zone.contains(box(x - wide / 2, y - high / 2, x + wide / 2, y + high / 2)):
            return x, y
    return None


def _in_lines(name: str) -> list[list[str]]:
    """The ways to write a name: on one line, on two as even as may be."""
    cuts = [i for i, c in enumerate(name) if c in " -"]
    if not cuts:
        return [[name]]
    cut = min(cuts, key=lambda i: abs(2 * i - len(name)))
    return [[name], [name[: cut + (name[cut] == "-")], name[cut + 1 :]]]


def late_sources(
    rows: list[tuple[str, str, str | None]], states: dict[str, freshness.Freshness]
) -> list[tuple[str, str, str]]:
    """Sources that are late, stopped or never received: title, state, why. `rows`: source, title, last
    reason; `states`: see `freshness.of_release`."""
    found = []
    for source, title, reason in rows:
        state = states[source]
        if state.etat in freshness.TOLD:
            found.append((title, state.etat, reason or state.mot if state.etat == "jamais" else state.mot))
    return found
