"""Every byte that is kept: each object of the archive has the sha256 of its name, none that the journal names
is missing, each line of the journal is as it was written, each file of every release has the sha256 of its
manifest, which has the one of its digest; and the small files beside them say what they were made to say."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from extract import context, journal, layout
from extract.archive import Archive
from extract.errors import LayoutUnknown
from extract.settings import Settings
from publish import manifest, pointer_file, releases
from publish.errors import PublishFault
from publish.operations import retirement
from publish.verify.report import Report


def archive_of(settings: Settings, report: Report) -> bool:
    """Checks every object of the archive against its name, the journal against its sums and against the
    objects, its number and its context; returns whether its deliveries can be read. One of a later version is
    not read."""
    archive, kept, numbered = Archive(settings.archive), set(), True
    try:
        layout.of_archive(archive.root)
    except LayoutUnknown as error:
        report.octets_faux.append(f"archive : {error}")
        numbered = False
    else:
        try:
            layout.check(archive.root)
        except LayoutUnknown as error:
            report.illisibles.append(str(error))
            return False
    report.octets_faux += [f"archive : {fault}" for fault in _context_faults(settings)]
    for path in sorted((settings.archive / "objets").glob("*/*")):
        report.objets += 1
        kept.add(path.name)
        if not archive.is_intact(path.name):
            report.octets_faux.append(f"archive : l'objet {path.name} n'a plus ses octets")
    damaged = [lost] if (lost := archive.lost()) else journal.faults(archive.journal_path)
    report.octets_faux += [f"archive : {fault}" for fault in damaged]
    # looked for again: a run may have received them meanwhile
    absent = set() if damaged else archive.named() - kept
    missing = {name for name in absent if not archive.object_path(name).is_file()}
    report.octets_faux += [
        f"archive : l'objet {name}, que nomme le journal, manque" for name in sorted(missing)
    ]
    return numbered and not damaged


def _context_faults(settings: Settings) -> list[str]:
    """What is wrong with whom the archive speaks for; where no digest tells, the current release does."""
    if wrong := context.fault(settings.archive):
        return [
            f"{context.FILE} est abîmé ({wrong}) : une exécution pour la région et les producteurs de"
            " l'archive le refait, ou dit quoi y écrire"
        ]
    said = context.read(settings.archive)
    with suppress(PublishFault, LayoutUnknown):
        current = releases.current(settings.published)
        made = current and {name: current.manifest.get(name) for name in ("origine", "region")}
        if said is not None and made and said != made:
            return [
                f"{context.FILE} dit « région {said['region']}, {said['origine']} », la release en cours est"
                f" faite de « région {made['region']}, {made['origine']} »"
            ]
    return []


def _beside_releases(published: Path, kept: list[str]) -> list[str]:
    """What is wrong with the files beside the releases. `kept`: the releases that are there."""
    found = [
        f"{fault} : la prochaine exécution le refait de sa copie, ou dit quoi y écrire"
        for fault in pointer_file.faults(published)
    ]
    try:
        missing = retirement.named(published) - set(kept)
    except (PublishFault, OSError, UnicodeDecodeError) as error:
        return [*found, str(error)]
    return found + [
        f"release {nom} : un rapport la nomme ({releases.REPORTS}) et elle n'est pas là" for nom in missing
    ]


def releases_of(published: Path, report: Report) -> list[str]:
    """Checks every file of every release against its manifest, and what lies beside; notes what to do.
    Returns what is wrong with the current one."""
    current = releases.followed(published)
    wrong: dict[str, list[str]] = {}
    intact = []
    if current is not None and not (published / current).is_dir():
        wrong[current] = [f"{releases.CURRENT} y mène les lecteurs et elle n'est pas là"]
        report.octets_faux.append(f"release {current} : {wrong[current][0]}")
    for folder in releases.folders(published):
        try:
            problems = manifest.verify(folder)
            sealed = manifest.sealed(folder)
            report.fichiers += sum(path.is_file() for path in folder.rglob("*"))
        except (PublishFault, OSError) as error:  # a disk that no longer gives its bytes is a damage too
            problems = [str(error)]
        except LayoutUnknown as error:
            report.illisibles.append(str(error))
            continue
        if not folder.is_dir():
            continue  # a run retired it meanwhile
        report.releases += 1
        if problems:
            wrong[folder.name] = problems
            report.octets_faux += [f"release {folder.name} : {problem}" for problem in problems]
        else:
            intact.append(folder.name)
            report.sans_empreinte += [folder.name] if sealed is None else []
    report.octets_faux += _beside_releases(published, [folder.name for folder in releases.folders(published)])
    damaged = [n for n, found in wrong.items() if any(not one.endswith(manifest.EXTRA) for one in found)]
    try:
        aside = releases.discarded(published)
    except PublishFault:  # told above: any of them may have been set aside as wrong
        aside = intact
    _advise(published, current, damaged, [nom for nom in intact if nom not in aside], report)
    return wrong.get(current or "", [])


def _advise(
    published: Path, current: str | None, damaged: list[str], intact: list[str], report: Report
) -> None:
    """What to do about the damaged releases. `intact`: those that readers may be given."""
    again = "python -m publish run --force"
    if current is None:
        back = f" ; make rollback RELEASE={intact[-1]} en reprend une" if intact else ""
        report.conseils.append(
            f"Les lecteurs n'ont pas de release dans {published}. make refresh en fait une (make demo : des"
            f" figures de démonstration){back}."
        )
    elif current in damaged and intact:
        report.conseils.append(
            f"Les lecteurs suivent une release abîmée : make rollback RELEASE={intact[-1]}, puis {again},"
            " qui la refait des mêmes données."
        )
    elif current in damaged:
        report.conseils.append(
            "Les lecteurs suivent une release abîmée et aucune autre n'est entière : restaurez-la d'une"
            f" sauvegarde, ou {again}, qui la refait des mêmes données."
        )
    others = [nom for nom in damaged if nom != current]
    if others:
        report.conseils.append(
            f"Les lecteurs ne suivent pas {', '.join(others)} : restaurez d'une sauvegarde, ou retirez de"
            f" {published} ce qu'aucun rapport ne nomme ({releases.REPORTS})."
        )
