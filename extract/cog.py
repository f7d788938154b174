"""The communes of every year, by replaying the newest movement file backwards from the newest list."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import duckdb

from extract.errors import SettingsError

FIRST_YEAR = 2014
# Only these events, and only from commune to commune, move people. On one date code changes come before
# splits, splits before mergers.
ORDER = {41: 1, 50: 1, 20: 2, 21: 2, 30: 3, 31: 3, 32: 3, 33: 3}


def cog_of(date: dt.date) -> int:
    """The list of year Y holds the events from 2 January Y-1 to 1 January Y."""
    return date.year if (date.month, date.day) == (1, 1) else date.year + 1


@dataclass(frozen=True)
class Event:
    """One row of an event: the commune `before` became (a part of) the commune `after`, in the list `cog`."""

    date: dt.date
    order: int
    before: str
    after: str

    @property
    def cog(self) -> int:
        """The first list that shows the event."""
        return cog_of(self.date)


@dataclass
class Cog:
    """Lists of communes by year, their names, what became of each."""

    current: dict[str, str]
    events: list[Event]
    # COMD, COMA, ARM of the newest list: code -> (type, name, code of the commune they belong to)
    fractions: dict[str, tuple[str, str, str]] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    # the vintage of the newest list: some years no commune merges
    last_year: int = 0

    def __post_init__(self) -> None:
        """Order the events as they happened."""
        self.events = sorted(set(self.events), key=lambda e: (e.date, e.order, e.before, e.after))
        self.names = self.names | self.current
        self.last_year = self.last_year or max((e.cog for e in self.events), default=dt.date.today().year)

    @classmethod
    def from_landing(cls, landing: Path) -> Cog:
        """From the deliveries in force of insee__cog_communes and insee__cog_mouvements.

        Raises SettingsError when the landing does not hold them yet."""
        connection = duckdb.connect()
        communes = _in_force(connection, landing, "insee__cog_communes", "TYPECOM, COM, LIBELLE, COMPARENT")
        moves = _in_force(
            connection, landing, "insee__cog_mouvements",
            "MOD, DATE_EFF, TYPECOM_AV, COM_AV, LIBELLE_AV, TYPECOM_AP, COM_AP, LIBELLE_AP",
        )  # fmt: skip
        events: list[Event] = []
        names: dict[str, str] = {}
        last = dt.date(FIRST_YEAR, 1, 1)
        for mod, date, type_before, before, name_before, type_after, after, name_after in moves:
            last = max(last, dt.date.fromisoformat(date[:10]))
            if not before or not after:  # the birth or the end of a commune déléguée has one side only
                continue
            # Some codes of the producer's file lost their leading zero.
            before, after = before.zfill(5), after.zfill(5)
            names.setdefault(before, name_before)
            names[after] = name_after
            if type_before == type_after == "COM" and int(mod) in ORDER:
                events.append(Event(dt.date.fromisoformat(date[:10]), ORDER[int(mod)], before, after))
        current = {code: name for kind, code, name, _ in communes if kind == "COM"}
        fractions = {code: (kind, name, parent) for kind, code, name, parent in communes if kind != "COM"}
        return cls(current, events, fractions, names, cog_of(last))

    @cached_property
    def lists(self) -> dict[int, frozenset[str]]:
        """The codes of every year, from FIRST_YEAR to the newest."""
        state = set(self.current)
        found = {self.last_year: frozenset(state)}
        steps = list(reversed(self._steps()))
        position = 0
        for year in range(self.last_year - 1, FIRST_YEAR - 1, -1):
            while position < len(steps) and steps[position][0].cog > year:
                step = steps[position]
                state = (state - {e.after for e in step}) | {e.before for e in step}
                position += 1
            found[year] = frozenset(state)
        return found

    def _steps(self) -> list[list[Event]]:
        steps: list[list[Event]] = []
        for event in self.events:
            if steps and (steps[-1][0].date, steps[-1][0].order) == (event.date, event.order):
                steps[-1].append(event)
            else:
                steps.append([event])
        return steps

    def years(self, code: str) -> list[int]:
        """The years whose list holds the code."""
        return [year for year, codes in sorted(self.lists.items()) if code in codes]

    def successors(self, code: str, year: int) -> list[str]:
        """The codes of the newest list that cover what the commune of `year` was."""
        found = {code}
        for step in self._steps():
            if step[0].cog > year:
                found = {
                    after for one in found for after in ({e.after for e in step if e.before == one} or {one})
                }
        return sorted(found & set(self.current))

    def former(self, code: str) -> tuple[dt.date, list[str]] | None:
        """For a commune gone before FIRST_YEAR: when, and what covers it today."""
        gone = [e for e in self.events if e.before == code and e.after != code and e.cog <= FIRST_YEAR]
        if not gone:
            return None
        return gone[-1].date, self.successors(code, gone[-1].cog - 1)

    def name(self, code: str) -> str:
        """The name of a commune, today's or its last."""
        return self.names.get(code, code)


def ranges(years: Iterable[int]) -> str:
    """2014, 2015, 2016, 2020 in words: « 2014 à 2016, 2020 »."""
    runs: list[list[int]] = []
    for year in sorted(years):
        if runs and year == runs[-1][-1] + 1:
            runs[-1].append(year)
        else:
            runs.append([year])
    return ", ".join(str(r[0]) if len(r) == 1 else f"{r[0]} à {r[-1]}" for r in runs)


def _in_force(
    connection: duckdb.DuckDBPyConnection, landing: Path, source: str, columns: str
) -> list[tuple[str, ...]]:
    journal, folder = landing / "_livraisons.parquet", landing / source
    if journal.is_file() and folder.is_dir():
        last = connection.execute(
            f"select livraison from read_parquet('{journal}') where source = ? and resultat = 'nouveau'"
            " order by coalesce(publie_le, recu_le) desc, recu_le desc, livraison desc limit 1",
            [source],
        ).fetchone()
        if last:
            return connection.execute(
                f"select {columns} from read_parquet('{folder}/*.parquet', union_by_name = true)"
                " where _livraison = ? order by _ligne",
                [last[0]],
            ).fetchall()
    raise SettingsError(
        f"{source} n'a pas encore été reçu dans {landing} : les listes de communes en viennent. "
        "Lancez d'abord « make demo » ou « make refresh »."
    )
