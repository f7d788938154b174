"""The projection of 35,000 communes x 100 indicators x 10 years, beside the same join written by hand.

What is timed is the SQL that dbt compiled for the release (int_observations_publiees), on the passages of
the release and on GENERATED figures: each year comes in the geography of its time, so that mergers, splits
and code changes of the whole country are crossed.
"""

from __future__ import annotations

import json
import re
import time
from pathlib import Path

import duckdb

from publish import partial

Row = tuple[str, str, str, str]
INDICATORS, YEARS = 100, range(2014, 2024)
MODEL = "model.referentiel.int_observations_publiees"
RELATION = re.compile(r'"(\w+)"\."(\w+)"\."(\w+)"')
# What the model reads: all is generated or taken from the release, nothing is left out.
INPUTS = {
    "int_passages": "from release.passages where cog_cible = (select max(cog_cible) from release.passages)",
    "int_passages_par_cle": "from release.passages_par_cle",
    "int_communes_utiles": (
        "select distinct code_cible as code_commune from release.passages"
        " where cog_cible = (select max(cog_cible) from release.passages)"
    ),
    "dictionnaire": (
        "select 'indicateur_' || lpad(cast(i as varchar), 3, '0') as indicateur, 'somme' as agregation,"
        f" 'manquante' as absence from range({INDICATORS}) as n (i)"
    ),
    # one in ten is divided by another key than population
    "poids": (
        "select 'indicateur_' || lpad(cast(i as varchar), 3, '0') as indicateur, 'repartition' as usage,"
        f" 'emploi_salarie_prive' as poids from range(0, {INDICATORS}, 10) as n (i)"
    ),
    "int_observations_en_vigueur": f"""
        select 'indicateur_' || lpad(cast(i as varchar), 3, '0') as indicateur, 'COM' as type_territoire,
            c.code_source as code_territoire, c.cog_source as cog, cast(y as varchar) as periode,
            '_T' as modalite, cast(hash(c.code_source, i, y) % 100000 as double) as valeur, 'A' as statut,
            'F' as confidentialite, cast(null as varchar) as marque_producteur, 'publiee' as methode,
            cast(null as varchar) as motif, cast(null as bigint) as n_unites,
            cast(null as double) as part_max, 1 as priorite, 'source' as source, 'source-' || y as livraison,
            cast(1 as bigint) as ligne, timestamp '2026-01-01' as publie_le,
            timestamp '2026-01-01' as recu_le, timestamp '2026-01-01' as connu_le
        from range({YEARS.start}, {YEARS.stop}) as p (y)
        inner join (select distinct cog_source, code_source from release.passages) as c
            on c.cog_source = y + 2
        cross join range({INDICATORS}) as n (i)""",
}
BY_HAND = """
    select r.indicateur, p.code_cible as code_territoire, r.periode, r.modalite,
        sum(r.valeur * p.poids) as valeur
    from recues as r
    join passages as p on r.cog = p.cog_source and r.code_territoire = p.code_source
    group by all
"""
# The same with what every figure of the release carries.
BY_HAND_WHOLE = """
    select r.indicateur, r.type_territoire, p.code_cible as code_territoire, r.periode, r.modalite,
        case when count(r.valeur) = count(*) then sum(r.valeur * p.poids) end as valeur,
        case when bool_or(p.nature = 'scission') then 'E' else max(r.statut) end as statut,
        max(r.confidentialite) as confidentialite, max(r.marque_producteur) as marque_producteur,
        case when bool_or(p.nature in ('fusion', 'scission')) then 'projetee' else max(r.methode) end
            as methode,
        max(r.motif) as motif, r.cog, sum(r.n_unites) as n_unites, max(r.part_max) as part_max, r.source,
        r.livraison, max(r.publie_le) as publie_le
    from recues as r
    join passages as p on r.cog = p.cog_source and r.code_territoire = p.code_source
    group by
        r.indicateur, r.type_territoire, p.code_cible, r.periode, r.modalite, r.cog, r.source, r.livraison
"""


def projection_rows(release: Path, build: Path, folder: Path) -> list[Row]:
    """Two rows of the table. `release`: its database; `build`: where its candidate was kept; `folder`: for
    the figures.

    Raises KeyError when the model reads a relation that is not generated here, AssertionError when the two
    sides disagree.
    """
    # that of the last whole build: what dbt compiles for a partial one reads less
    manifest = json.loads((build / partial.FOLDER / partial.MANIFEST).read_text(encoding="utf-8"))
    sql = manifest["nodes"][MODEL]["compiled_code"]
    catalog = RELATION.search(sql)
    assert catalog is not None
    with duckdb.connect(str(folder / f"{catalog[1]}.duckdb")) as con:
        con.execute(
            "set preserve_insertion_order = false; set memory_limit = '6GB'; set enable_progress_bar = false"
        )
        con.execute(f"attach '{release}' as release (read_only)")
        for schema, name in {(m[2], m[3]) for m in RELATION.finditer(sql)}:
            con.execute(f"create schema if not exists {schema}")
            con.execute(f"create table {schema}.{name} as {INPUTS[name]}")
            alias = {"int_observations_en_vigueur": "recues", "int_passages": "passages"}.get(name)
            if alias:
                con.execute(f"create view {alias} as from {schema}.{name}")
        key = "indicateur, code_territoire, periode, modalite, valeur"
        return [
            _row(
                con,
                "projection of 35,000 communes x 100 indicators x 10 years, key and value",
                f"select {key} from ({sql})",
                "the same join by hand, one DuckDB statement",
                BY_HAND,
            ),
            _row(
                con,
                "the same with status, method, vintage, delivery of each figure",
                sql,
                "the same columns by hand, one DuckDB statement",
                BY_HAND_WHOLE,
            ),
        ]


def _row(con: duckdb.DuckDBPyConnection, what: str, ours: str, beside: str, theirs: str) -> Row:
    hand, total = _timed(con, theirs)
    seconds, found = _timed(con, ours)
    assert found[0] == total[0], f"{found[0]} figures, {total[0]} by hand"
    assert abs(found[1] - total[1]) < 1e-9 * total[1], f"mass {found[1]}, {total[1]} by hand"
    return what, f"{seconds:.0f} s", f"{beside}: {hand:.0f} s", f"{seconds / hand:.2f}"


def _timed(con: duckdb.DuckDBPyConnection, query: str) -> tuple[float, tuple[int, float]]:
    con.execute("drop table if exists resultat")
    con.execute("checkpoint")
    start = time.perf_counter()
    con.execute(f"create table resultat as {query}")
    seconds = time.perf_counter() - start
    found = con.execute("select count(*), sum(valeur) from resultat").fetchone()
    assert found is not None
    return seconds, found
