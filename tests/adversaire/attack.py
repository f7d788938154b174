"""The adversary: everything that a release prints, turned into linear equations, against every cell that a producer hides.

It knows what any reader knows: the figures (all indicators, zonings, vintages, breakdowns), how zones are made, how
communes merged, the dictionary's formulas, the producers' thresholds, and that counts are not negative. For each hidden
cell it asks HiGHS for the smallest and the largest value that agree with all that. A cell falls when the interval is
narrower than its protection (columns protection_* of seuils_diffusion), or when some version of it is printed.

It shares no code with the SQL that protects: what it finds, a statistician of the other side would find."""

from __future__ import annotations

import hashlib
import time
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
from scipy.optimize import linprog
from scipy.sparse import coo_matrix, csr_matrix
from scipy.sparse.csgraph import connected_components

# (indicator, period, breakdown, place): a place is ("EPCI", "200…"), ("COM", "14118") today, or a commune of another perimeter.
Place = tuple[str, str]
Cell = tuple[str, str, str, Place]
OVERSEAS = ("97", "98")
PARTITION_GAP = (
    1e-3  # a breakdown is a partition if, where all is printed, it adds up to its total this closely
)


@dataclass(frozen=True)
class Fallen:
    """A hidden cell and how close the adversary came."""

    cell: Cell
    low: float
    high: float
    how: str

    def __str__(self) -> str:
        indicator, period, breakdown, (kind, code) = self.cell
        return f"{indicator} {kind}-{code} {period} {breakdown} : entre {self.low:g} et {self.high:g} ({self.how})"


@dataclass
class Outcome:
    """What was attacked, what fell."""

    attacked: int = 0
    bounded: int = 0
    equations: int = 0
    unknowns: int = 0
    components: int = 0
    inconsistent: int = 0
    zones_asked: int = 0
    zones_answered: int = 0
    carried: int = 0
    seconds: float = 0.0
    fallen: list[Fallen] = field(default_factory=list)
    by_indicator: dict[str, int] = field(default_factory=dict)
    intervals: dict[Cell, tuple[float, float]] = field(default_factory=dict)

    def __str__(self) -> str:
        lines = [
            f"{self.attacked} cases masquées attaquées, {len(self.fallen)} tombées"
            f" ({self.equations} équations, {self.unknowns} inconnues, {self.components} composantes ;"
            f" {self.bounded} cases touchées par une équation ; {self.zones_asked} zones à façon demandées,"
            f" {self.zones_answered} obtenues ; {self.carried} chiffres lus dans d'autres géographies ; {self.seconds:.1f} s)"
        ]
        lines += [f"  {name} : {count} attaquées" for name, count in sorted(self.by_indicator.items())]
        if self.inconsistent:
            lines.append(
                f"  {self.inconsistent} composantes dont les sommes publiées ne s'accordent pas (attaquées au plus près)"
            )
        return "\n".join(lines + [f"  TOMBÉE : {one}" for one in self.fallen[:20]])


def open_release(base: Path) -> duckdb.DuckDBPyConnection:
    """A connection in which the tables of the release (or of the candidate) stand in memory, with `zone` and `dans_cog`.

    Only what the attack needs is copied: the additive indicators that have a hidden cell and what is tied to them."""
    connection = duckdb.connect()
    connection.execute(f"attach '{base}' as lue (read_only)")
    tables = {
        row[0]
        for row in connection.execute(
            "select table_name from duckdb_tables() where database_name = 'lue' and schema_name = 'main'"
        ).fetchall()
    }
    small = tables & {
        "territoires", "appartenances", "passages", "passages_par_cle", "indicateurs", "seuils_diffusion"
    }  # fmt: skip
    for table in sorted(small):
        connection.execute(f"create table {table} as select * from lue.main.{table}")
    connection.execute(
        """
        create table visees as
        with masques as (
            select distinct indicateur from lue.main.observations where confidentialite <> 'F'
            union select distinct indicateur from lue.main.observations_historique where confidentialite <> 'F'
        ), additifs as (
            select indicateur from masques join indicateurs using (indicateur) where agregation = 'somme'
        ), lies as (
            select unnest([indicateur, numerateur, denominateur]) as indicateur from indicateurs
            where numerateur in (from additifs) or denominateur in (from additifs)
        )
        select indicateur from additifs union select indicateur from lies where indicateur is not null
        """
    )
    for table in ("observations", "observations_historique"):
        connection.execute(
            f"create table {table} as select * from lue.main.{table} where indicateur in (select indicateur from visees)"
        )
    connection.execute("detach lue")
    for macro in ("zone", "dans_cog"):
        script = Path(__file__).resolve().parents[2] / f"publish/macros/{macro}.sql"
        connection.execute(script.read_text(encoding="utf-8"))
    return connection


