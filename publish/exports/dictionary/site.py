"""Writes the dictionary of a release: pages that link to each other by relative paths, a style sheet and a
search.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import datetime
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any

import yaml
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from publish import pages as wording
from publish import words
from publish.exports.dictionary import facts as reading
from publish.exports.dictionary.facts import Facts, Row
from publish.exports.dictionary.pictures import Maps, trend
from publish.exports.reports.levels import LEVELS

MODELS = Path(__file__).with_name("modeles")


def write(database: Path, folder: Path, *, region: str, release: str, made: datetime) -> Path:
    """Writes the site in `folder` (made anew) and returns its first page."""
    facts = reading.read(database, region, release, made)
    if folder.exists():
        shutil.rmtree(folder)
    for part in ("indicateur", "source", "niveau"):
        (folder / part).mkdir(parents=True)
    for name in ("style.css", "recherche.js"):
        shutil.copyfile(MODELS / name, folder / name)
    for path, text in pages(facts):
        (folder / path).write_text(text, encoding="utf-8")
    return folder / "index.html"


def pages(facts: Facts) -> Iterator[tuple[str, str]]:
    """Each page of the site: its path and its text."""
    environment = _environment()

    def page(path: str, model: str, section: str, **values: Any) -> tuple[str, str]:
        root = "../" * path.count("/")
        return path, environment.get_template(model).render(
            f=facts, racine=root, rubrique=section, ici=path, **values
        )

    yield page("index.html", "index.html", "indicateurs", themes=_themes(facts))
    yield page("sources.html", "sources.html", "sources")
    yield page("tables.html", "tables.html", "tables")
    levels = _levels(facts)
    yield page("niveaux.html", "niveaux.html", "niveaux", niveaux=levels)
    for level in levels:
        yield page(f"niveau/{level['type']}.html", "niveau.html", "niveaux", n=level)
    for source in facts.sources:
        mine = [i for i in facts.indicators if i["source"] == source["source"]]
        yield page(
            f"source/{source['source']}.html", "source.html", "sources",
            s=source, etat=facts.freshness(source), indicateurs=mine,
        )  # fmt: skip
    maps, known = Maps(facts), {i["indicateur"]: i["libelle"] for i in facts.indicators}
    sources = {s["source"]: s for s in facts.sources}
    for indicator in facts.indicators:
        values = _indicator(facts, maps, indicator, sources)
        yield page(
            f"indicateur/{indicator['indicateur']}.html",
            "indicateur.html",
            "indicateurs",
            connus=known,
            **values,
        )


def _indicator(facts: Facts, maps: Maps, indicator: Row, sources: dict[str, Row]) -> dict[str, Any]:
    name = indicator["indicateur"]
    source = sources.get(indicator["source"])
    drawn, curve = maps.coverage(indicator), trend(facts, indicator)
    covered = facts.coverage.get(name, [])
    by_commune = bool(covered) and covered[0]["niveau"] == "COM"
    return {
        "i": indicator,
        "source": source,
        "etat": facts.freshness(source) if source else None,
        "nature": wording.NATURES.get(indicator["nature"], indicator["nature"]),
        "requete": _query(facts, name),
        "frequence": wording.FREQUENCIES.get(indicator["frequence"], indicator["frequence"]),
        "agregation": wording.AGGREGATION.get(indicator["agregation"], indicator["agregation"]),
        "revisions": wording.revisions(indicator, facts.revisions.get(name)).replace("`", ""),
        "rupture": (facts.values.get(name) or {}).get("rupture"),
        "courbe": curve[0] if curve else None,
        "points": curve[1] if curve else [],
        "niveaux": facts.levels.get(name, []),
        "carte": drawn[0] if drawn else None,
        "absents": drawn[1] if drawn else [],
        "par_commune": by_commune,
        "carte_mot": _caption(covered[0]) if drawn else "",
        "modalites": facts.modalities.get(name, []),
    }


def _query(facts: Facts, indicator: str) -> str:
    """A query that gives something: the region's series, else the ranking of the finest level."""
    levels = [row["type_territoire"] for row in facts.levels.get(indicator, [])]
    if "REG" in levels or not levels:
        return f"from serie('{indicator}', 'REG-{facts.region}');"
    return f"from classement('{indicator}', '{levels[-1]}');"


def _caption(row: Row) -> str:
    return f"{_level('EPCI' if row['niveau'] == 'COM' else row['niveau'])}, {words.period(row['periode'])}."


def _themes(facts: Facts) -> list[tuple[str, list[Row]]]:
    order = {theme: rank for rank, theme in enumerate(dict.fromkeys(i["theme"] for i in facts.indicators))}
    rows = sorted(facts.indicators, key=lambda i: order[i["theme"]])
    return [
        (theme, [_entry(facts, i) for i in found]) for theme, found in groupby(rows, key=lambda i: i["theme"])
    ]


def _entry(facts: Facts, indicator: Row) -> Row:
    levels = facts.levels.get(indicator["indicateur"], [])
    periods = [r["derniere"] for r in levels]
    said = [wording.FREQUENCIES.get(indicator["frequence"], ""), indicator["producteur"]]
    if periods:
        said.append(f"jusqu'à {words.period(max(periods))}")
    searched = " ".join(
        str(indicator[c] or "")
        for c in ("libelle", "indicateur", "theme", "definition", "producteur", "source", "notes")
    )
    return indicator | {"mots": words.sort_key(searched), "resume": " · ".join(p for p in said if p)}


def _levels(facts: Facts) -> list[Row]:
    meanings = yaml.safe_load((MODELS / "niveaux.yml").read_text(encoding="utf-8"))
    known = [level for level in LEVELS if level in facts.counts] + sorted(set(facts.counts) - set(LEVELS))
    return [
        {
            "type": level,
            "nom": _level(level),
            "nombre": facts.counts[level],
            "definition": meanings.get("PARTIE" if level.endswith("_PARTIE") else level, ""),
            "exemples": facts.examples[level],
            "indicateurs": [
                (i, row)
                for i in facts.indicators
                for row in facts.levels.get(i["indicateur"], [])
                if row["type_territoire"] == level
            ],
        }
        for level in known
    ]


def _level(level: str) -> str:
    name = LEVELS[level].plural if level in LEVELS else level
    return name[0].upper() + name[1:]


@cache
def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(MODELS),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {
        "nombre": lambda value, decimals=0: words.number(value, decimals or 0),
        "periode": words.period,
        "jour": words.day,
        "niveau": _level,
        "pluriel": words.plural,
        "taille": words.size,
        "mot": lambda text: {"arretee": "arrêtée"}.get(text, text or "irrégulier"),
        "classe": lambda text: words.sort_key(text).replace(" ", "-"),
    }
    return made
