"""One attack: spoil a dataset, rebuild, judge, and say what came of it.

The release in force is the clean one without the last period of what the source feeds: the spoilt delivery brings a
new period and all the old ones again, as producers' deliveries do.
"""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import fautes
import yaml
from rebuild import FIGURES, ROOT, Plan, Rebuild, opened

from expectations import frames, judge, suite
from expectations.library import EphemeralDataContext
from expectations.model import Controle, Suite, Verdict

REGION = "28"
# The suites that see most faults; they read figures, not what is made from figures.
EARLY = ("revisions", "series", "sommes")
SERIES = "03_variations"
MADE = re.compile(r"temp table (\w+)")
# What the fault did to the published figures: those that moved more than the producer usually revises them, went or came.
DAMAGE = """
with apres as (
    select o.* from candidat.main.observations o join indicateurs i using (indicateur) where i.calcul = 'publie'
),
avant as (
    select o.* from propre.main.observations o join indicateurs i using (indicateur) where i.calcul = 'publie'
),
regles as (
    select i.indicateur, r.mesure, r.usuelle, r.plancher
    from indicateurs i join revisions_usuelles r on r.indicateur in (i.indicateur, '*') and r.source in (i.source, '*')
        and r.mesure = case when i.unite = '%' or i.nature in ('ratio', 'indice') then 'points' else 'relatif' end
    qualify row_number() over (partition by i.indicateur order by (r.indicateur <> '*')::int desc, (r.source <> '*')::int desc) = 1
)
select indicateur, territoire, periode, modalite
from avant a full join apres b using (indicateur, territoire, periode, modalite)
join regles r using (indicateur)
where (a.valeur is null) <> (b.valeur is null)
    or abs(b.valeur - a.valeur) > case mesure when 'points' then 1 else abs(a.valeur) end * usuelle + plancher + 1e-9
"""


@dataclass
class Outcome:
    """What became of one fault on one dataset."""

    kind: str
    source: str
    status: str  # refuse, arrete (exit 2), liste, sans_effet, non_vu
    reasons: list[str] = field(default_factory=list)
    damaged: int = 0
    named: bool = (
        True  # one reason at least names the dataset, an indicator that it feeds, or the place it describes
    )
    seconds: float = 0.0
    le: str = ""  # the day it was run: the judgement may have changed since


