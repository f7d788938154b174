"""What the reports say, read from a release in a few queries for all territories at once."""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import duckdb

from publish import words
from publish.exports.outlines import Frame, Outlines

SPEAKS = 0.7  # the share of a territory's inhabitants that a zone d'emploi must hold to speak for it
SINCE = 2006  # the oldest year of a curve: what a reader of today still compares with
# What is known of each commune, for maps and lists of members.
OF_COMMUNES = (
    "population_municipale",
    "evolution_annuelle_population",
    "emploi_salarie_prive",
    "evolution_emploi_salarie_prive_5_ans",
    "emploi_prive_pour_100_habitants",
    "niveau_vie_median",
)


class Territory(NamedTuple):
    """A row of `territoires`."""

    territoire: str
    type_territoire: str
    code_territoire: str
    libelle: str
    code_region: str | None
    code_departement: str | None
    est_interregional: bool | None
    superficie_km2: float | None
    population: int | None
    millesime_cog: int


class Indicator(NamedTuple):
    """A row of `indicateurs`, with the names of its source."""

    indicateur: str
    libelle: str
    theme: str
    definition: str
    unite: str
    nature: str
    decimales: int
    sens: str | None
    champ: str | None
    notes: str | None
    frequence: str
    niveau_fin: str
    producteur: str
    licence: str
    source_titre: str | None
    attribution: str | None
    formule: str | None


class Key(NamedTuple):
    """A row of `chiffres_cles`, with the geography and the date of the producer's figure."""

    territoire: str
    indicateur: str
    periode: str
    valeur: float | None
    statut: str | None
    confidentialite: str | None
    marque: str | None
    methode: str | None
    variation: float | None
    unite_variation: str | None
    rupture: str | None
    un_an_avant: float | None
    departement: float | None
    region: float | None
    france: float | None
    rang: int | None
    classes: int | None
    motif: str | None
    millesime: int | None
    publie_le: datetime.datetime | None
    fiabilite: str | None


class Point(NamedTuple):
    """One value of a series; `instant` is its end as a decimal year."""

    periode: str
    instant: float
    valeur: float | None
    statut: str | None


class Change(NamedTuple):
    """What a territory's key figure was in the release before, and is now."""

    indicateur: str
    periode_avant: str
    valeur_avant: float | None
    periode: str
    valeur: float | None


TERRITORIES = """
    select territoire, type_territoire, code_territoire, libelle, code_region, code_departement,
        est_interregional, superficie_km2, population_municipale, millesime_cog
    from territoires
"""
INDICATORS = """
    select i.indicateur, i.libelle, i.theme, i.definition, i.unite, i.nature, i.decimales, i.sens, i.champ,
        i.notes, i.frequence, i.niveau_fin, i.producteur, i.licence, s.titre, s.attribution, i.formule
    from indicateurs i left join sources s using (source)
    order by i.ordre, i.indicateur
"""
KEYS = """
    select k.territoire, k.indicateur, k.periode, k.valeur, k.statut, k.confidentialite, k.marque_producteur,
        k.methode, k.variation, k.unite_variation, k.rupture, k.valeur_un_an_avant, k.valeur_departement,
        k.valeur_region, k.valeur_france, k.rang, k.nombre_classes, k.motif, o.millesime_cog, o.publie_le,
        k.fiabilite
    from chiffres_cles k
    left join observations o
        on k.indicateur = o.indicateur and k.territoire = o.territoire and k.periode = o.periode
        and o.modalite = '_T'
    where k.territoire in (select unnest(getvariable('territoires')))
    order by k.territoire, k.indicateur
"""
COMMUNES = """
    select k.indicateur, k.territoire, k.periode, k.valeur, k.confidentialite
    from chiffres_cles k
    where k.territoire like 'COM-%' and k.indicateur in (select unnest(getvariable('indicateurs')))
    order by k.territoire, k.indicateur
"""
SERIES = """
    select indicateur, territoire, list(periode order by date_fin),
        list(year(date_fin) + dayofyear(date_fin) / 366 order by date_fin), list(valeur order by date_fin),
        list(statut order by date_fin)
    from observations
    where territoire in (select unnest(getvariable('territoires')))
        and year(date_fin) >= getvariable('depuis') and modalite = '_T'
    group by all
"""
PARTS = """
    select o.indicateur, o.territoire, o.modalite, m.libelle, o.periode, o.valeur, o.statut, o.confidentialite
    from observations o join modalites m using (modalite)
    where o.territoire in (select unnest(getvariable('territoires'))) and o.modalite <> '_T'
    qualify o.date_fin = max(o.date_fin) over (partition by o.indicateur, o.territoire)
    order by o.modalite
"""
RANKED = """
    select t.type_territoire, k.indicateur, list((k.valeur, k.territoire) order by k.valeur, k.territoire)
    from chiffres_cles k join territoires t using (territoire)
    where t.type_territoire in (select unnest(getvariable('niveaux'))) and k.rang is not null
    group by all
"""
CHANGES = """
    select k.territoire, k.indicateur, a.periode, a.valeur, k.periode, k.valeur
    from chiffres_cles k
    join avant.chiffres_cles a using (territoire, indicateur)
    join indicateurs i using (indicateur)
    where k.territoire in (select unnest(getvariable('territoires')))
        and (
            k.periode <> a.periode
            or round(k.valeur, i.decimales) is distinct from round(a.valeur, i.decimales)
        )
    order by i.ordre
"""
AREAS = """
    select a.code_commune, a.type_territoire || '-' || a.code_territoire
    from appartenances a
    where a.type_territoire in ('ZE2020', 'EPCI')
        and a.millesime_cog = (select max(millesime_cog) from appartenances)
"""


