"""What the dictionary says, read from the release in a few queries over whole tables."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from publish import freshness, pages
from publish.database import CONTROLES_TABLE, count
from publish.exports.outlines import Outlines

Row = dict[str, Any]

# A period as a decimal year, at its end, so that years, quarters and months share an axis.
CURVES = """
    select o.indicateur, t.territoire, t.libelle, o.periode, o.valeur,
        year(o.date_fin) + dayofyear(o.date_fin) / 366 as annee
    from observations as o
    inner join territoires as t using (territoire)
    where o.modalite = '_T' and o.valeur is not null and o.date_fin is not null
        and (t.territoire = 'REG-' || $region or t.territoire in ('FRANCE-F', 'FRANCE-FM'))
    order by o.indicateur, t.territoire, o.date_fin
"""
LEVELS = """
    with dernieres as (
        select o.indicateur, t.type_territoire, max(o.periode) as derniere, min(o.periode) as premiere,
            count(distinct o.periode) as periodes
        from observations as o inner join territoires as t using (territoire)
        where o.modalite = '_T' and o.valeur is not null
        group by all
    ),
    effectifs as (select type_territoire, count(*) as territoires from territoires group by all)
    select d.indicateur, d.type_territoire, d.premiere, d.derniere, d.periodes, e.territoires,
        count(o.valeur) as chiffres,
        count(*) filter (
            o.valeur is null and o.confidentialite is not null and o.confidentialite <> 'F'
        ) as secrets
    from dernieres as d
    inner join effectifs as e using (type_territoire)
    inner join observations as o
        on o.indicateur = d.indicateur and o.periode = d.derniere and o.modalite = '_T'
        and o.territoire in (select territoire from territoires where type_territoire = d.type_territoire)
    group by all
    order by d.indicateur, e.territoires, d.type_territoire
"""
# Share of the communes of each EPCI that have a figure, for what is known by commune; else 1 or 0. Every
# territory of the level is expected: one without a line is as unknown as one whose value is missing.
COVERAGE = """
    with couches as (
        select distinct o.indicateur, t.type_territoire
        from observations as o inner join territoires as t using (territoire)
        where o.modalite = '_T' and o.valeur is not null
            and t.type_territoire in ('COM', 'EPCI', 'ZE2020', 'DEP', 'REG')
    ),
    fines as (
        select indicateur, arg_min(
            type_territoire, list_position(['COM', 'EPCI', 'ZE2020', 'DEP', 'REG'], type_territoire)
        ) as niveau
        from couches group by all
    ),
    dernieres as (
        select f.indicateur, f.niveau, max(o.periode) as periode
        from fines as f
        inner join observations as o on o.indicateur = f.indicateur
        inner join territoires as t on t.territoire = o.territoire and t.type_territoire = f.niveau
        where o.modalite = '_T' and o.valeur is not null
        group by all
    ),
    attendues as (
        select d.indicateur, d.niveau, d.periode, t.territoire
        from dernieres as d inner join territoires as t on t.type_territoire = d.niveau
    ),
    lues as (
        select a.indicateur, a.niveau, a.periode, a.territoire, o.valeur is not null as connu
        from attendues as a
        left join observations as o
            on o.indicateur = a.indicateur and o.periode = a.periode and o.territoire = a.territoire
            and o.modalite = '_T'
    )
    select l.indicateur, l.niveau, l.periode, 'EPCI-' || a.code_territoire as territoire,
        avg(l.connu::int) as part
    from lues as l
    inner join appartenances as a
        on l.territoire = 'COM-' || a.code_commune and a.type_territoire = 'EPCI'
        and a.millesime_cog = (select max(millesime_cog) from appartenances)
    where l.niveau = 'COM'
    group by all
    union all
    select indicateur, niveau, periode, territoire, connu::int from lues where niveau <> 'COM'
    order by all
"""
MODALITIES = """
    select o.indicateur, m.axe, list(distinct m.libelle order by m.libelle) as libelles
    from (select distinct indicateur, modalite from observations where modalite <> '_T') as o
    inner join modalites as m using (modalite)
    group by all order by all
