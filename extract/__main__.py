"""`python -m extract list | explain SOURCE | run [SOURCE…] | check [SOURCE…] | replay | docs |
deposit SOURCE FILE --published-on DATE [--partition P] | verifier-zonage FICHIER`.

Exit codes of `run`: 0 done (even when some sources failed) · 2 a fault of ours · 3 another run holds the
archive · 4 no producer could be reached. `check`: 1 when a producer no longer answers as described.
`replay`: 1 when a delivery is refused by today's yaml. `deposit`, `verifier-zonage`: 1 when the file is
refused."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from extract import landing, producers_docs
from extract.archive import ACCEPTED, UNCHANGED, Archive
from extract.attempt import SourceResult
from extract.check import check_sources
from extract.cog import FIRST_YEAR, Cog
from extract.definitions import load_all, select
from extract.durable import writing
from extract.errors import DeliveryRefused, ExtractError, RunLocked, SettingsError
from extract.explain import explain
from extract.replay import replay
from extract.run import alone, run_deposit, run_sources
from extract.settings import Settings
from extract.summary import WORDS, name_of, number, print_summary
from extract.territoires import read_members, summary, verify

DONE, REFUSED, OUR_FAULT, LOCKED, NOBODY = 0, 1, 2, 3, 4


def main(arguments: list[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    options = _parser().parse_args(arguments)
    console = Console()
    try:
        settings = Settings.from_env()
        with writing(settings.data):
            return int(options.command(settings, options, console))
    except RunLocked as error:
        console.print(f"[bold red]{escape(str(error))}[/]", soft_wrap=True)
        return LOCKED
    except ExtractError as error:
        console.print(f"[bold red]{escape(str(error))}[/]", soft_wrap=True)
        return OUR_FAULT


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m extract", description="Des producteurs au landing.")
    commands = parser.add_subparsers(required=True, metavar="COMMANDE")
    for name, command, words in (
        ("list", _list, "les sources, leur producteur, leur dernière livraison"),
        ("explain", _explain, "ce qui serait demandé, à qui, et ce qui est attendu"),
        ("run", _run, "demander aux producteurs ce qui est nouveau"),
        ("check", _check, "une question peu coûteuse à chaque producteur"),
        ("replay", _replay, "refaire le landing depuis l'archive, sans réseau"),
        ("docs", _docs, "réécrire les listes de jeux de docs/producteurs"),
        ("deposit", _deposit, "déposer un fichier : archive, lecture stricte, landing"),
        (
            "verifier-zonage",
            _verify_zoning,
            "une table de communes est-elle faite de communes qui existent ?",
        ),
    ):
        sub = commands.add_parser(name, help=words, description=words)
        sub.set_defaults(command=command)
        if name in ("explain", "run", "check"):
            sub.add_argument("sources", nargs="+" if name == "explain" else "*", metavar="SOURCE")
        if name == "run":
            sub.add_argument(
                "--complet", action="store_true", help="tout redemander, même ce qui est dit inchangé"
            )
        if name == "deposit":
            sub.add_argument("source", metavar="SOURCE")
            sub.add_argument("file", type=Path, metavar="FILE", help="le fichier, comme reçu du producteur")
            sub.add_argument(
                "--published-on",
                required=True,
                metavar="DATE",
                help="jour où le producteur l'a publié (AAAA-MM-JJ) : il donne sa place à la livraison",
            )
            sub.add_argument("--partition", metavar="P", help="pour une source livrée par partition")
        if name == "verifier-zonage":
            sub.add_argument(
                "fichier", type=Path, metavar="FICHIER", help="csv ou classeur, une commune par ligne"
            )
            sub.add_argument(
                "--cog", type=int, help="millésime des communes du fichier (par défaut le plus récent)"
            )
            sub.add_argument(
                "--colonne", help="colonne des codes (par défaut CODGEO, code_commune, COM, INSEE…)"
            )
            sub.add_argument("--zone", help="colonne des zones, si une commune peut être dans plusieurs")
            sub.add_argument(
                "--tout", action="store_true", help="toutes les fautes, et non les vingt premières"
            )
    return parser


def _list(settings: Settings, _: argparse.Namespace, console: Console) -> int:
    archive = Archive(settings.archive)
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("source", no_wrap=True)
    table.add_column("dernière bonne livraison", no_wrap=True)
    table.add_column("titre", overflow="fold")
    for definition in load_all().values():
        latest = {one["partition"]: one for one in archive.accepted() if one["source"] == definition.source}
        rows = sum(one["lignes"] for one in latest.values())
        last = max((one["recu_le"][:10] for one in latest.values()), default="")
        words = f"{last}, {number(rows)} lignes" if latest else "jamais"
        key = f" [dim](clé {definition.key['variable']})[/]" if definition.key else ""
        table.add_row(definition.source, words, escape(definition.text("titre")) + key)
    console.print(table)
    return DONE


def _explain(settings: Settings, options: argparse.Namespace, console: Console) -> int:
    for definition in select(load_all(), options.sources).values():
        console.print(explain(definition, settings), markup=False, highlight=False, soft_wrap=True)
    return DONE


def _run(settings: Settings, options: argparse.Namespace, console: Console) -> int:
    summary = run_sources(settings, options.sources or None, complete=options.complet)
    print_summary(summary, console)
    if summary.fautes:
        return OUR_FAULT
    return DONE if summary.joint else NOBODY


def _check(settings: Settings, options: argparse.Namespace, console: Console) -> int:
    styles = {"ok": "green", "change": "red", "muet": "yellow", "ignore": "magenta"}
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("source", "état"):
        table.add_column(title, no_wrap=True)
    table.add_column("détail", overflow="fold")
    checked = check_sources(settings, options.sources or None)
    for one in checked:
        name = one.source if one.partition is None else f"{one.source}/{one.partition}"
        table.add_row(name, f"[{styles[one.etat]}]{one.etat}[/]", escape(one.detail))
    console.print(table)
    asked = [one for one in checked if one.etat != "ignore"]
    if asked and all(one.etat == "muet" for one in asked):
        return NOBODY
    return REFUSED if any(one.etat in ("change", "muet") for one in asked) else DONE


def _replay(settings: Settings, _: argparse.Namespace, console: Console) -> int:
    archive = Archive(settings.archive)
    with alone(settings):
        results = replay(settings, archive, load_all())
    bad = [one for one in results if one.motif]
    for one in bad:
        console.print(f"[red]{one.livraison}[/] : {escape(one.motif)}")
    rows = sum(one.lignes or 0 for one in results)
    console.print(
        f"{len(results) - len(bad)} livraisons relues, {number(rows)} lignes ; {len(bad)} refusées."
    )
    console.print(f"empreinte du landing : {landing.fingerprint(settings)}", soft_wrap=True)
    return REFUSED if bad else DONE


def _docs(_: Settings, __: argparse.Namespace, console: Console) -> int:
    changed = producers_docs.rewrite(load_all().values())
    console.print(", ".join(page.name for page in changed) or "Rien à réécrire.")
    return DONE


def _deposit(settings: Settings, options: argparse.Namespace, console: Console) -> int:
    result = run_deposit(settings, options.source, options.file, options.published_on, options.partition)
    word, style = WORDS[result.resultat]
    words = f"[{style}]{word}[/] [bold]{escape(name_of(result))}[/] : {escape(_deposit_words(result))}"
    console.print(words, soft_wrap=True)
    if result.faute:
        return OUR_FAULT
    return DONE if result.resultat in (ACCEPTED, UNCHANGED) else REFUSED


def _deposit_words(result: SourceResult) -> str:
    if result.resultat != ACCEPTED:
        return result.motif
    day = (result.publie_le or "")[:10]
    return (
        f"{number(result.lignes)} lignes, publiées le {day} ({result.ecart}) ; livraison {result.livraison}"
    )


def _verify_zoning(settings: Settings, options: argparse.Namespace, console: Console) -> int:
    cog = Cog.from_landing(settings.landing)
    if options.cog is not None and options.cog not in cog.lists:
        raise SettingsError(
            f"--cog {options.cog} : les listes connues vont de {FIRST_YEAR} à {cog.last_year}."
        )
    try:
        verdict = verify(read_members(options.fichier, options.colonne, options.zone), cog, options.cog)
    except DeliveryRefused as error:
        console.print(f"[bold red]Refusé : {escape(str(error))}.[/]")
        return REFUSED
    for line in summary(verdict, None if options.tout else 20):
        console.print(line, markup=False, highlight=False, soft_wrap=True)
    return REFUSED if verdict.faults else DONE


if __name__ == "__main__":
    sys.exit(main())
