"""Any region is served: nothing says Normandie but the defaults, the figures read by hand, the replica and examples."""

import re
from pathlib import Path

import yaml

RACINE = Path(__file__).resolve().parents[2]
CONNUES = Path(__file__).with_name("region_connues.yml")
DOSSIERS = ("extract", "models", "macros", "seeds", "expectations", "publish")
# What is of Normandie by nature: the figures of the replica, and data that carry their region in a column.
DE_NORMANDIE = (
    "extract/replica/",
    "seeds/geographie/",
    "seeds/territoires_projet.csv",
    "expectations/valeurs_de_reference.csv",
    "expectations/territoires_attendus.csv",
)
# The region, its departments and their places, in any of the codes that producers write.
NORMANDIE = re.compile(
    r"[Nn]ormand|NORMAND|REG-28|\bR28\b|DEP-(?:14|27|50|61|76)\b|\bD(?:14|27|50|61|76)\b|COM-(?:14|27|50|61|76)\d{3}"
    r"|['\"](?:28|14|27|50|61|76)['\"]|['\"](?:14|27|50|61|76)\d{3}['\"]|ZE2020-28\d\d"
)


def mentions() -> dict[str, int]:
    found = {}
    for dossier in DOSSIERS:
        for path in sorted((RACINE / dossier).rglob("*")):
            name = path.relative_to(RACINE).as_posix()
            if path.suffix not in (".py", ".sql", ".yml", ".csv", ".json", ".html", ".md") or name.startswith(
                DE_NORMANDIE
            ):
                continue
            count = len(NORMANDIE.findall(path.read_text(encoding="utf-8")))
            if count:
                found[name] = count
    return found


def test_nothing_new_says_normandie() -> None:
    """The baseline may only shrink: an example or a default that goes is taken out of it, none comes in."""
    known = yaml.safe_load(CONNUES.read_text(encoding="utf-8"))
    found = mentions()
    more = {name: count for name, count in found.items() if count > known.get(name, 0)}
    assert not more, f"parlent de la Normandie : {more}"
    less = {name: count for name, count in known.items() if found.get(name, 0) < count}
    assert not less, f"à retirer ou à baisser dans {CONNUES.name} : {less}"


def test_the_scan_sees_what_it_forbids() -> None:
    for text in ("REG-28", "'28'", '"14118"', "DEP-76", "M.R28.DE", "Normandie", "ZE2020-2804", "D14"):
        assert NORMANDIE.search(text), text
    for text in ("decimal(28, 9)", "2028", "REG-53", "col[:28]"):
        assert not NORMANDIE.search(text), text