"""
DELIVERIES = """
    select source, count(*) as livraisons, count(*) filter (resultat = 'refuse') as refusees,
        sum(octets) as octets
    from livraisons group by all
"""


@dataclass
class Facts:
    """Everything the pages print, by indicator, source and level."""

    region: str
    region_name: str
    release: str
    made: datetime
    indicators: list[Row]
    sources: list[Row]
    states: dict[str, freshness.Freshness]
    territories: dict[str, str]
    counts: dict[str, int]
    examples: dict[str, list[Row]]
    curves: dict[str, dict[str, list[Row]]]
    levels: dict[str, list[Row]]
    coverage: dict[str, list[Row]]
    revisions: dict[str, Row]
    modalities: dict[str, list[Row]]
    values: dict[str, Row]
    tables: list[Row]
    outlines: Outlines

    def freshness(self, source: Row) -> freshness.Freshness:
        """The state of a source on the day of the release."""
        return self.states[source["source"]]


def read(database: Path, region: str, release: str, made: datetime) -> Facts:
    """Reads a release. Raises duckdb.Error when it is not one."""
    with duckdb.connect(str(database), read_only=True) as con:

        def rows(query: str, **values: object) -> list[Row]:
            result = con.execute(query, values or None)
            names = [column[0] for column in result.description or []]
            return [dict(zip(names, row, strict=True)) for row in result.fetchall()]

        def grouped(found: list[Row], key: str) -> dict[str, list[Row]]:
            by: dict[str, list[Row]] = defaultdict(list)
            for row in found:
                by[row[key]].append(row)
            return dict(by)

        territories = rows(
            "select * from territoires"
            " order by type_territoire, population_municipale desc nulls last, territoire"
        )
        curves: dict[str, dict[str, list[Row]]] = {}
        for row in rows(CURVES, region=region):
            curves.setdefault(row["indicateur"], {}).setdefault(row["territoire"], []).append(row)
        by_level = grouped(territories, "type_territoire")
        deliveries = {row["source"]: row for row in rows(DELIVERIES)}
        names = {row["territoire"]: row["libelle"] for row in territories}
        columns = grouped(
            rows(
                "select table_name, column_name, data_type, comment from duckdb_columns()"
                " where schema_name = 'main' and not internal order by table_name, column_index"
            ),
            "table_name",
        )
        return Facts(
            region=region,
            region_name=names.get(f"REG-{region}", f"région {region}"),
            release=release,
            made=made,
            indicators=rows("select * from indicateurs order by ordre, indicateur"),
            sources=[
                s | (deliveries.get(s["source"]) or {"livraisons": 0, "refusees": 0, "octets": None})
                for s in rows("select * from sources order by producteur, titre")
            ],
            states=freshness.of_release(con, made.astimezone(UTC).replace(tzinfo=None)),
            territories=names,
            counts={level: len(found) for level, found in by_level.items()},
            examples={level: found[:6] for level, found in by_level.items()},
            curves=curves,
            levels=grouped(rows(LEVELS), "indicateur"),
            coverage=grouped(rows(COVERAGE), "indicateur"),
            revisions={row["indicateur"]: row for row in rows(pages.REVISIONS)},
            modalities=grouped(rows(MODALITIES), "indicateur"),
            values={
                row["indicateur"]: row
                for row in rows(
                    "select indicateur, periode, valeur, rupture from chiffres_cles where territoire = $reg",
                    reg=f"REG-{region}",
                )
            },
            tables=[
                {
                    "nom": name,
                    "commentaire": comment,
                    # the site is written before they are there
                    "lignes": None if name == CONTROLES_TABLE else count(con, f'"{name}"'),
                    "colonnes": columns.get(name, []),
                }
                for name, comment in con.execute(
                    "select table_name, comment from duckdb_tables() where schema_name = 'main' order by 1"
                ).fetchall()
            ],
            outlines=Outlines.read(con),
        )
