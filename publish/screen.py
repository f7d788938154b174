"""The last screen of a run: the region's key figures, what was pulled, what was checked, where the files
are."""

from __future__ import annotations

import io
import re
from collections import Counter, defaultdict
from pathlib import Path
from typing import NamedTuple

import duckdb
from rich.columns import Columns
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.panel import Panel
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from extract.settings import Settings
from extract.summary import unserved_words
from publish import words
from publish.releases import Release
from publish.run import Outcome

WIDTH = 100
BLUE = "bright_blue"
# The four figures of the top, with a name that fits their frame.
CARDS = {
    "population_municipale": "Population",
    "emploi_salarie": "Emploi salarié",
    "taux_chomage_localise": "Taux de chômage",
    "defaillances_12_mois": "Défaillances, 1 an",
}
PER_THEME = 4  # lines under each theme: a screen, not the dictionary
TREND = 20  # points of the small curve of a frame
SMALL = 10  # and of a line
# Where a refresh goes after the demonstration, whose folder takes no other figures; the READMEs say it too.
REAL = "donnees"

FIGURES = """
    with curves as (
        select indicateur, list(valeur order by date_fin) as courbe
        from (
            select indicateur, valeur, date_fin from observations
            where territoire = 'REG-' || $region and modalite = '_T' and valeur is not null
            qualify row_number() over (partition by indicateur order by date_fin desc) <= $points
        ) group by all
    )
    select i.indicateur, i.theme, i.libelle, i.decimales, i.unite, i.sens, k.periode, k.valeur,
        k.variation, k.unite_variation, k.valeur_france, k.rang, k.nombre_classes, c.courbe
    from chiffres_cles k join indicateurs i using (indicateur) left join curves c using (indicateur)
    where k.territoire = 'REG-' || $region and k.valeur is not null
    order by i.ordre, i.indicateur
"""
COUNTS = """
    select (select count(*) from observations), (select count(*) from indicateurs),
        (select count(distinct indicateur) from observations where valeur is not null),
        (select count(*) from territoires)
"""


class Line(NamedTuple):
    """One key figure of the region, with its recent values, oldest first."""

    indicateur: str
    theme: str
    libelle: str
    decimales: int
    unite: str
    sens: str | None
    periode: str
    valeur: float
    variation: float | None
    unite_variation: str | None
    france: float | None
    rang: int | None
    nombre_classes: int | None
    courbe: list[float] | None


def short(outcome: Outcome, console: Console) -> None:
    """One line when all went well; the whole explanation when not."""
    console.print(outcome.message, style="green" if outcome.code == 0 else "red", markup=False)
    for result in outcome.summary.results if outcome.summary else []:
        if result.resultat in ("refuse", "echec", "ignore") and outcome.code != 4:
            name = f"{result.source} {result.partition or ''}".strip()
            console.print(f"  {name} : {result.motif}", style="yellow", markup=False)
    if outcome.code == 0 and outcome.release is not None:
        console.print(f"  {outcome.release.folder}", style="dim", markup=False, soft_wrap=True)


def full(outcome: Outcome, settings: Settings, console: Console) -> None:
    """The screen of `make demo`, at most 100 columns wide."""
    release = outcome.release
    if release is None:
        short(outcome, console)
        return
    with duckdb.connect(str(release.database), read_only=True) as connection:
        found = connection.execute(
            "select libelle from territoires where territoire = 'REG-' || ?", [settings.region]
        ).fetchone()
        name = found[0] if found else f"Région {settings.region}"
        rows = connection.execute(FIGURES, {"region": settings.region, "points": TREND}).fetchall()
        lines = [Line(*row) for row in rows]
        producers = dict(connection.execute("select source, producteur from sources").fetchall())
        counts = connection.execute(COUNTS).fetchone() or (0, 0, 0, 0)
        controls = Counter(
            dict(connection.execute("select resultat, count(*) from controles group by all").fetchall())
        )
    parts: list[RenderableType] = [
        Text(),
        Rule(Text(f" {name} ", style=f"bold {BLUE}"), style=BLUE),
        Text(),
        _cards([line for line in lines if line.indicateur in CARDS]),
        _figures([line for line in lines if line.indicateur not in CARDS]),
        Text(),
        Rule(Text(" Ce qui a été tiré ", style="bold"), style="dim"),
        _pulled(outcome, producers),
        *_unserved(outcome),
        Text(),
        Rule(Text(" La release ", style="bold"), style="dim"),
        _release(release, settings, controls, counts),
        Text(),
        Rule(Text(" Et maintenant ", style="bold"), style="dim"),
        _next(settings),
        Text(),
    ]
    console.print(Group(*parts), width=min(console.width, WIDTH))
    mark = "[bold green]✔[/]" if outcome.code == 0 else "[bold red]✘[/]"
    console.print(
        f"{mark} {outcome.message} [dim]En {words.number(outcome.seconds)} s ({_steps(outcome)}).[/]\n"
    )