@dataclass
class Attacker:
    """Attacks one source of the landing; `clean_rows` are what the vigilance shows without any fault."""

    rebuild: Rebuild
    suites: list[Suite]
    clean_rows: set[str] = field(default_factory=set)
    prepared: bool = False
    pending: list[Path] = field(default_factory=list)  # preparations not run yet

    def verdict(self, query: str) -> Verdict:
        """Builds and judges, as publish.run does, with the rows of `query` in place of those of the source.

        The figures and the suites that compare them with the release in force come first, the rest after: most faults are
        refused before the rest is made, and a refused fault is judged no further (more would be said, not otherwise).
        """
        con, ctx = self.rebuild.connection, judge.context()
        early = [one for one in self.suites if one.nom in EARLY]
        verdict = self.rebuild.first(query, self._tables_of(early))
        if verdict.code == 0 and not self.prepared:
            frames.prepare(con, REGION, True)
            self._unread(con)
            self.prepared, self.pending = True, []
        else:
            self.pending = frames.scripts()
        for one in early:
            if verdict.code:
                return verdict
            self._compare(_sql(one))
            self._judge(ctx, one, verdict)
        if verdict.code == 0:
            self._compare(None)
            verdict.extend(self.rebuild.rest())
        for one in self.suites:
            if verdict.code == 0 and one not in early:
                self._judge(ctx, one, verdict)
        return verdict

    @staticmethod
    def _unread(con: duckdb.DuckDBPyConnection) -> None:
        """Takes out the golden figures of the periods that the delivery brings: nobody can have read them before it came."""
        con.execute("""
            delete from valeurs_de_reference as v where not exists (
                select 1 from avant a where a.indicateur = v.indicateur and a.periode = v.periode
                    and split_part(a.territoire, '-', 1) = split_part(v.territoire, '-', 1)
            )
        """)

    def _judge(self, ctx: EphemeralDataContext, one: Suite, verdict: Verdict) -> None:
        found = judge.judge(ctx, one, self.rebuild.connection, REGION, True)
        verdict.controles += found.controles
        verdict.fautes += found.fautes

    def _tables_of(self, early: list[Suite]) -> set[str]:
        """The published tables that the first suites and their preparations read."""
        text = " ".join(
            [path.read_text(encoding="utf-8") for path in frames.scripts()] + [_sql(one) for one in early]
        )
        return {table for table in self.rebuild.tables if re.search(rf"\b{table}\b", text)} - set(
            MADE.findall(text)
        )

    def _compare(self, text: str | None) -> None:
        """Runs the preparations that are still to run, up to the last one whose tables `text` reads; all of them without text."""
        con = self.rebuild.connection
        made = [MADE.findall(path.read_text(encoding="utf-8")) for path in self.pending]
        read = [text is None or any(re.search(rf"\b{name}\b", text) for name in names) for names in made]
        upto = max((rank + 1 for rank, one in enumerate(read) if one), default=0)
        for path in self.pending[:upto]:
            own = path.stem == SERIES and self.rebuild.indicators
            if own:  # each series is compared with itself and its peers of the same indicator: the others are as they were
                listed = ", ".join(f"'{name}'" for name in sorted(self.rebuild.indicators))
                con.execute("alter table chiffres rename to chiffres_tous")
                con.execute(
                    f"create temp table chiffres as select * from chiffres_tous where indicateur in ({listed})"
                )
            frames.compare(con, [path])
            if own:
                con.execute("drop table chiffres")
                con.execute("alter table chiffres_tous rename to chiffres")
        self.pending = self.pending[upto:]

    def attack(self, kind: str, query: str) -> Outcome:
        """Runs one fault to its verdict."""
        source = self.rebuild.source
        verdict = self.verdict(query)
        if verdict.fautes:
            return Outcome(kind, source, "arrete", verdict.fautes[:3])
        if verdict.refus:
            reasons = [c.controle for c in verdict.refus]
            return Outcome(kind, source, "refuse", reasons, named=any(self.names(c) for c in verdict.refus))
        damaged = self.rebuild.connection.execute(DAMAGE).fetchall()
        new = {key: row for key, row in self.rows(verdict).items() if key not in self.clean_rows}
        if not damaged and not new:
            return Outcome(kind, source, "sans_effet")
        places = {(i, t) for i, t, _, _ in damaged} | {(i, t.split("-")[0]) for i, t, _, _ in damaged}
        seen = {
            name
            for name, row in new.values()
            if not damaged
            or "indicateur" not in row
            or (row["indicateur"], row.get("territoire") or row.get("niveau")) in places
        }
        return Outcome(kind, source, "liste" if seen else "non_vu", sorted(seen), len(damaged))

    def names(self, refused: Controle) -> bool:
        """Whether who reads this refusal learns what is spoilt: the dataset, an indicator that it feeds, or, for a
        geography, a table of places or the place itself."""
        told = " ".join([refused.controle, refused.objet, refused.detail, *map(str, refused.lignes)])
        words = {self.rebuild.source, *self.rebuild.indicators}
        if not self.rebuild.indicators:
            # a territory by its key, or a check whose very name is of places (changements_par_millesime, epci_deux_listes)
            words |= {table for table in self.rebuild.tables if table not in FIGURES}
            words |= {"territoire", "commune", "millesime", "epci", "zones", "passages"}
            words |= {f"{level}-" for level in ("COM", "EPCI", "ZE2020", "BV2022", "ARR", "DEP", "REG")}
        return any(word in told for word in words)

    @staticmethod
    def rows(verdict: Verdict) -> dict[str, tuple[str, dict]]:
        """Rows of the vigilance workbook, by a text that identifies them."""
        return {
            json.dumps([c.controle, row], default=str, sort_keys=True): (c.controle, row)
            for c in verdict.avertissements
            if c.vigilance
            for row in c.lignes
        }