@dataclass
class Facts:
    """Everything the reports of some territories need. `previous` names the release compared with."""

    region: str
    release: str
    made: datetime.datetime
    territories: dict[str, Territory]
    indicators: dict[str, Indicator]
    outlines: Outlines
    keys: dict[tuple[str, str], Key]
    communes: dict[str, dict[str, tuple[str, float | None, str | None]]]
    series: dict[tuple[str, str], list[Point]]
    parts: dict[tuple[str, str], list[tuple[str, str, str, float | None, str | None, str | None]]]
    ranked: dict[tuple[str, str], list[tuple[float, str]]]
    areas: dict[str, dict[str, str]]
    changes: dict[str, list[Change]] = field(default_factory=dict)
    previous: str | None = None
    late: list[tuple[str, str, str]] = field(default_factory=list)
    # The small map of the region that stands in a corner of each portrait, drawn once.
    inset: tuple[Frame, list[str]] | None = None

    def name(self, territory: str) -> str:
        """The label of a territory."""
        known = self.territories.get(territory)
        return known.libelle if known else territory

    @property
    def region_key(self) -> str:
        """REG-28."""
        return f"REG-{self.region}"

    def france(self, indicator: str) -> str | None:
        """The France whose series is the longest: producers cover France or its metropolitan part."""
        known = [t for t in ("FRANCE-F", "FRANCE-FM") if len(self.series.get((indicator, t), ())) > 1]
        return max(known, key=lambda t: len(self.series[indicator, t]), default=None)

    def employment_area(self, territory: str) -> str | None:
        """The zone d'emploi where nearly all of the territory's inhabitants live: it speaks for them. None
        when they are spread over several, none of which could."""
        weights = self.employment_areas(territory)
        first = max(sorted(weights), key=lambda area: weights[area], default=None)
        return first if first is not None and weights[first] >= SPEAKS * sum(weights.values()) else None

    def employment_areas(self, territory: str) -> dict[str, float]:
        """The zones d'emploi of a territory, with its inhabitants in each."""
        weights: dict[str, float] = defaultdict(float)
        for code in self.member_codes(territory):
            area = self.areas.get(code, {}).get("ZE2020")
            if area:
                known = self.communes.get("population_municipale", {}).get(f"COM-{code}")
                weights[area] += (known[1] if known and known[1] else 0) + 1e-3
        return weights

    def member_codes(self, territory: str) -> list[str]:
        """Codes of its communes, those outside the region included; the commune itself for a commune."""
        if territory.startswith("COM-"):
            return [territory[4:]]
        return self.outlines.members.get(territory, [])

    def member_outside(self, territory: str) -> int:
        """How many of its communes are outside the region."""
        return sum(1 for code in self.member_codes(territory) if f"COM-{code}" not in self.territories)


def comparators(territory: Territory, region: str) -> list[str]:
    """The département, the region and France beside a territory."""
    department = [f"DEP-{territory.code_departement}"] if territory.code_departement else []
    return [*department, f"REG-{region}", "FRANCE-F", "FRANCE-FM"]


