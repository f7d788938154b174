"""`published/releases.atom`: the releases, newest first, with what each changed in words (RFC 4287); those
that an operator set aside say so. It is dated of the last move of the pointer."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from datetime import datetime
from pathlib import Path

from extract.archive import in_utc, utc_text
from extract.durable import write_text
from publish import releases, words
from publish.releases import Release

NAME = "releases.atom"
ENTRIES = 30
ATOM = "http://www.w3.org/2005/Atom"
BRIEF = re.compile(r"^## En bref\n(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
# What XML 1.0 has no way to write, not even escaped.
UNWRITABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
TITLE = "Référentiel régional : releases"


def write(published: Path, moment: datetime) -> Path:
    """Writes the feed of the releases that the folder holds; returns its path."""
    ET.register_namespace("", ATOM)
    feed = ET.Element(f"{{{ATOM}}}feed", {"{http://www.w3.org/XML/1998/namespace}lang": "fr"})
    _text(feed, "id", "urn:referentiel-regional:releases")
    _text(feed, "title", TITLE)
    dated = [one for one in releases.every(published) if "produite_le" in one.manifest]  # else damaged
    every = dated[::-1][:ENTRIES]
    pointer = releases.pointer(published)
    moved, aside = str(pointer.get("depuis", utc_text(moment))), pointer.get("ecartees", [])
    _text(feed, "updated", moved)
    author = ET.SubElement(feed, f"{{{ATOM}}}author")
    _text(author, "name", "Référentiel régional de données socio-économiques")
    for release in every:
        left = release.nom in aside
        feed.append(_left(release, moved, str(pointer["release"])) if left else _entry(release))
    path = published / NAME
    write_text(
        path, '<?xml version="1.0" encoding="utf-8"?>\n' + ET.tostring(feed, encoding="unicode") + "\n"
    )
    return path


def behind(published: Path) -> bool:
    """Whether the pointer moved since the feed was written: the run was killed in between."""
    moved = releases.pointer(published).get("depuis")
    path = published / NAME
    told = path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""
    return moved is not None and f"<updated>{moved}</updated>" not in told


def follow(published: Path, moment: datetime) -> list[str]:
    """Writes the feed when it is behind the pointer (whoever moved it may have been killed before); in words
    when it cannot."""
    try:
        if behind(published):
            write(published, moment)
    except Exception as error:  # of an old release that is damaged too: it unsays nothing of the new one
        return [f"Le fil {NAME} n'a pas été refait : {error}"]
    return []


def note(release: Release) -> str:
    """The release's note, as written."""
    path = release.folder / "NOTE.md"
    return path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""


def _entry(release: Release) -> ET.Element:
    made = release.manifest["produite_le"]
    entry = _headed(release, "", made)
    told = note(release)
    brief = BRIEF.search(told)
    if brief is not None:
        _text(entry, "summary", brief[1].strip())
    content = _text(entry, "content", told)
    content.set("type", "text")
    return entry


def _left(release: Release, moved: str, current: str) -> ET.Element:
    """The entry of a release that was set aside, dated of that so that subscribers see it again."""
    entry = _headed(release, " (mise de côté)", moved)
    reason = "Mise de côté par un retour arrière : ne plus la citer."
    _text(entry, "summary", f"{reason} Les lecteurs suivent la release {current}.")
    return entry


def _headed(release: Release, suffix: str, updated: str) -> ET.Element:
    entry = ET.Element(f"{{{ATOM}}}entry")
    made = in_utc(release.manifest["produite_le"])
    _text(entry, "id", f"urn:referentiel-regional:release:{release.nom}")
    _text(entry, "title", f"Release du {words.day(made)} à {made:%H:%M} UTC{suffix}")
    _text(entry, "updated", updated)
    ET.SubElement(entry, f"{{{ATOM}}}link", {"rel": "alternate", "href": f"{release.nom}/NOTE.md"})
    return entry


def _text(parent: ET.Element, tag: str, text: str) -> ET.Element:
    element = ET.SubElement(parent, f"{{{ATOM}}}{tag}")
    element.text = UNWRITABLE.sub("", text)
    return element