STATUSES = {
    "refuse": "refused",
    "liste": "listed",
    "sans_effet": "no effect",
    "non_vu": "unseen",
    "arrete": "exit 2",
}


def detection(outcomes: list[Outcome]) -> str:
    """What became of each kind, as a Markdown table."""
    by_kind: dict[str, list[Outcome]] = defaultdict(list)
    for one in outcomes:
        by_kind[one.kind].append(one)
    lines = [
        f"| kind | tried | {' | '.join(STATUSES.values())} | what sees it first |",
        "|---|" + "--:|" * (len(STATUSES) + 1) + "---|",
    ]
    for name, found in [*by_kind.items(), ("**all**", outcomes)]:
        count = Counter(o.status for o in found)
        cells = [str(count[status] or "") for status in STATUSES]
        first = Counter(o.reasons[0] for o in found if o.status in ("refuse", "liste") and o.reasons)
        seen = ", ".join(f"`{_family(reason)}`" for reason, _ in first.most_common(3))
        lines.append(f"| {name} | {len(found)} | {' | '.join(cells)} | {seen if name != '**all**' else ''} |")
    return "\n".join(lines)


def report(outcomes: list[Outcome]) -> str:
    """The page docs/detection.md: by kind, by dataset, and what was not refused, in words."""
    order = {name: rank for rank, name in enumerate(fautes.KINDS)}
    tried = sorted(outcomes, key=lambda o: (order[o.kind], o.source))
    whole = sum(len(faults) for faults in fautes.matrix().values())
    count = Counter(o.status for o in tried)
    never = [name for name in fautes.KINDS if name not in {o.kind for o in tried}]
    sources = sorted({o.source for o in tried})
    said = ", ".join(f"{count[status]} {word}" for status, word in STATUSES.items())
    lines = [
        "# What the saboteur found",
        "",
        "Written by `tests/saboteur --rapport` from `tests/saboteur/journal.jsonl`, not by hand. *Refused*: exit 1. *Listed*: published, a row in the",
        "vigilance workbook names the figure. *No effect*: no published figure moved by more than its source usually revises. *Unseen* and *exit 2* must stay at 0.",
        "A refusal *names* the fault when it tells the dataset, an indicator that it feeds or, for a geography, the places.",
        "",
        f"{len(order)} kinds on {len(fautes.jeux())} datasets: {whole} attacks fit. Run: {len(tried)} attacks, {len(order) - len(never)} kinds,"
        f" {len(sources)} datasets: {said}; {sum(not o.named for o in tried)} refused without naming the fault. **{whole - len(tried)} attacks that fit were never run**, and nothing is known of them.",
        "",
        "Each was run against the judgement of its day: "
        + ", ".join(f"{number} on {day}" for day, number in sorted(Counter(o.le for o in tried).items()))
        + ".",
        "",
        f"Kinds never run: {', '.join(never) or 'none'}.",
        "",
        f"Datasets never attacked: {', '.join(f'`{s}`' for s in fautes.jeux() if s not in sources) or 'none'}.",
        "",
        f"The other {len(list((ROOT / 'extract/sources').glob('*.yml'))) - len(fautes.jeux())} sources have no figures in the demonstration: none of"
        " them was attacked.",
        "",
        "False alarms: `test_true_news_raises_no_alarm` rebuilds true news (sources as they were some periods ago, the last year revised as its"
        " producer does, or only prolonged) and demands that none be refused (`make test-long`).",
        "",
        "## By kind",
        "",
        detection(tried),
        "",
        "## By dataset",
        "",
        f"| dataset | fit | tried | {' | '.join(STATUSES.values())} |",
        "|---|--:|--:|" + "--:|" * len(STATUSES),
    ]
    for source, faults in fautes.matrix().items():
        found = Counter(o.status for o in tried if o.source == source)
        cells = [str(found[status] or "") for status in STATUSES]
        lines.append(f"| `{source}` | {len(faults)} | {found.total()} | {' | '.join(cells)} |")
    lines += [
        "",
        "## Not refused, or not named",
        "",
        "| kind | dataset | outcome | figures moved | where |",
        "|---|---|---|--:|---|",
    ]
    for o in (o for o in tried if o.status != "refuse" or not o.named):
        where = ", ".join(f"`{reason}`" for reason in o.reasons[:2])
        outcome = STATUSES[o.status] if o.named else "refused, not named"
        lines.append(f"| {o.kind} | `{o.source}` | {outcome} | {o.damaged or ''} | {where} |")
    return "\n".join(lines) + "\n"