def picture(outcome: Outcome, settings: Settings) -> str:
    """The same screen as an SVG, for the READMEs. It fetches no font: the reader's own does."""
    recorder = Console(record=True, width=WIDTH, file=io.StringIO(), highlight=False)
    full(outcome, settings, recorder)
    return re.sub(r" *@font-face \{.*?\}\n", "", recorder.export_svg(title="make demo"), flags=re.DOTALL)


def curve(values: list[float] | None, width: int = TREND) -> str:
    """The recent values as a small curve of blocks, scaled between their own extremes."""
    known = (values or [])[-width:]
    if len(known) < 3:
        return ""
    low, high = min(known), max(known)
    if high == low:
        return "▄" * len(known)
    return "".join("▁▂▃▄▅▆▇█"[round(7 * (value - low) / (high - low))] for value in known)


def _colour(line: Line) -> str:
    """Green when the change is good news, by the dictionary's `sens`; no colour where there is no opinion
    to have."""
    shown = max(line.decimales, 1) if line.unite_variation == "points" else 1
    if (
        line.variation is None
        or round(line.variation, shown) == 0
        or line.sens not in ("hausse_favorable", "hausse_defavorable")
    ):
        return ""
    return "green" if (line.variation > 0) == (line.sens == "hausse_favorable") else "red"


def _cards(lines: list[Line]) -> Columns:
    cards = []
    for line in lines:
        body = Text(justify="center")
        body.append(words.valued(line.valeur, line.decimales, line.unite) + "\n", style="bold")
        change = words.change(line.variation, line.unite_variation, line.decimales)
        body.append(f"{change} sur un an\n" if change else "\n", style=_colour(line))
        body.append(curve(line.courbe) + "\n", style=BLUE)
        place = f" · {words.ordinal(line.rang)} sur {line.nombre_classes}" if line.rang else ""
        body.append(words.period(line.periode) + place, style="dim")
        title = Text(CARDS[line.indicateur], style=f"bold {BLUE}")
        cards.append(Panel(body, title=title, border_style="dim", width=25, padding=(0, 0)))
    return Columns(cards, padding=(0, 0), expand=False)


def _figures(lines: list[Line]) -> Table:
    table = Table(box=None, header_style="dim", pad_edge=False, padding=(0, 1), expand=True)
    table.add_column("", ratio=1)  # a long label takes two lines: cut, two of them would read the same
    for title in ("Valeur", "Période", "Sur un an"):
        table.add_column(title, justify="right", no_wrap=True)
    table.add_column("Tendance", no_wrap=True, width=SMALL)
    table.add_column("France", justify="right", no_wrap=True)
    themes: dict[str, list[Line]] = defaultdict(list)
    for line in lines:
        # An evolution is already the « sur un an » of the figure that it describes.
        if not line.indicateur.startswith("evolution"):
            themes[line.theme].append(line)
    shown = 0
    for theme, group in themes.items():
        table.add_row(Text(theme, style=f"bold {BLUE}"))
        for line in group[:PER_THEME]:
            shown += 1
            table.add_row(
                Padding(line.libelle, (0, 0, 0, 2)),
                Text(words.valued(line.valeur, line.decimales, line.unite), style="bold"),
                words.period(line.periode),
                Text(words.change(line.variation, line.unite_variation, line.decimales), style=_colour(line)),
                Text(curve(line.courbe, SMALL), style="dim"),
                Text(
                    "" if line.france is None else words.valued(line.france, line.decimales, line.unite),
                    style="dim",
                ),
            )
    rest = len(lines) - shown
    if rest > 0:
        table.add_row(Text(f"  … {rest} autres : classeur, base SQL", style="dim italic"))
    return table