def read(
    database: Path,
    wanted: Iterable[str],
    *,
    region: str,
    release: str,
    made: datetime.datetime,
    previous: tuple[str, Path] | None = None,
) -> Facts:
    """The facts of the wanted territories. `previous`: name and database of the release to compare with."""
    with duckdb.connect(str(database), read_only=True) as connection:

        def rows(query: str, **values: list[str] | int) -> list[tuple[Any, ...]]:
            # Variables, because a parameter makes DuckDB import pandas: most of a second.
            for name, value in values.items():
                connection.execute(f"set variable {name} = {_literal(value)}")
            return connection.execute(query).fetchall()

        territories = {row[0]: Territory(*row) for row in rows(TERRITORIES)}
        indicators = {row[0]: Indicator(*row) for row in rows(INDICATORS)}
        chosen = [territories[key] for key in wanted]
        outlines = Outlines.read(connection)
        areas: dict[str, dict[str, str]] = defaultdict(dict)
        for code, zone in rows(AREAS):
            areas[code][zone.split("-", 1)[0]] = zone
        facts = Facts(
            region,
            release,
            made,
            territories,
            indicators,
            outlines,
            {},
            defaultdict(dict),
            {},
            defaultdict(list),
            {},
            areas,
        )
        for indicator, territory, period, value, secret in rows(COMMUNES, indicateurs=list(OF_COMMUNES)):
            facts.communes[indicator][territory] = (period, value, secret)
        keys = {t.territoire for t in chosen}
        for territory in chosen:
            keys.update(k for k in comparators(territory, region) if k in territories)
            # One département stands for a territory that does not say its own.
            keys.add(department_of(facts, territory.territoire))
            keys.update(a for a in facts.employment_areas(territory.territoire) if a in territories)
        listed = sorted(keys)
        facts.keys.update({(row[0], row[1]): Key(*row) for row in rows(KEYS, territoires=listed)})
        for row in rows(SERIES, territoires=listed, depuis=SINCE):
            facts.series[row[0], row[1]] = [Point(*point) for point in zip(*row[2:], strict=True)]
        for indicator, territory, *part in rows(PARTS, territoires=listed):
            facts.parts[indicator, territory].append(tuple(part))
        levels = sorted({territories[key].type_territoire for key in listed})
        facts.ranked.update({(row[0], row[1]): row[2] for row in rows(RANKED, niveaux=levels)})
        if previous is not None:
            facts.previous = previous[0]
            connection.execute(f"attach {_literal(str(previous[1]))} as avant (read_only)")
            for territory, *change in rows(CHANGES, territoires=listed):
                facts.changes.setdefault(territory, []).append(Change(*change))
        return facts


def _literal(value: list[str] | str | int) -> str:
    """A value as SQL writes it."""
    if isinstance(value, list):
        return f"[{', '.join(map(_literal, value))}]::varchar[]"
    return str(value) if isinstance(value, int) else "'" + value.replace("'", "''") + "'"


def departments(facts: Facts, territory: str) -> list[str]:
    """The départements of the region over which a territory spreads, the most inhabited first."""
    weights: dict[str, float] = defaultdict(float)
    for code in facts.member_codes(territory):
        commune = facts.territories.get(f"COM-{code}")
        if commune and f"DEP-{commune.code_departement}" in facts.territories:
            weights[f"DEP-{commune.code_departement}"] += commune.population or 0
    return sorted(weights, key=lambda d: (-weights[d], d))


def department_of(facts: Facts, territory: str) -> str:
    """The département of a territory: its own, else that of most of its inhabitants."""
    known = facts.territories[territory]
    if known.type_territoire == "DEP":
        return territory
    if known.code_departement and f"DEP-{known.code_departement}" in facts.territories:
        return f"DEP-{known.code_departement}"
    return next(iter(departments(facts, territory)), facts.region_key)


def printed(
    value: float | None, indicator: Indicator, status: str | None = None, secret: str | None = None
) -> str:
    """A value as every report prints it: number, unit, status mark; or why there is none."""
    text = words.valued(value, indicator.decimales, indicator.unite, secret)
    mark = {"P": "(p)", "E": "(e)", "F": "(e)", "U": "(!)"}.get(status or "", "")
    return f"{text}{words.THIN}{mark}" if mark and value is not None else text


def marked(key: Key, indicator: Indicator) -> str:
    """The territory's own value, with the producer's « 5 ou moins » kept as such."""
    if key.marque in ("5 ou moins", "95 ou plus") and key.valeur is not None:
        return f"{key.marque}{words.THIN}%"
    return printed(key.valeur, indicator, key.statut, key.confidentialite)