class Adversary:
    """Everything printed, as equations over cells."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, years: Iterable[int] = ()) -> None:
        """Read the release. `connection`: its tables (or a synthetic release's) in the default schema. `years`: the geographies
        to ask of `dans_cog`."""
        self.c = connection
        self.years = list(years)
        self.carried = 0
        self.known: dict[Cell, float] = {}
        self.equations: list[tuple[dict[Cell, float], float]] = []
        self.hidden: dict[Cell, str] = {}
        self.printed_versions: list[Fallen] = []
        self._read_dictionary()
        self._read_perimeters()
        self._read_hidden()
        self._read_figures()

    # -- reading ---------------------------------------------------------------------------------------------------------

    def _rows(self, query: str) -> list[tuple[Any, ...]]:
        return self.c.execute(query).fetchall()

    def _read_dictionary(self) -> None:
        self.additive = {
            r[0] for r in self._rows("select indicateur from indicateurs where agregation = 'somme'")
        }
        self.keys = dict(
            self._rows(
                "select indicateur, cle_repartition from indicateurs where cle_repartition <> 'population'"
            )
        )
        self.key_weights = {
            (key, cog, source, target_cog, target): weight
            for key, cog, source, target_cog, target, weight in self._rows(
                "select cle, cog_source, code_source, cog_cible, code_cible, poids from passages_par_cle"
            )
        }
        # what `zone` may answer: it refuses the others whatever the list
        self.asked = {r[0] for r in self._rows("select indicateur from indicateurs where niveau_fin = 'COM'")}
        self.ratios = {
            r[0]: r[1:]
            for r in self._rows(
                "select indicateur, numerateur, numerateur_modalite, denominateur, denominateur_modalite, facteur from indicateurs"
                " where numerateur is not null and denominateur is not null"
            )
        }
        self.bounds: dict[str, float] = {}
        self.protection: dict[str, tuple[float, float]] = {}
        self.units: dict[str, str] = {}
        for name, households, persons, least_h, least_p, relative, absolute, rule in self._rows(
            "select indicateur, indicateur_menages, indicateur_personnes, min_menages, min_personnes, protection_relative,"
            " protection_absolue, operateur from seuils_diffusion where est_applique order by min_menages nulls last"
        ):
            self.protection.setdefault(name, (relative, absolute))
            if households:
                self.units[name] = households
            # What a hidden cell says of itself: below every criterion at once.
            if rule == "et" and name == households and least_h is not None:
                self.bounds.setdefault(name, least_h - 1)
            if rule == "et" and name == persons and least_p is not None:
                self.bounds.setdefault(name, least_p - 1)

    def _read_perimeters(self) -> None:
        """Communes of every vintage as nodes: two communes of two vintages are one node when nothing changed between."""
        links = self._rows(
            "select cog_source, code_source, code_cible, poids, nature, cog_cible from passages"
        )
        self.today = max((r[5] for r in links), default=0)
        by_cog: dict[int, list[tuple[str, str, float]]] = defaultdict(list)
        # what each commune of a geography asked of dans_cog is made of, from every other
        self.parts: dict[tuple[int, int, str], list[tuple[str, float]]] = defaultdict(list)
        self.node: dict[tuple[int, str], Place] = {}
        self.communes: set[str] = set()
        for cog, source, target, weight, nature, cog_target in links:
            if cog_target in self.years:
                self.parts[(cog, cog_target, target)].append((source, weight))
            if cog_target != self.today:
                continue
            self.communes.add(target)
            if nature in ("identite", "recodage"):
                self.node[(cog, source)] = ("COM", target)
            else:
                by_cog[cog].append((source, target, weight))
        self.flows: dict[int, list[tuple[Place, str, float]]] = defaultdict(list)
        for cog, edges in by_cog.items():
            for group in _groups(edges):
                mark = hashlib.sha1(repr(sorted(group)).encode()).hexdigest()[:8]
                for source, target, weight in group:
                    place = ("COM", f"{source}@{mark}")
                    self.node[(cog, source)] = place
                    self.flows[cog].append((place, target, weight))
        region_of = dict(
            self._rows(
                "select code_departement, max(code_region) from territoires where type_territoire = 'DEP' group by 1"
            )
        )
        seed = Path(__file__).resolve().parents[2] / "seeds/nomenclatures/departements.csv"
        region_of |= dict(
            self._rows(f"select code_departement, code_region from read_csv('{seed}', all_varchar = true)")
        )
        self.members: dict[Place, set[str]] = defaultdict(set)
        complete = {
            (r[0], r[1])
            for r in self._rows(
                "select type_territoire, code_territoire from territoires where population_municipale is not null"
            )
        }
        for kind, zone, commune in self._rows(
            "select type_territoire, code_territoire, code_commune from appartenances"
            f" where millesime_cog = {self.today}"
        ):
            if kind != "COM" and (kind, zone) in complete:
                self.members[(kind, zone)].add(commune)
        # Regions and the country are known to everybody, even if the release lists only the communes that it uses.
        for commune in self.communes:
            department = commune[:3] if commune.startswith(OVERSEAS) else commune[:2]
            region = region_of.get(department)
            if region and ("REG", region) in complete:
                self.members[("REG", region)].add(commune)
            self.members[("FRANCE", "F")].add(commune)
            if not commune.startswith(OVERSEAS):
                self.members[("FRANCE", "FM")].add(commune)
        self.region_of = region_of

    def place(self, territory: str, cog: int | None) -> Place:
        """The node of a territory as a figure names it."""
        kind, code = territory.split("-", 1)
        if kind != "COM" or cog is None:
            return kind, code
        return self.node.get((cog, code), ("COM", code if cog == self.today else f"{code}@{cog}"))

    def _read_hidden(self) -> None:
        """The producers' hidden cells in force, and the versions of them that are printed anyway."""
        names = ", ".join(f"'{one}'" for one in sorted(self.additive)) or "''"
        query = (
            "select distinct indicateur, periode, modalite, territoire, millesime_cog from {table}"
            f" where indicateur in ({names}) and confidentialite = 'C' and valeur is null and methode = 'publiee' {{more}}"
        )
        found = self._rows(query.format(table="observations_historique", more="and connu_jusqua is null"))
        found += self._rows(query.format(table="observations", more=""))
        for name, period, breakdown, territory, cog in found:
            self.hidden[(name, period, breakdown, self.place(territory, cog))] = territory
        # A hidden figure that another delivery in force prints for the same place is no longer hidden.
        for name, period, breakdown, territory, cog, low, high, current in self._rows(
            "select indicateur, periode, modalite, territoire, millesime_cog, min(valeur), max(valeur),"
            f" bool_or(connu_jusqua is null) from observations_historique where indicateur in ({names})"
            " and valeur is not null group by all"
        ):
            cell = (name, period, breakdown, self.place(territory, cog))
            if cell in self.hidden:
                if current:
                    del self.hidden[cell]
                else:
                    self.printed_versions.append(
                        Fallen(cell, low, high, "une version antérieure est imprimée")
                    )

    def _read_figures(self) -> None:
        self.series = {cell[:3] for cell in self.hidden}
        wanted = {(name, period) for name, period, _ in self.series}
        if not wanted:
            return
        self.c.execute("create or replace temp table voulues (indicateur varchar, periode varchar)")
        self.c.executemany("insert into voulues values (?, ?)", sorted(wanted))
        for name, period, breakdown, territory, cog, value in self._rows(
            "select indicateur, periode, modalite, territoire, millesime_cog, valeur from observations_historique"
            " join voulues using (indicateur, periode) where valeur is not null and connu_jusqua is null"
        ):
            self.known[(name, period, breakdown, self.place(territory, cog))] = value
        projected = []
        for name, period, breakdown, territory, cog, value, method in self._rows(
            "select indicateur, periode, modalite, territoire, millesime_cog, valeur, methode from observations"
            " join voulues using (indicateur, periode) where valeur is not null"
        ):
            place = self.place(territory, cog if method == "publiee" else None)
            if method == "projetee":
                projected.append((name, period, breakdown, place, cog, value))
            self.known.setdefault((name, period, breakdown, place), value)
        self._read_other_geographies()
        for cell in sorted(set(self.hidden) & set(self.known)):
            self.printed_versions.append(
                Fallen(cell, self.known[cell], self.known[cell], "le chiffre est imprimé")
            )
        self._perimeter_equations(projected)
        self._zone_equations()
        self._breakdown_equations()
        self._ratio_equations()
        self._unit_equations()

    def _read_other_geographies(self) -> None:
        """What `dans_cog` gives, geography by geography: sums of old communes, shares of new ones, zones, ratios."""
        names = self._names()
        # the other term of a ratio is known where it is printed
        names |= {term for n in names & set(self.ratios) for term in (self.ratios[n][0], self.ratios[n][2])}
        for year in self.years:
            for name, period, breakdown, territory, cog, value, status in self._rows(
                "select indicateur, periode, modalite, territoire, millesime_cog, valeur, statut"
                f" from dans_cog({year}) where valeur is not null"
            ):
                if name not in names:
                    continue
                self.carried += 1
                place = self.place(territory, year)
                if name in self.ratios:
                    self._ratio(name, period, breakdown, [place], value)
                elif status == "E" and place[0] == "COM":
                    terms: dict[Cell, float] = defaultdict(float)
                    for source, weight in self.parts[(cog, year, territory.split("-", 1)[1])]:
                        link = (self.keys.get(name, ""), cog, source, year, territory.split("-", 1)[1])
                        terms[(name, period, breakdown, self.place(f"COM-{source}", cog))] += (
                            self.key_weights.get(link, weight)
                        )
                    self.add(dict(terms), value)
                else:
                    self.known.setdefault((name, period, breakdown, place), value)

    # -- equations -------------------------------------------------------------------------------------------------------

    def add(self, terms: dict[Cell, float], value: float) -> None:
        """One equation: the sum of coefficient x cell is `value`."""
        self.equations.append((terms, value))

    def _perimeter_equations(self, projected: list[tuple[str, str, str, Place, int, float]]) -> None:
        """Merged communes are the sum of what they were; a split commune is the sum of what became of it."""
        estimated: set[Cell] = set()
        for name, period, breakdown, place, cog, value in projected:
            terms: dict[Cell, float] = defaultdict(float)
            for source, target, weight in self.flows.get(cog, ()):
                if target == place[1]:
                    link = (self.keys.get(name, ""), cog, source[1].split("@")[0], self.today, target)
                    terms[(name, period, breakdown, source)] += self.key_weights.get(link, weight)
                    if weight != 1:
                        estimated.add((name, period, breakdown, place))
            if terms:
                self.add(dict(terms), value)
        touched = {(cell[:3], cell[3]) for cell in [*self.hidden, *self.known] if cell[3][0] == "COM"}
        for series in self.series:
            for cog, edges in self.flows.items():
                for group in _groups([(source[1], target, weight) for source, target, weight in edges]):
                    sources = {s for s, _, _ in group}
                    if not any((series, ("COM", s)) in touched for s in sources):
                        continue
                    if any((*series, ("COM", t)) in estimated for _, t, _ in group):
                        continue
                    self._flow_group(series, cog, group)

    def _flow_group(
        self, series: tuple[str, str, str], cog: int, group: list[tuple[str, str, float]]
    ) -> None:
        outgoing: dict[str, dict[Cell, float]] = defaultdict(dict)
        incoming: dict[str, dict[Cell, float]] = defaultdict(dict)
        for source, target, weight in group:
            flow = (*series, ("COM", source) if weight == 1 else ("FLUX", f"{source}>{target}"))
            if weight != 1:
                outgoing[source][flow] = 1.0
            incoming[target][flow] = 1.0
        for source, terms in outgoing.items():
            self.add({**terms, (*series, ("COM", source)): -1.0}, 0.0)
        for target, terms in incoming.items():
            self.add({**terms, (*series, ("COM", target)): -1.0}, 0.0)

    def _zone_equations(self) -> None:
        """A zone is the sum of its communes; a region that of its départements; the country that of its regions."""
        children: dict[Place, list[Place]] = defaultdict(list)
        departments = {zone for kind, zone in self.members if kind == "DEP"}
        for region in {self.region_of.get(d) for d in departments}:
            whole = {d for d, r in self.region_of.items() if r == region}
            if whole <= departments:
                children[("REG", str(region))] = [("DEP", d) for d in sorted(whole)]
        regions = sorted(set(self.region_of.values()))
        children[("FRANCE", "F")] = [("REG", r) for r in regions]
        children[("FRANCE", "FM")] = [("REG", r) for r in regions if r >= "11"]
        described: dict[tuple[str, str, str], set[str]] = defaultdict(set)
        for name, period, breakdown, (kind, code) in [*self.known, *self.hidden]:
            if kind == "COM" and "@" not in code:
                described[(name, period, breakdown)].add(code)
        for series in self.series:
            for parent, parts in children.items():
                self.add({**{(*series, part): 1.0 for part in parts}, (*series, parent): -1.0}, 0.0)
            if series not in described:
                continue
            # Communes on which nothing is said are one unknown per region: nothing tells them apart.
            for zone, communes in self.members.items():
                terms: dict[Cell, float] = {(*series, zone): -1.0}
                for commune in communes:
                    if commune in described[series] or zone[0] not in ("REG", "FRANCE"):
                        terms[(*series, ("COM", commune))] = 1.0
                    else:
                        department = commune[:3] if commune.startswith(OVERSEAS) else commune[:2]
                        terms[(*series, ("RESTE", self.region_of.get(department, "?")))] = 1.0
                self.add(terms, 0.0)

    def _breakdown_equations(self) -> None:
        """A total is the sum of a breakdown, when the release shows elsewhere that it is."""
        values: dict[tuple[str, str], dict[Cell, float]] = defaultdict(dict)
        places: dict[tuple[str, str], set[tuple[str, Place]]] = defaultdict(set)
        codes: dict[tuple[str, str], set[str]] = defaultdict(set)
        for cell in [*self.known, *self.hidden]:
            name, period, breakdown, place = cell
            if breakdown != "_T":
                axis = (name, breakdown.split(":", 1)[0])
                codes[axis].add(breakdown)
                places[axis].add((period, place))
                if cell in self.known:
                    values[axis][cell] = self.known[cell]
        for axis, spots in places.items():
            name = axis[0]
            gaps, unknown = [], []
            for period, place in spots:
                total = self.known.get((name, period, "_T", place))
                parts = [values[axis].get((name, period, code, place)) for code in codes[axis]]
                if total and None not in parts:
                    gaps.append(abs(sum(p for p in parts if p is not None) / total - 1))
                else:
                    unknown.append((period, place))
            if gaps and float(np.median(gaps)) > PARTITION_GAP:
                continue
            for period, place in unknown:
                terms = {(name, period, code, place): 1.0 for code in codes[axis]}
                self.add({**terms, (name, period, "_T", place): -1.0}, 0.0)

    def _ratio_equations(self) -> None:
        """A printed ratio ties its numerator to its denominator."""
        names = sorted({name for name, _, _ in self.series})
        listed = ", ".join(f"'{one}'" for one in names)
        for period, breakdown, territory, value, top, top_code, bottom, bottom_code, factor in self._rows(
            "select o.periode, o.modalite, o.territoire, o.valeur, i.numerateur, i.numerateur_modalite,"
            " i.denominateur, i.denominateur_modalite, i.facteur from observations o join indicateurs i using (indicateur)"
            f" where o.valeur is not null and i.denominateur is not null and (i.numerateur in ({listed}) or i.denominateur in ({listed}))"
        ):
            place = self.place(territory, None)
            above: Cell = (top, period, top_code or breakdown, place)
            below: Cell = (bottom, period, bottom_code or breakdown, place)
            if above[:3] not in self.series and below[:3] not in self.series:
                continue
            for cell in (above, below):
                self._know(cell, territory)
            self.add({above: float(factor or 1), below: -value}, 0.0)

    def _names(self) -> set[str]:
        """The indicators attacked and the ratios of one of them."""
        names = {cell[0] for cell in self.hidden}
        return names | {n for n, (top, _, bottom, _, _) in self.ratios.items() if {top, bottom} & names}

    def _know(self, cell: Cell, territory: str) -> None:
        """Look a printed figure up, of an indicator that hides nothing itself."""
        if cell not in self.known and cell[:3] not in self.series:
            found = self.c.execute(
                "select valeur from observations where indicateur = ? and periode = ? and modalite = ? and territoire = ?",
                [cell[0], cell[1], cell[2], territory],
            ).fetchone()
            if found and found[0] is not None:
                self.known[cell] = found[0]

    def _ratio(self, name: str, period: str, breakdown: str, places: list[Place], value: float) -> None:
        """A ratio over places: its terms, summed there, are in that proportion."""
        top, top_code, bottom, bottom_code, factor = self.ratios[name]
        terms: dict[Cell, float] = {}
        for place in places:
            terms[(top, period, top_code or breakdown, place)] = float(factor or 1)
            terms[(bottom, period, bottom_code or breakdown, place)] = -value
        if any(cell[:3] in self.series for cell in terms):
            for cell in terms:
                self._know(cell, "-".join(cell[3]))
            self.add(terms, 0.0)

    def _unit_equations(self) -> None:
        """A number of units printed beside a figure is the figure of the indicator that counts them."""
        columns = {
            r[0]
            for r in self._rows("select column_name from duckdb_columns() where table_name = 'observations'")
        }
        if "n_unites" not in columns:
            return
        for name, period, territory, cog, method, units in self._rows(
            "select distinct indicateur, periode, territoire, millesime_cog, methode, n_unites from observations"
            " where n_unites is not null"
        ):
            counted = self.units.get(name)
            if counted and (counted, period, "_T") in self.series:
                place = self.place(territory, cog if method == "publiee" else None)
                self.add({(counted, period, "_T", place): 1.0}, float(units))

    def ask_zones(self, lists: Iterable[tuple[str, ...]]) -> tuple[int, int]:
        """Call `zone` on lists of communes for every indicator attacked and every ratio of one; each answer is one more equation."""
        asked = answered = 0
        names = self._names() & self.asked
        for codes in lists:
            for name in sorted(names):
                asked += 1
                for period, value in self.c.execute(
                    "select periode, valeur from zone(?, ?)", [list(codes), name]
                ).fetchall():
                    if value is None:
                        continue
                    if name in self.ratios:
                        answered += 1
                        self._ratio(name, period, "_T", [("COM", code) for code in codes], value)
                    elif (name, period, "_T") in self.series:
                        answered += 1
                        self.add({(name, period, "_T", ("COM", code)): 1.0 for code in codes}, value)
        return asked, answered

    def tempting_lists(self, most: int) -> list[tuple[str, ...]]:
        """The lists an analyst would try: a zone with one hidden commune, the same without it, a hidden commune and a neighbour, the
        zone less one commune that is shown, the rest of its département."""
        hidden = {cell[3][1] for cell in self.hidden if cell[3][0] == "COM"}
        lists: list[tuple[str, ...]] = []
        for zone in sorted(self.members):
            members = self.members[zone]
            inside = sorted(members & hidden)
            if zone[0] in ("REG", "FRANCE") or not inside or len(members) > 200:
                continue
            shown = sorted(members - hidden)
            lists.append(tuple(sorted(members)))
            if shown:
                department = inside[0][:3] if inside[0].startswith(OVERSEAS) else inside[0][:2]
                around = sorted(self.members.get(("DEP", department), set()) - members)
                lists += [
                    tuple(shown),
                    (inside[0], shown[0]),
                    tuple(sorted(members - {shown[0]})),
                    tuple(around[:150] or shown),
                ]
        step = max(1, len(lists) // most)
        while step > 1 and (step % 5 == 0 or step % 3 == 0):
            step += 1  # the lists come by five: such a step would try one kind alone
        return lists[::step][:most]

    # -- solving ---------------------------------------------------------------------------------------------------------

    def attack(self, zones: int = 0) -> Outcome:
        """Bound every hidden cell; `zones`: how many lists to try with the macro first."""
        start = time.monotonic()
        outcome = Outcome(attacked=len(self.hidden), carried=self.carried)
        for cell in self.hidden:
            outcome.by_indicator[cell[0]] = outcome.by_indicator.get(cell[0], 0) + 1
        if zones and self.hidden:
            outcome.zones_asked, outcome.zones_answered = self.ask_zones(self.tempting_lists(zones))
        unknowns, matrix, right = self._system()
        outcome.equations, outcome.unknowns = matrix.shape[0], len(unknowns)
        index = {cell: n for n, cell in enumerate(unknowns)}
        upper = np.array([self._upper(cell) for cell in unknowns])
        groups = _components(matrix)
        outcome.components = len(set(groups.values()))
        systems: dict[int, _System] = {}
        for cell in self.hidden:
            low, high = 0.0, self._upper(cell)
            column = index.get(cell)
            if column is not None and column in groups:
                outcome.bounded += 1
                group = groups[column]
                if group not in systems:
                    columns = [n for n, g in groups.items() if g == group]
                    systems[group] = _System(matrix, right, upper, columns)
                    outcome.inconsistent += systems[group].slack > 0
                low, high = systems[group].bounds(column)
            outcome.intervals[cell] = (low, high)
            relative, absolute = self.protection.get(cell[0], (0.15, 3.0))
            if high - low < 2 * max(absolute, relative * (low + high) / 2) - 1e-6:
                outcome.fallen.append(Fallen(cell, low, high, "programmation linéaire"))
        outcome.fallen += self.printed_versions
        outcome.seconds = time.monotonic() - start
        return outcome

    def _upper(self, cell: Cell) -> float:
        return self.bounds.get(cell[0], np.inf) if cell in self.hidden and cell[3][0] == "COM" else np.inf

    def _system(self) -> tuple[list[Cell], csr_matrix, np.ndarray]:
        unknowns: dict[Cell, int] = {}
        rows, columns, values, right = [], [], [], []
        seen: set[tuple[Any, ...]] = set()
        for terms, value in self.equations:
            rest = value
            left: dict[int, float] = {}
            for cell, weight in terms.items():
                if cell in self.known and cell not in self.hidden:
                    rest -= weight * self.known[cell]
                elif weight:
                    left[unknowns.setdefault(cell, len(unknowns))] = weight
            signature = (tuple(sorted(left.items())), round(rest, 6))
            if not left or signature in seen:
                continue
            seen.add(signature)
            for column, weight in left.items():
                rows.append(len(right))
                columns.append(column)
                values.append(weight)
            right.append(rest)
        matrix = coo_matrix((values, (rows, columns)), shape=(len(right), len(unknowns))).tocsr()
        return list(unknowns), matrix, np.array(right)


class _System:
    """One connected component: what can be said of a cell depends on nothing else."""

    def __init__(self, matrix: csr_matrix, right: np.ndarray, upper: np.ndarray, columns: list[int]) -> None:
        part = matrix[:, columns]
        lines = np.flatnonzero(part.getnnz(axis=1))
        self.a = part[lines].tocsc()
        self.b = right[lines]
        self.upper = upper[columns]
        self.position = {column: n for n, column in enumerate(columns)}
        self.slack = 0.0
        n = len(columns)
        cost = np.concatenate([np.zeros(n), np.ones(2 * len(lines))])
        eye = coo_matrix((np.ones(len(lines)), (range(len(lines)), range(len(lines)))))
        self.relaxed = (
            csr_matrix(np.hstack([self.a.toarray(), eye.toarray(), -eye.toarray()])) if n < 5000 else None
        )
        if not self._solve(np.zeros(n)).success and self.relaxed is not None:
            # Printed sums that disagree (rounding, another composition): the least disagreement is granted, no more.
            answer = linprog(
                cost, A_eq=self.relaxed, b_eq=self.b, bounds=self._bounds(relaxed=True), method="highs"
            )
            self.slack = float(answer.fun) + 1e-6 if answer.success else 0.0

    def _bounds(self, relaxed: bool = False) -> list[tuple[float, float | None]]:
        own = [(0.0, None if np.isinf(u) else float(u)) for u in self.upper]
        return own + [(0.0, None)] * (2 * len(self.b) if relaxed else 0)

    def _solve(self, cost: np.ndarray) -> Any:
        if self.slack:
            n, m = len(self.upper), len(self.b)
            limit = csr_matrix(np.concatenate([np.zeros(n), np.ones(2 * m)]).reshape(1, -1))
            full = np.concatenate([cost, np.zeros(2 * m)])
            return linprog(
                full,
                A_ub=limit,
                b_ub=[self.slack],
                A_eq=self.relaxed,
                b_eq=self.b,
                bounds=self._bounds(True),
                method="highs",
            )
        return linprog(cost, A_eq=self.a, b_eq=self.b, bounds=self._bounds(), method="highs")

    def bounds(self, column: int) -> tuple[float, float]:
        """The smallest and the largest value of a cell."""
        cost = np.zeros(len(self.upper))
        cost[self.position[column]] = 1.0
        low, high = self._solve(cost), self._solve(-cost)
        return (
            float(low.fun) if low.success else 0.0,
            float(-high.fun) if high.success else float(self.upper[self.position[column]]),
        )


def _components(matrix: csr_matrix) -> dict[int, int]:
    """The component of each unknown that some equation touches."""
    if not matrix.shape[0]:
        return {}
    lines, columns = matrix.nonzero()
    size = matrix.shape[0] + matrix.shape[1]
    graph = coo_matrix((np.ones(len(lines)), (lines, columns + matrix.shape[0])), shape=(size, size))
    _, labels = connected_components(graph, directed=False)
    return {int(column): int(labels[column + matrix.shape[0]]) for column in set(columns.tolist())}


def _groups(edges: list[tuple[str, str, float]]) -> list[list[tuple[str, str, float]]]:
    """Links gathered by the communes that they tie together."""
    parent: dict[str, str] = {}

    def root(one: str) -> str:
        while parent.setdefault(one, one) != one:
            parent[one] = parent[parent[one]]
            one = parent[one]
        return one

    for source, target, _ in edges:
        parent[root("s" + source)] = root("c" + target)
    groups: dict[str, list[tuple[str, str, float]]] = defaultdict(list)
    for edge in edges:
        groups[root("s" + edge[0])].append(edge)
    return list(groups.values())


def attack_base(base: Path, zones: int = 60, years: Iterable[int] | None = None) -> Outcome:
    """Attack a release or a candidate on disk; `years`: the geographies to ask of dans_cog (default: one in three and the last)."""
    with open_release(base) as connection:
        known = [
            r[0] for r in connection.execute("select distinct cog_cible from passages order by 1").fetchall()
        ]
        return Adversary(connection, known[::3] if years is None else years).attack(zones)
