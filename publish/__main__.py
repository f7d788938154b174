"""python -m publish run|demo|status|sql|serve|rollback|verify|export: what the Makefile calls."""

from __future__ import annotations

import argparse
import gc
import os
import sys
import traceback
from pathlib import Path

from rich.console import Console

from extract.errors import ExtractError, RunLocked
from extract.settings import Settings
from publish.dbt_process import LOOKS
from publish.errors import FAULT, LOCKED, PUBLISHED, PublishFault, lacks_memory, no_memory

LISTED = 20  # paths printed one by one


def parser() -> argparse.ArgumentParser:
    """The command line; help is French, as every word an operator reads."""
    made = argparse.ArgumentParser(
        prog="python -m publish", description="De la livraison à la release, et ce qui en sort."
    )
    commands = made.add_subparsers(dest="command", required=True, metavar="commande")
    run = commands.add_parser("run", help="tirer, construire, contrôler, publier")
    run.add_argument("sources", nargs="*", help="sources à tirer (toutes par défaut)")
    run.add_argument("--force", action="store_true", help="publier même si rien n'a changé")
    run.add_argument(
        "--sans-comparaison",
        action="store_true",
        help="ne pas juger contre la release en cours (quand on sait pourquoi les chiffres changent)",
    )
    run.add_argument(
        "--tout", action="store_true", help="demander toutes les sources, même avant leur échéance"
    )
    demo = commands.add_parser(
        "demo", help="la même chose sur la réplique des producteurs, sans réseau ni clé"
    )
    demo.add_argument(
        "--image", type=Path, metavar="SVG", help="dessiner aussi le dernier écran dans ce fichier"
    )
    commands.add_parser("status", help="une ligne par source : dernière livraison, retard")
    sql = commands.add_parser("sql", help="DuckDB sur la release en cours, en lecture seule")
    sql.add_argument("query", nargs="?", help="une requête ; sans elle, le shell")
    serve = commands.add_parser(
        "serve", help="le service SQL partagé sur la release en cours (protocole Quack)"
    )
    serve.add_argument(
        "--nouveau-jeton", metavar="LECTEUR", help="imprimer un jeton pour un lecteur, et rien d'autre"
    )
    rollback = commands.add_parser("rollback", help="ramener le pointeur à une release antérieure")
    rollback.add_argument("release", nargs="?", help="nom de la release ; sans lui, la liste")
    keep = commands.add_parser("keep", help="garder pour toujours la release que nomme un rapport")
    keep.add_argument("release", help="nom de la release")
    keep.add_argument("rapport", help="le rapport qui en imprime des chiffres")
    check = commands.add_parser(
        "verify",
        help="relire chaque octet de l'archive et de chaque release, refaire des chiffres tirés au hasard"
        " depuis les octets archivés, sans les modèles",
    )
    check.add_argument("--nombre", type=int, default=1000, help="combien de chiffres (1000 par défaut)")
    check.add_argument("--graine", help="un autre tirage (par défaut celui de la release)")
    export = commands.add_parser(
        "export",
        help="exports de la release en cours ; PORTRAIT, PORTRAITS, CLASSEUR, TABLEAU_DE_BORD, VRAC dans"
        " l'environnement",
    )
    export.add_argument(
        "--dossier", type=Path, help="où écrire (par défaut $REFERENTIEL_DATA/exports/<release>)"
    )
    return made


def main(arguments: list[str] | None = None) -> int:
    """Runs one command; returns its exit code."""
    gc.set_threshold(*LOOKS)
    options = parser().parse_args(arguments)
    console = Console(highlight=False)
    try:
        settings = Settings.from_env()
        return _dispatch(options, settings, console)
    except RunLocked as error:
        Console(stderr=True, highlight=False).print(str(error), markup=False)
        return LOCKED
    except (PublishFault, ExtractError) as error:
        Console(stderr=True, highlight=False).print(str(error), markup=False)
        return FAULT
    except Exception as error:  # a code of 1 would say that the figures were refused
        if lacks_memory(error):
            Console(stderr=True, highlight=False).print(no_memory(error), markup=False)
            return FAULT
        traceback.print_exc()
        Console(stderr=True, highlight=False).print(
            f"Faute de notre programme ({type(error).__name__}) : rien n'est publié, les lecteurs gardent"
            " la release en cours. La trace ci-dessus est à transmettre aux développeurs.",
            markup=False,
        )
        return FAULT


