"""The figures of a release as a reader has them, and the archive behind; which of them are made again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb

from extract.archive import Archive
from extract.definitions import Definition, load_all
from extract.delivery import reread
from extract.settings import Settings

Key = tuple[str, str, str, str]  # indicateur, territoire, periode, modalite
CELLS = ("valeur", "methode", "livraison", "millesime_cog")


class Release:
    """The published figures, as a reader has them, and the archive behind."""

    def __init__(self, settings: Settings, database: Path, unpacking: Path) -> None:
        self.connection = duckdb.connect(str(database), read_only=True)
        # Read without the run's lock, and by whoever may only read: nothing is unpacked in the archive.
        self.settings, self.archive = settings, Archive(settings.archive, unpacking)
        self.definitions: dict[str, Definition] = load_all()
        self.records = {record["livraison"]: record for record in self.archive.accepted()}
        self.indicators = {row["indicateur"]: row for row in self.rows("from indicateurs")}
        self.labels = dict(self.pairs("select territoire, libelle from territoires"))
        self.areas = dict(self.pairs("select territoire, superficie_km2 from territoires"))
        self.cog = self.one("select max(millesime_cog) from territoires")
        self.deliveries: dict[str, list[dict[str, Any]]] = {}
        self.aliases: dict[str, set[str]] = {}
        for alias, code in self.pairs("select code_alias, code_commune from alias_communes"):
            self.aliases.setdefault(f"COM-{code}", set()).add(f"COM-{alias}")
        # every figure once: thousands of terms are looked up
        self.known: dict[Key, tuple[Any, ...]] = {
            tuple(row[:4]): row[4:]
            for row in self.pairs(
                f"select indicateur, territoire, periode, modalite, {', '.join(CELLS)} from observations"
            )
        }
        self.modes: dict[tuple[str, str, str], list[str]] = {}
        for indicator, place, period, mode in self.known:
            if mode != "_T":
                self.modes.setdefault((indicator, place, period), []).append(mode)

    def rows(self, query: str, parameters: list[Any] | None = None) -> list[dict[str, Any]]:
        """The rows of a query, by name."""
        result = self.connection.execute(query, parameters or [])
        names = [column[0] for column in result.description or []]
        return [dict(zip(names, row, strict=True)) for row in result.fetchall()]

    def pairs(self, query: str) -> list[tuple[Any, ...]]:
        """The rows of a query, as they are."""
        return self.connection.execute(query).fetchall()

    def one(self, query: str) -> Any:
        """The only cell of a query."""
        found = self.connection.execute(query).fetchone()
        return found[0] if found else None

    def delivered(self, delivery: str) -> list[dict[str, Any]]:
        """Every row of a delivery, read again from the archived bytes, and kept. Raises ExtractError."""
        if delivery not in self.deliveries:
            record = self.records[delivery]
            definition = self.definitions[record["source"]]
            with reread(self.settings, self.archive, definition, record) as table:
                result = table.connection.execute("from brut")
                names = [column[0] for column in result.description or []]
                self.deliveries[delivery] = [dict(zip(names, row, strict=True)) for row in result.fetchall()]
        return self.deliveries[delivery]

    def figure(self, key: Key) -> dict[str, Any] | None:
        """A published figure, or None when the release has no such row."""
        found = self.known.get(key)
        return None if found is None else dict(zip(CELLS, found, strict=True))


def draw(release: Release, count: int, seed: str) -> list[dict[str, Any]]:
    """Known figures at random, but the same for one seed, with every indicator and way of making in turn."""
    return release.rows(
        "select * exclude (rang) from (select *, row_number() over (partition by indicateur, methode"
        " order by md5(? || indicateur || territoire || periode || modalite)) as rang from observations"
        " where valeur is not null) order by rang, md5(? || indicateur || methode) limit ?",
        [seed, seed, count],
    )
