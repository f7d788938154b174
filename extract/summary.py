"""What a run did, as people read it: one line per source, what changed, what to do about what went wrong."""

from __future__ import annotations

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from extract.attempt import FIRST_DELIVERY, SourceResult
from extract.run import RunSummary

WORDS = {
    "nouveau": ("nouveau", "green"),
    "inchange": ("inchangé", "dim"),
    "refuse": ("refusé", "red"),
    "echec": ("échec", "yellow"),
    "ignore": ("ignoré", "magenta"),
}


def number(value: int | None) -> str:
    """1234567 → `1 234 567` (narrow no-break spaces)."""
    return "" if value is None else f"{value:,}".replace(",", "\u202f")


def size(octets: int) -> str:
    """Bytes in French units."""
    if octets < 1000:
        return f"{octets} o"
    value = octets / 1000
    for unit in ("ko", "Mo"):
        if value < 1000:
            return f"{value:.1f} {unit}".replace(".", ",")
        value /= 1000
    return f"{value:.1f} Go".replace(".", ",")


def counts(summary: RunSummary) -> str:
    """`12 nouveaux, 3 inchangés, 1 refusé…`; outcomes that did not happen are left out."""
    parts = []
    for outcome, (word, _) in WORDS.items():
        if found := len(summary.of(outcome)):
            parts.append(f"{found} {word}{_plural(word, found)}")
    return ", ".join(parts) or "rien à faire"


def unserved_words(summary: RunSummary) -> str:
    """One line on what the replica has no figures for."""
    names = summary.non_servies
    count = f"{len(names)} sources non servies" if len(names) > 1 else "1 source non servie"
    return f"{count} par la réplique, faute de vrais chiffres à disposition : {', '.join(names)}."


def _plural(word: str, found: int) -> str:
    if found < 2 or word.endswith("s"):
        return ""
    return "x" if word.endswith("eau") else "s"


def print_summary(summary: RunSummary, console: Console) -> None:
    """The table of a run, what went wrong and why, then the counts."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("source", no_wrap=True)
    table.add_column("résultat", no_wrap=True)
    table.add_column("lignes", justify="right", no_wrap=True)
    table.add_column("reçu", justify="right", no_wrap=True)
    table.add_column("publié le", no_wrap=True)
    if any(_difference(result) for result in summary.results):
        table.add_column("écart", overflow="fold")
    for result in summary.results:
        table.add_row(*_cells(result)[: len(table.columns)])
    console.print(table)
    for outcome in ("refuse", "echec", "ignore"):
        word, style = WORDS[outcome]
        for reason, names in _by_reason(summary.of(outcome)).items():
            console.print(f"[{style}]{word}[/] [bold]{', '.join(names)}[/] : {escape(reason)}")
    for result in summary.results:
        for words in result.avertissements:
            console.print(f"[yellow]à vérifier[/] [bold]{escape(name_of(result))}[/] : {escape(words)}")
    if summary.relues:
        console.print(f"{len(summary.relues)} livraisons relues depuis l'archive avant de commencer.")
    if summary.non_servies:
        console.print(f"[dim]{escape(unserved_words(summary))}[/]", soft_wrap=True)
    console.print(f"[bold]Extraction :[/] {counts(summary)}.")
    if not summary.joint:
        console.print(
            "[bold red]Aucun producteur n'a pu être joint.[/] "
            "Vérifiez le réseau et le mandataire (HTTPS_PROXY), puis "
            "relancez ; les dernières bonnes livraisons restent en place."
        )


def _by_reason(results: list[SourceResult]) -> dict[str, list[str]]:
    """Names by reason: twelve files of one unreachable site make one line."""
    grouped: dict[str, list[str]] = {}
    for result in results:
        grouped.setdefault(result.motif, []).append(name_of(result))
    return grouped


def name_of(result: SourceResult) -> str:
    """`source` or `source/partition`."""
    return result.source if result.partition is None else f"{result.source}/{result.partition}"


def _difference(result: SourceResult) -> str:
    return "" if result.ecart == FIRST_DELIVERY else result.ecart


def _cells(result: SourceResult) -> tuple[str, ...]:
    word, style = WORDS[result.resultat]
    return (
        name_of(result),
        f"[{style}]{word}[/]",
        number(result.lignes),
        size(result.octets) if result.octets else "",
        (result.publie_le or "")[:10],
        escape(_difference(result)),
    )
