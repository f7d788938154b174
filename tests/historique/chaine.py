"""A warehouse in small: the compiled models of the history, run on small tables."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import duckdb

from bench.chaine import MODELS, SCHEMA

DAY = datetime(2026, 1, 1)
FIGURE = """
    insert into int_observations_recues by name
    select ? as source, ? as partie, ? as livraison, ? as publie_le, ? as recu_le, ? as connu_le, ? as ligne,
        'i' as indicateur, 'DEP' as type_territoire, ? as code_territoire, 2026 as cog, '2025' as periode,
        '_T' as modalite, ? as valeur, case when ?::double is null then 'O' else 'A' end as statut,
        'F' as confidentialite, 'publiee' as methode, 1 as priorite
"""
VERSIONS = """
    select code_territoire, version, valeur, statut, est_retrait, correction, livraison, ligne, connu_du,
        connu_jusqua
    from int_observations_versions order by all
"""


@dataclass(frozen=True)
class Delivery:
    """A vintage: published `day` days after the first, its figures by territory (None: the producer's
    blank)."""

    day: int
    figures: dict[str, float | None]

    @property
    def name(self) -> str:
        """The name of the delivery."""
        return f"livraison-{self.day:03d}"


@dataclass
class House:
    """A warehouse that receives vintages in any order, and may or may not remember its former builds."""

    models: dict[str, str]
    received: list[Delivery] = field(default_factory=list)
    memory: list[tuple] = field(default_factory=list)
    known: set[str] = field(default_factory=set)
    corrections: list[tuple] = field(default_factory=list)
    read: int = 0

    def build(self) -> list[tuple]:
        """The versions, sorted; only what the memory does not hold is read, as `publish.memory` decides."""
        order = sorted(self.received, key=lambda d: d.day)
        new = {d.name for d in order if d.name not in self.known}
        again = {b.name for a, b in itertools.pairwise(order) if a.name in new}
        trusted = self.known - again
        with duckdb.connect() as c:
            c.execute(SCHEMA)
            for rank, delivery in enumerate(self.received):
                day, received = DAY + timedelta(days=delivery.day), DAY + timedelta(days=1000 + rank)
                journal = ("s", None, delivery.name, day, received, day)
                c.execute(
                    "insert into stg_extraction__livraisons values (?, ?, ?, ?, ?, ?, 'nouveau')", journal
                )
                if delivery.name in trusted and delivery.name != order[-1].name:
                    continue
                self.read += len(delivery.figures)
                for line, (place, value) in enumerate(delivery.figures.items(), start=1):
                    c.execute(FIGURE, [*journal, line, place, value, value])
            if self.memory:
                c.executemany(
                    f"insert into stg_memoire__versions values ({', '.join('?' * 22)})", self.memory
                )
            if trusted:
                c.executemany("insert into stg_memoire__livraisons values (?)", [(name,) for name in trusted])
            if self.corrections:
                c.executemany(
                    "insert into int_corrections values (?, ?, ?, ?, ?, ?, ?, ?, ?)", self.corrections
                )
            for name in MODELS:
                c.execute(f"create table {name} as {self.models[name]}")
            columns = [row[0] for row in c.execute("describe stg_memoire__versions").fetchall()]
            self.memory = c.execute(f"select {', '.join(columns)} from int_versions_recues").fetchall()
            self.known = {d.name for d in self.received}
            return c.execute(VERSIONS).fetchall()