def _pulled(outcome: Outcome, producers: dict[str, str]) -> Table:
    table = Table(box=None, header_style="dim", pad_edge=False, padding=(0, 1), expand=True)
    table.add_column("Producteur", ratio=1, no_wrap=True, overflow="ellipsis")
    for title in ("Jeux", "Livraisons", "Lignes", "Octets", "Nouvelles", "Inchangées", "Refusées"):
        table.add_column(title, justify="right", no_wrap=True)
    grouped = defaultdict(list)
    for result in outcome.summary.results if outcome.summary else []:
        grouped[producers.get(result.source, result.source.split("__")[0])].append(result)
    for producer, results in sorted(grouped.items(), key=lambda item: -sum(r.lignes or 0 for r in item[1])):
        state = Counter(r.resultat for r in results)
        bad = state["refuse"] + state["echec"] + state["ignore"]
        table.add_row(
            producer,
            str(len({r.source for r in results})),
            str(len(results)),
            words.number(sum(r.lignes or 0 for r in results)),
            words.size(sum(r.octets or 0 for r in results)),
            str(state["nouveau"] or "–"),
            str(state["inchange"] or "–"),
            Text(str(bad or "–"), style="red" if bad else ""),
        )
    for one in outcome.summary.results if outcome.summary else []:
        if one.resultat in ("refuse", "echec", "ignore"):
            table.add_row(Text(f"  {one.source} : {one.motif}", style="yellow"))
    return table


def _unserved(outcome: Outcome) -> list[RenderableType]:
    if outcome.summary is None or not outcome.summary.non_servies:
        return []
    return [Text(unserved_words(outcome.summary), style="dim")]


def _release(release: Release, settings: Settings, controls: Counter[str], counts: tuple[int, ...]) -> Table:
    observations, indicators, known, territories = counts
    table = Table.grid(padding=(0, 2))
    checks = Text(words.plural(controls["reussi"], "contrôle réussi", "contrôles réussis"), style="green")
    if controls["averti"]:
        checks.append(f", {words.plural(controls['averti'], 'avertissement')}", style="yellow")
    checks.append(
        ", aucun échec" if not controls["echoue"] else f", {words.plural(controls['echoue'], 'échec')}",
        style="dim",
    )
    table.add_row(Text("  Jugée", style="dim"), checks)
    table.add_row(
        Text("  Contient", style="dim"),
        f"{words.plural(observations, 'observation')}, {words.plural(territories, 'territoire')}, "
        f"{known} indicateurs renseignés sur {indicators}"
        + (
            " (les autres demandent les vrais producteurs)"
            if settings.producteurs and known < indicators
            else ""
        ),
    )
    shown = _relative(settings.published / "current")
    for label, path in (
        ("Base SQL", "referentiel.duckdb"),
        ("Classeur", "exports/chiffres_cles.xlsx"),
        ("Contrôles", "qualite/index.html"),
        ("Ce qui change", "NOTE.md"),
        ("Dictionnaire", "dictionnaire.csv"),
    ):
        table.add_row(Text(f"  {label}", style="dim"), Text(str(shown / path), style="cyan", overflow="fold"))
    return table


def _next(settings: Settings) -> Table:
    table = Table.grid(padding=(0, 2))
    for command, does in (
        (f"make sql QUERY=\"from portrait('REG-{settings.region}')\"", "interroger"),
        ("make sql", "ouvrir DuckDB sur la release, en lecture seule"),
        ("make status", "où en est chaque source"),
        (f"REFERENTIEL_DATA={REAL} make refresh", "les vrais producteurs, dans leur dossier"),
    ):
        table.add_row(Text(f"  {command}", style="bold"), Text(does, style="dim"))
    return table


def _steps(outcome: Outcome) -> str:
    return ", ".join(
        f"{name} {words.number(seconds)}" for name, seconds in outcome.steps.items() if seconds >= 0.5
    )


def _relative(path: Path) -> Path:
    """A path as one would type it from here."""
    try:
        return path.relative_to(Path.cwd())
    except ValueError:
        return path