def _dispatch(options: argparse.Namespace, settings: Settings, console: Console) -> int:
    # Each command imports what it needs: `sql` and `status` answer at once.
    match options.command:
        case "run":
            from publish import screen
            from publish.operations.refresh import refresh

            outcome = refresh(
                settings,
                Console(stderr=True),
                only=options.sources or None,
                force=options.force,
                compare=not options.sans_comparaison,
                calendar=not options.tout,
            )
            screen.short(outcome, console)
            return outcome.code
        case "demo":
            from publish.demo import demo

            return demo(console, options.image)
        case "status":
            from publish.status import show

            return show(settings, console)
        case "sql":
            from publish import sql

            # `make sql QUERY="…"` reaches us by the environment: no shell has to quote SQL twice.
            query = options.query or os.environ.get("QUERY")
            return sql.run(sql.open_current(settings.published), query, console)
        case "serve":
            from publish.serve import command

            if options.nouveau_jeton:
                return command.declare(options.nouveau_jeton, console)
            return command.run(settings, console)
        case "rollback":
            from publish import rollback

            if options.release:
                return rollback.back_to(settings.published, options.release, console)
            return rollback.listing(settings.published, console)
        case "keep":
            from datetime import UTC, datetime

            from publish.operations import retirement

            now = datetime.now(UTC)
            retirement.name_in_report(settings.published, options.release, options.rapport, now)
            console.print(
                f"La release {options.release} est gardée pour « {options.rapport} ».", markup=False
            )
            return PUBLISHED
        case "verify":
            from publish import verify

            report = verify.verify(settings, options.nombre, options.graine)
            verify.show(report, console)
            return report.code
        case _:
            return _export(options.dossier, settings, console)


def _export(folder: Path | None, settings: Settings, console: Console) -> int:
    from datetime import datetime

    from publish import releases
    from publish.exports import bundle, produce, request

    release = releases.require_current(settings.published)
    # `make export PORTRAIT=…` reaches us by the environment, as QUERY does. All is checked before anything is
    # written.
    asked = request.parse(os.environ, request.Names.read(release.database))
    aside = releases.discarded(settings.published)  # compared with what readers had, not with what was wrong
    earlier = [r for r in releases.every(settings.published) if r.nom < release.nom and r.nom not in aside]
    origin = produce.Origin(
        release.database,
        release.manifest["region"],
        release.nom,
        datetime.fromisoformat(release.manifest["produite_le"]),
        (earlier[-1].nom, earlier[-1].database) if earlier else None,
    )
    _name(asked.reports(), settings.published, release.nom)
    target = folder or settings.data / "exports" / release.nom
    if asked.is_empty:
        paths = bundle.write(origin, target)
    else:
        from publish.exports.reports.progress import shown

        with shown(Console(stderr=True), "Portraits") as progress:
            paths = produce.write(origin, asked, target, progress)
    if asked.template is not None:
        from publish.exports import template

        gone = template.lost(asked.template)
        if gone:
            Console(stderr=True, highlight=False).print(
                f"Attention : du modèle {asked.template.name}, ceci n'est pas repris : {', '.join(gone)}.",
                markup=False,
                soft_wrap=True,
            )
    for path in paths[:LISTED]:
        console.print(str(path), soft_wrap=True)
    if len(paths) > LISTED:
        console.print(f"… et {len(paths) - LISTED} autres fichiers dans {paths[-1].parent}", soft_wrap=True)
    return PUBLISHED


def _name(reports: list[str], published: Path, release: str) -> None:
    """Has the release that reports are printed from kept for ever; a reader who may not write there is told
    what to ask, and prints all the same."""
    from datetime import UTC, datetime

    from publish.operations import retirement

    for report in reports:
        try:
            retirement.name_in_report(published, release, report, datetime.now(UTC))
        except (OSError, PublishFault) as error:
            Console(stderr=True, highlight=False).print(
                f"La release {release} n'a pas pu être gardée pour « {report} » ({error}). Pour que le"
                f' rapport reste reproductible, demandez : make keep RELEASE={release} RAPPORT="{report}"',
                markup=False,
                style="yellow",
            )


if __name__ == "__main__":
    sys.exit(main())
