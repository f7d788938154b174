"""`make verify`: the releases against their manifests and the current one against the archive, without the
models. Every byte first (`stored`), then figures of the current release drawn at random (`figures`)."""

from __future__ import annotations

import tempfile
from pathlib import Path

from rich.console import Console

from extract.durable import scratch
from extract.errors import LayoutUnknown
from extract.settings import Settings
from publish import manifest, releases, words
from publish.errors import PUBLISHED, PublishFault
from publish.verify.figures import make_again
from publish.verify.release import Release, draw
from publish.verify.report import Report
from publish.verify.stored import archive_of, releases_of

FIGURES = 1000


def verify(settings: Settings, count: int = FIGURES, seed: str | None = None) -> Report:
    """Every byte that is kept, then figures of the current release where something can be read of it. `seed`:
    another draw (default: the release's own). Raises WriteRefused when nothing can be unpacked."""
    report = Report()
    archive_is_whole = archive_of(settings, report)
    wrong = releases_of(settings.published, report)
    report.sans_chiffres = _hindrance(settings, archive_is_whole, wrong)
    if report.sans_chiffres:
        return report
    current = releases.require_current(settings.published)
    with scratch(Path(tempfile.gettempdir())) as folder:
        release = Release(settings, current.database, folder)
        try:
            make_again(release, draw(release, count, seed or current.manifest["empreinte_entrees"]), report)
        finally:
            release.connection.close()
    return report


def _hindrance(settings: Settings, archive_is_whole: bool, wrong: list[str]) -> str:
    """Why figures made again would mean nothing, or nothing. `wrong`: with the current release."""
    try:
        current = releases.current(settings.published)
    except PublishFault:
        return "la release en cours ne se lit pas"
    except LayoutUnknown:
        return "la release en cours est d'une version plus récente de ce programme"
    if current is None:
        return "il n'y a pas de release en cours"
    if any(problem.startswith((releases.DATABASE, releases.MANIFEST)) for problem in wrong):
        return "la release en cours est abîmée"
    return "" if archive_is_whole else "les livraisons de l'archive ne se lisent pas"


def show(report: Report, console: Console) -> None:
    """The report in French, the faults last so that they are read."""
    console.print(
        f"{words.plural(report.objets, 'objet')} de l'archive et {words.plural(report.fichiers, 'fichier')}"
        f" de {words.plural(report.releases, 'release')} relus :"
        f" {words.plural(len(report.octets_faux), 'faute')}."
    )
    if report.sans_empreinte:
        console.print(
            f"D'avant {manifest.SEAL}, leurs fichiers sont relus et leur manifeste cru :"
            f" {', '.join(report.sans_empreinte)}",
            markup=False,
        )
    for newer in report.illisibles:
        console.print(f"Non relue : {newer}", markup=False)
    total = sum(n for (method, _), n in report.verdicts.items() if method != "terme")
    if report.sans_chiffres:
        console.print(f"Aucun chiffre n'est refait : {report.sans_chiffres}.")
    else:
        console.print(
            f"{words.plural(total, 'chiffre')} tirés au hasard, et {words.plural(report.termes, 'chiffre')}"
            " de producteurs dont ils sont faits :"
        )
    for (method, verdict), n in sorted(report.verdicts.items()):
        console.print(f"  {method:10} {verdict:16} {words.number(n):>8}")
    for why, n in report.inconnues.most_common(15):
        console.print(f"  non vérifiable : {why} ({n})", markup=False)
    for problem in [*report.octets_faux, *report.differences[:30]]:
        console.print(f"✘ {problem}", markup=False, style="red")
    for advice in report.conseils:
        console.print(f"→ {advice}", markup=False)
    if report.code == PUBLISHED:
        console.print("Tout ce qui a été refait est égal à ce qui est publié.", style="green")