def _family(reason: str) -> str:
    """A check of dbt by the start of its name, else the expectation."""
    generic = ("cle_unique", "entre", "lecture", "not_null", "relationships", "accepted_values", "contrat")
    return next((f"{start}…" for start in generic if reason.startswith(f"{start}_")), reason)


@contextmanager
def attacker(plan: Plan, source: str) -> Iterator[Attacker]:
    """An attacker of one source, with its clean baseline judged; raises AssertionError when that one is refused."""
    with opened(plan, source) as rebuild:
        con = rebuild.connection
        folder = plan.landing / source
        con.execute(
            f"create temp table {fautes.CLEAN} as select * from read_parquet('{folder}/*.parquet', union_by_name = true)"
        )
        # a series that its producer stopped brings no new period: its old figures are all there is to spoil
        release_in_force(con, set() if source in stopped() else rebuild.indicators)
        # what the fault does not reach is judged as it was without it
        suites = sorted((s for s in suite.load_all() if _reads(s, rebuild.tables)), key=_order)
        made = Attacker(rebuild, suites)
        verdict = made.verdict(f"select * from {fautes.CLEAN}")
        assert verdict.code == 0, (
            f"{source}, sans faute : {[(c.controle, c.detail) for c in verdict.refus]} {verdict.fautes}"
        )
        made.clean_rows = set(made.rows(verdict))
        yield made


def stopped() -> set[str]:
    """The sources that their producer stopped."""
    described = {
        path.stem: yaml.safe_load(path.read_text(encoding="utf-8"))
        for path in (ROOT / "extract/sources").glob("*.yml")
    }
    return {source for source, one in described.items() if one["frequence"] == "arretee"}


def _order(one: Suite) -> int:
    """The suites that see most faults first."""
    first = (*EARLY, "observations", "couverture", "territoires")
    return first.index(one.nom) if one.nom in first else len(first)


def _sql(one: Suite) -> str:
    return " ".join(e.requete for e in one.attentes)


def _reads(one: Suite, tables: set[str]) -> bool:
    # the frames prepared for every suite read the observations
    prepared = ("revisions", "variations", "mouvements", "totaux", "chiffres", "observations")
    text = _sql(one)
    return any(name in text for name in tables) or (
        "observations" in tables and any(p in text for p in prepared)
    )


def release_in_force(con: duckdb.DuckDBPyConnection, indicators: set[str], before: str | None = None) -> None:
    """The catalog `precedente`: the clean release without the last period of some indicators, level by level, or
    as it was `before` a date."""
    listed = ", ".join(f"'{name}'" for name in sorted(indicators)) or "''"
    con.execute("attach if not exists ':memory:' as precedente")
    con.execute("create schema if not exists precedente.main")
    for table in ("territoires", "appartenances"):
        con.execute(f"create or replace view precedente.main.{table} as from propre.main.{table}")
    con.execute(f"""
        create or replace table precedente.main.observations as
        with fins as (
            select indicateur, split_part(territoire, '-', 1) as niveau, max(date_fin) as fin, count(distinct date_fin) as periodes
            from propre.main.observations where indicateur in ({listed}) group by all
        )
        select o.* from propre.main.observations o
        left join fins f on f.indicateur = o.indicateur and f.niveau = split_part(o.territoire, '-', 1)
        where f.fin is null or o.date_fin < {f"date '{before}'" if before else "f.fin"} or ({before is None} and f.periodes = 1)
    """)
