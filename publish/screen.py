"""The last screen of a run: the region's key figures, what was pulled, what was checked, where the files are."""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from pathlib import Path

import duckdb
from rich.console import Console, Group
from rich.padding import Padding
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from extract.settings import Settings
from publish import words
from publish.releases import Release
from publish.run import Outcome

WIDTH = 100
BLUE = "bright_blue"

FIGURES = """
    select i.theme, i.libelle, k.periode, k.valeur, k.confidentialite, i.decimales, i.unite, k.variation, k.unite_variation,
        k.valeur_france, k.rang, k.nombre_classes
    from chiffres_cles k join indicateurs i using (indicateur)
    where k.territoire = 'REG-' || ? and k.valeur is not null
    order by i.ordre, i.indicateur
"""
REGION = "select libelle from territoires where territoire = 'REG-' || ?"
PRODUCERS = "select source, producteur from sources"
COUNTS = """
    select (select count(*) from observations), (select count(*) from indicateurs), (select count(*) from territoires),
        (select count(distinct indicateur) from observations where valeur is not null)
"""


def short(outcome: Outcome, console: Console) -> None:
    """One line when all went well; the whole explanation when not."""
    style = "green" if outcome.code == 0 else "red"
    console.print(Text(outcome.message, style=style))
    for result in outcome.summary.results if outcome.summary else []:
        if result.resultat in ("refuse", "echec") and outcome.code != 4:
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
    width = min(console.width, WIDTH)
    with duckdb.connect(str(release.database), read_only=True) as connection:
        found = connection.execute(REGION, [settings.region]).fetchone()
        name = found[0] if found else f"Région {settings.region}"
        figures = connection.execute(FIGURES, [settings.region]).fetchall()
        producers = dict(connection.execute(PRODUCERS).fetchall())
        counts = connection.execute(COUNTS).fetchone()
        controls = Counter(
            dict(connection.execute("select resultat, count(*) from controles group by all").fetchall())
        )
    parts = [
        Text(),
        Rule(Text(f" {name} · chiffres clés ", style=f"bold {BLUE}"), style=BLUE),
        _figures(figures),
        Text(),
        Rule(Text(" Ce qui a été tiré ", style="bold"), style="dim"),
        _pulled(outcome, producers),
        Text(),
        Rule(Text(" Contrôles ", style="bold"), style="dim"),
        _controls(controls),
        Text(),
        Rule(Text(" Où c'est, et après ", style="bold"), style="dim"),
        _places(release, settings),
    ]
    console.print(Padding(Group(*parts), (0, 0)), width=width)
    if counts:
        observations, indicators, territories, known = counts
        console.print(
            f"\n[bold green]✔[/] {outcome.message} {words.number(observations)} observations, {known} indicateurs renseignés sur "
            f"{indicators}, {words.number(territories)} territoires, en {words.number(outcome.seconds, 0)} s.",
            width=width,
        )


def _figures(rows: list[tuple]) -> Table:  # type: ignore[type-arg]
    table = Table(box=None, header_style="dim", pad_edge=False, padding=(0, 1), expand=True)
    table.add_column("", ratio=1, no_wrap=True, overflow="ellipsis")
    for title in ("Valeur", "Période", "Sur un an", "France", "Rang"):
        table.add_column(title, justify="right", no_wrap=True)
    theme = None
    for (group, label, period, value, confidential, decimals, unit, variation, kind, france, rank, among) in rows:
        if group != theme:
            theme = group
            table.add_row(Text(group, style=f"bold {BLUE}"))
        reference = "" if words.absent(france) else words.valued(france, decimals, unit)
        place = "" if rank is None else f"{words.ordinal(rank)}/{among}"
        table.add_row(
            f"  {label}", Text(words.valued(value, decimals, unit, confidential), style="bold"), words.period(period),
            words.change(variation, kind, decimals), Text(reference, style="dim"), Text(place, style="dim"),
        )  # fmt: skip
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
            producer, str(len({r.source for r in results})), str(len(results)),
            words.number(sum(r.lignes or 0 for r in results)), words.size(sum(r.octets or 0 for r in results)),
            str(state["nouveau"] or "–"), str(state["inchange"] or "–"), Text(str(bad or "–"), style="red" if bad else ""),
        )  # fmt: skip
    for results in grouped.values():
        for one in results:
            if one.resultat in ("refuse", "echec", "ignore"):
                table.add_row(Text(f"  {one.source} : {one.motif}", style="yellow"))
    return table


def _controls(count: Counter[str]) -> Text:
    text = Text("  ")
    text.append(words.plural(count["reussi"], "réussi"), style="green")
    text.append(f"   {words.plural(count['averti'], 'avertissement')}", style="yellow" if count["averti"] else "dim")
    text.append(f"   {count['echoue'] or 'aucun'} échec", style="dim")
    if count["sans_objet"]:
        text.append(f"   {count['sans_objet']} sans objet", style="dim")
    return text


def _places(release: Release, settings: Settings) -> Table:
    table = Table.grid(padding=(0, 2))
    folder = settings.published / "current"
    shown = _relative(folder)
    places = [
        ("Base SQL", shown / "referentiel.duckdb"), ("Classeur", shown / "exports/chiffres_cles.xlsx"),
        ("Contrôles", shown / "qualite/index.html"), ("Ce qui change", shown / "NOTE.md"),
        ("Dictionnaire", shown / "dictionnaire.csv"),
    ]  # fmt: skip
    for label, path in places:
        table.add_row(Text(f"  {label}", style="dim"), Text(str(path), style="cyan", overflow="fold"))
    table.add_row()
    for command, does in (
        (f"make sql QUERY=\"from portrait('REG-{settings.region}')\"", "interroger"),
        ("make sql", "ouvrir le shell DuckDB, en lecture seule"),
        ("make status", "l'état de chaque source"),
        ("make refresh", "la même chose sur les vrais producteurs"),
    ):
        table.add_row(Text(f"  {does}", style="dim"), Text(command, style="bold"))
    return table


def _relative(path: Path) -> Path:
    """A path as one would type it from here."""
    try:
        return path.relative_to(Path(os.getcwd()))
    except ValueError:
        return path
