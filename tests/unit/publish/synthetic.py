"""A SYNTHETIC candidate: the tables of a release with invented figures, so that judgement and publication are
tested alone.

Nothing here is a real figure but the reference values, which are read from
expectations/valeurs_de_reference.csv; every label says « synthétique ». It never leaves the temporary folders
of the tests.
"""

from __future__ import annotations

import json
import shutil
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import pandas as pd

ROOT = Path(__file__).resolve().parents[3]
COMMUNES = {"14": 526, "27": 585, "50": 445, "61": 381, "76": 707}
ZONES = [f"28{n:02d}" for n in range(1, 20)] + ["0051", "0054", "0057", "0058", "0061"]
SIX = [
    # indicateur, unité, nature, agrégation, fréquence, décimales, niveau fin, source
    ("population_municipale", "habitants", "stock", "somme", "A", 0, "COM", "insee__synthetique"),
    ("taux_chomage_localise", "%", "ratio", "non_agregeable", "T", 1, "ZE2020", "insee__synthetique"),
    ("emploi_salarie", "emplois", "stock", "somme", "T", 0, "DEP", "insee__synthetique"),
    ("defaillances_12_mois", "entreprises", "flux", "somme", "M", 0, "DEP", "bdf__synthetique"),
    ("niveau_vie_median", "euros par an", "mediane", "non_agregeable", "A", 0, "COM", "insee__synthetique"),
    ("taux_pauvrete", "%", "ratio", "non_agregeable", "A", 0, "COM", "insee__synthetique"),
]
OBSERVATIONS = """
    indicateur varchar not null, territoire varchar not null, periode varchar not null,
        modalite varchar not null,
    valeur double, statut varchar, confidentialite varchar, marque_producteur varchar, methode varchar,
    millesime_cog integer, publie_le timestamp, livraison varchar, date_debut date, date_fin date,
    couverture double, motif varchar
"""


def make(path: Path) -> Path:
    """Writes a candidate that every expectation accepts, for region 28, and returns its path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(Path(_kept().name, "candidat.duckdb"), path)
    return path


@cache
def _kept() -> TemporaryDirectory[str]:
    """A folder with the candidate, made once for all tests of a process and removed with it."""
    folder = TemporaryDirectory()
    with duckdb.connect(str(Path(folder.name, "candidat.duckdb"))) as c:
        _territories(c)
        _dictionary(c)
        _observations(c)
        _history(c)
        _sources(c)
        _key_figures(c)
        _outlines(c)
        c.execute(
            "create table ruptures_de_serie (indicateur varchar, periode varchar, raison varchar, ou_lu varchar);"
            " create table revisions (indicateur varchar, type_territoire varchar, chiffres_suivis bigint,"
            " chiffres_revises bigint, chiffres_retires bigint, a_la_hausse bigint, a_la_baisse bigint,"
            " ecart_moyen double, jours_provisoire_median double);"
            " insert into ruptures_de_serie values ('emploi_salarie', '2020-T1', 'Nouveau champ', 'Insee');"
            " insert into revisions values ('emploi_salarie', '_T', 40, 12, 1, 8, 4, 153.25, 92)"
        )
        c.execute("create schema staging; create table staging.brouillon as select 1 as interne")
    return folder


def _territories(c: duckdb.DuckDBPyConnection) -> None:
    c.execute(
        "create table territoires (territoire varchar not null, type_territoire varchar not null,"
        " code_territoire varchar not null, libelle varchar not null, millesime_cog integer, code_region"
        " varchar, code_departement varchar, est_interregional boolean, superficie_km2 double,"
        " population_municipale bigint)"
    )
    c.execute(
        "create table appartenances (millesime_cog integer, code_commune varchar, type_territoire varchar,"
        " code_territoire varchar, millesime_zonage integer)"
    )
    known = {
        row[0]: int(row[1])
        for row in c.execute(
            f"select territoire, valeur from read_csv('{ROOT / 'expectations/valeurs_de_reference.csv'}',"
            " delim=';', types={'periode': 'VARCHAR'}) where indicateur = 'population_municipale' and"
            " periode = '2023'"
        ).fetchall()
    }
    communes: list[tuple[str, str, int]] = []
    for departement, count in COMMUNES.items():
        codes = [f"{departement}{n:03d}" for n in range(1, count + 1)]
        fixed = {code: known[f"COM-{code}"] for code in codes if f"COM-{code}" in known}
        free = [code for code in codes if code not in fixed]
        share, rest = divmod(known[f"DEP-{departement}"] - sum(fixed.values()), len(free))
        for code in codes:
            population = fixed.get(code, share + (rest if code == free[-1] else 0))
            communes.append((code, departement, population))
    rows = [("COM", code, "28", dep, False, 11.0, pop) for code, dep, pop in communes]
    rows += [("DEP", dep, "28", dep, False, 6000.0, known[f"DEP-{dep}"]) for dep in COMMUNES]
    rows += [
        ("REG", "28", "28", None, False, 29907.0, known["REG-28"]),
        ("REG", "53", "53", None, False, 27000.0, 3453000),
    ]
    rows += [("FRANCE", "F", None, None, False, None, None)]
    members: list[tuple[str, str, str]] = []
    sizes: dict[tuple[str, str], int] = {}
    zonings = {
        "EPCI": [f"20000{n:04d}" for n in range(71)],
        "ZE2020": ZONES,
        "BV2022": [f"{14000 + n}" for n in range(125)],
    }
    for position, (code, dep, pop) in enumerate(communes):
        own = {level: codes[position % len(codes)] for level, codes in zonings.items()}
        for level, zone in {**own, "DEP": dep, "ARR": f"{dep}1", "REG": "28", "COM": code}.items():
            members.append((code, level, zone))
            sizes[(level, zone)] = sizes.get((level, zone), 0) + pop
    rows += [
        (level, zone, None if zone.startswith("00") else "28", None, zone.startswith("00"), 100.0, size)
        for (level, zone), size in sizes.items()
        if level not in ("COM", "DEP", "REG")
    ]
    columns = ["type", "code", "region", "departement", "interregional", "superficie", "population"]
    frame = pd.DataFrame(rows, columns=columns).astype({"population": "Int64"})  # noqa: F841 (read by DuckDB by name)
    c.execute(
        "insert into territoires select type || '-' || code, type, code, 'Territoire synthétique ' || type ||"
        " ' ' || code, 2026, region, departement, interregional, superficie, population from frame"
    )
    links = pd.DataFrame(members, columns=["commune", "type", "code"])  # noqa: F841 (read by DuckDB by name)
    c.execute("insert into appartenances select 2026, commune, type, code, 2025 from links")


def _dictionary(c: duckdb.DuckDBPyConnection) -> None:
    c.execute(
        "create table indicateurs (indicateur varchar not null, libelle varchar, theme varchar, definition"
        " varchar, unite varchar, nature varchar, numerateur varchar, denominateur varchar, facteur double,"
        " formule varchar, agregation varchar, frequence varchar, niveau_fin varchar, source varchar,"
        " producteur varchar, decimales integer, sens varchar, champ varchar, notes varchar, licence varchar,"
        " ordre integer, calcul varchar)"
    )
    others = [
        (f"compte_synthetique_{n:02d}", "unités", "stock", "somme", "A", 0, "DEP", "bdf__synthetique")
        for n in range(1, 25)
    ]
    for order, (name, unit, nature, rule, frequency, decimals, level, source) in enumerate([*SIX, *others]):
        c.execute(
            "insert into indicateurs values (?, ?, ?, ?, ?, ?, null, null, null, null, ?, ?, ?, ?, ?, ?,"
            " null, ?, null, ?, ?, 'publie')",
            [
                name,
                name.replace("_", " ").capitalize(),
                (
                    "Synthétique"
                    if order > 5
                    else ["Population", "Chômage", "Emploi", "Entreprises", "Revenus", "Revenus"][order]
                ),
                "Définition synthétique, pour les tests.",
                unit,
                nature,
                rule,
                frequency,
                level,
                source,
                "Banque de France" if source.startswith("bdf") else "Insee",
                decimals,
                "France",
                "Licence Ouverte 2.0",
                order,
            ],
        )


def _observations(c: duckdb.DuckDBPyConnection) -> None:
    c.execute(f"create table observations ({OBSERVATIONS})")
    insert = (
        "insert into observations select {indicateur}, territoire, {periode}, '_T', {valeur}, {statut},"
        " {conf}, {marque}, 'publiee', 2025, null, 'insee__synthetique-20251218-00000000', {debut}, {fin}, 1,"
        " {motif} from ({source})"
    )

    def add(
        indicator: str, period: str, start: str, end: str, value: str, source: str, secret: str = "false"
    ) -> None:
        c.execute(
            insert.format(
                indicateur=f"'{indicator}'",
                periode=f"'{period}'",
                valeur=f"case when {secret} then null else {value} end",
                statut=f"case when {secret} then 'M' else 'A' end",
                conf=f"case when {secret} then 'C' else 'F' end",
                marque=f"case when {secret} then 's' end",
                debut=f"date '{start}'",
                fin=f"date '{end}'",
                motif="null",
                source=source,
            )
        )

    everywhere = (
        "select * from territoires where type_territoire <> 'FRANCE' and population_municipale is not null"
    )
    add("population_municipale", "2023", "2023-01-01", "2023-12-31", "population_municipale", everywhere)
    big = "select * from territoires where type_territoire in ('DEP', 'REG') and code_region = '28'"
    zones = "select * from territoires where type_territoire in ('DEP', 'REG', 'ZE2020', 'FRANCE')"
    add("taux_chomage_localise", "2023-T3", "2023-07-01", "2023-09-30", "7.5", zones)
    add("taux_chomage_localise", "2023-T2", "2023-04-01", "2023-06-30", "7.3", zones)
    add("taux_chomage_localise", "2023-T1", "2023-01-01", "2023-03-31", "7.2", zones)
    add("taux_chomage_localise", "2022-T4", "2022-10-01", "2022-12-31", "7.2", zones)
    add("taux_chomage_localise", "2022-T3", "2022-07-01", "2022-09-30", "7.1", zones)
    add("emploi_salarie", "2022-T4", "2022-10-01", "2022-12-31", "0", big)
    add("defaillances_12_mois", "2025-08", "2024-09-01", "2025-08-31", "0", big)
    communes = "select * from territoires where type_territoire = 'COM'"
    # One commune in twenty is secret, none of those whose figure was read by hand.
    rare = "population_municipale < 2000 and code_territoire[4:]::int % 20 = 7"
    add("niveau_vie_median", "2021", "2021-01-01", "2021-12-31", "22000", communes, rare)
    add("taux_pauvrete", "2021", "2021-01-01", "2021-12-31", "12", communes, rare)
    for number in range(1, 25):
        whole = f"{100 + number} * case type_territoire when 'REG' then 5 else 1 end"
        add(f"compte_synthetique_{number:02d}", "2023", "2023-01-01", "2023-12-31", whole, big)
        add(f"compte_synthetique_{number:02d}", "2022", "2022-01-01", "2022-12-31", whole, big)
    c.execute(
        "update observations o set valeur = v.valeur from"
        f" read_csv('{ROOT / 'expectations/valeurs_de_reference.csv'}', delim=';', types={{'periode':"
        " 'VARCHAR'}) v where v.indicateur = o.indicateur and v.territoire = o.territoire and v.periode ="
        " o.periode"
    )


def _history(c: duckdb.DuckDBPyConnection) -> None:
    """Every version ever received: here one of each, and the 137 secret communes that INSEE's file counts."""
    c.execute("""
        create table observations_historique as
        select * exclude (rang) replace (
            case when indicateur = 'niveau_vie_median' and rang <= 137 then null else valeur end as valeur,
            case when indicateur = 'niveau_vie_median' and rang <= 137 then 's' end as marque_producteur
        ), 'insee__synthetique' as source, 1 as version, null::varchar as correction,
            timestamp '2025-12-18' as connu_du, null::timestamp as connu_jusqua
        from (select *, row_number() over (partition by indicateur order by valeur is not null, territoire) as rang
            from observations)
        """)


def _sources(c: duckdb.DuckDBPyConnection) -> None:
    c.execute(
        "create table sources as select * from (values ('insee__synthetique', 'Jeu synthétique', 'Insee',"
        " 'bdm', 'https://example.invalid/insee',  'https://example.invalid', 'Licence Ouverte 2.0', 'Insee,"
        " jeu synthétique', 'trimestrielle', 'Pour les tests', false, "
        " timestamp '2026-01-05 08:00:00', timestamp '2025-12-18 12:00:16', 'nouveau', null),"
        " ('bdf__synthetique', 'Jeu synthétique', 'Banque de France', 'opendatasoft',"
        " 'https://example.invalid/bdf',  'https://example.invalid', 'Réutilisation libre', 'Banque de"
        " France, jeu synthétique', 'mensuelle', 'Pour les tests',  true,"
        " timestamp '2026-01-05 08:00:00', null, 'refuse', 'colonne inconnue : obs_valeur')) t (source,"
        " titre, producteur, protocole, url, page, licence, attribution, frequence, description, cle_requise,"
        " derniere_livraison, derniere_publication, dernier_resultat, dernier_motif)"
    )
    c.execute(
        "create table livraisons as select s || '-' || j || '-00000000' as livraison, s as source,"
        " null::varchar as partition, 'https://example.invalid/' || s as url, timestamp '2026-01-05 08:00:00'"
        " as recu_le, timestamp '2025-12-18 12:00:16' as publie_le, 200 as http_statut, 1234::bigint as"
        " octets, repeat('0', 64) as sha256, 10::bigint as lignes, 'nouveau' as resultat, null::varchar as"
        " motif from (values ('insee__synthetique', '20251218'), ('bdf__synthetique', '20251001')) v (s, j)"
    )


def _key_figures(c: duckdb.DuckDBPyConnection) -> None:
    c.execute("""
        create table chiffres_cles as
        with derniers as (
            select o.*, t.type_territoire from observations o join territoires t using (territoire)
            qualify row_number() over (partition by o.indicateur, o.territoire order by date_fin desc) = 1
        )
        select d.territoire, d.indicateur, d.periode, d.valeur, d.statut, d.confidentialite,
            d.marque_producteur, d.methode,
            p.periode as periode_un_an_avant, p.valeur as valeur_un_an_avant,
            case when i.unite = '%' then d.valeur - p.valeur
                else 100 * (d.valeur / p.valeur - 1) end as variation,
            case when p.valeur is null or d.valeur is null then null when i.unite = '%' then 'points'
                else '%' end as unite_variation,
            null::varchar as rupture,
            null::double as valeur_departement, r.valeur as valeur_region, f.valeur as valeur_france,
            case when d.valeur is not null then rank() over (partition by d.indicateur,
                d.type_territoire order by d.valeur desc nulls last) end::integer as rang,
            case when d.valeur is not null then count(d.valeur) over (partition by d.indicateur,
                d.type_territoire) end::integer as nombre_classes,
            case when d.valeur is not null then 1 end::integer as quartile,
            d.motif, null::varchar as fiabilite
        from derniers d
        join indicateurs i using (indicateur)
        left join observations p on p.indicateur = d.indicateur and p.territoire = d.territoire
            and left(p.periode, 4)::int = left(d.periode, 4)::int - 1
            and substr(p.periode, 5) = substr(d.periode, 5)
        left join observations r on r.indicateur = d.indicateur and r.territoire = 'REG-28'
            and r.periode = d.periode
        left join observations f on f.indicateur = d.indicateur and f.territoire = 'FRANCE-F'
            and f.periode = d.periode
        """)


def _outlines(c: duckdb.DuckDBPyConnection) -> None:
    """Each commune is a square of a grid, glued to its neighbours; and the one breakdown that exists."""
    c.execute("""
        create table contours as
        with rangs as (
            select territoire, row_number() over (order by territoire) - 1 as rang from territoires
            where type_territoire = 'COM'
        ),
        coins as (
            select territoire, round(-1 + (rang % 60) * 0.05, 2) as x, round(48 + (rang // 60) * 0.03, 2) as y,
                round(-1 + (rang % 60 + 1) * 0.05, 2) as x2, round(48 + (rang // 60 + 1) * 0.03, 2) as y2
            from rangs
        )
        select territoire, 2026 as millesime, null::double as surface_km2,
            '{"type":"Polygon","coordinates":[[' || list_aggregate([
                '[' || x || ',' || y || ']', '[' || x2 || ',' || y || ']', '[' || x2 || ',' || y2 || ']',
                '[' || x || ',' || y2 || ']', '[' || x || ',' || y || ']'], 'string_agg', ',') || ']]}' as geometrie
        from coins
        """)
    c.execute(
        "create table modalites as select '_T' as modalite, null::varchar as axe, '_T' as code,"
        " 'Total' as libelle, null::varchar as note"
    )


def manifest(candidate: Path, path: Path) -> Path:
    """The part of dbt's manifest.json that publication reads: every table and column of `main`, described."""
    nodes = {}
    with duckdb.connect(str(candidate), read_only=True) as c:
        tables = c.execute(
            "select table_name, list(column_name order by column_index) from duckdb_columns() where"
            " schema_name = 'main' and not internal group by all order by all"
        ).fetchall()
    for table, columns in tables:
        nodes[f"model.referentiel.{table}"] = {
            "resource_type": "model",
            "name": table,
            "alias": table,
            "schema": "main",
            "path": f"marts/{table}.sql",
            "description": f"Table synthétique {table}.",
            "config": {"meta": {}, "materialized": "table"},
            "columns": {
                name: {"name": name, "description": f"Colonne {name} de {table}."} for name in columns
            },
        }
    nodes["test.referentiel.cle_observations.1"] = {
        "resource_type": "test",
        "name": "cle_observations",
        "description": "La clé des observations est unique.",
        "attached_node": "model.referentiel.observations",
        "config": {"severity": "error"},
    }
    path.write_text(json.dumps({"metadata": {"dbt_version": "1.11.16"}, "nodes": nodes}), encoding="utf-8")
    return path


def run_results(path: Path, status: str = "pass", message: str | None = None, kind: str = "test") -> Path:
    """A run_results.json with one result."""
    one = {
        "unique_id": f"{kind}.referentiel.cle_observations.1",
        "status": status,
        "message": message,
        "failures": 3,
    }
    path.write_text(json.dumps({"results": [one]}), encoding="utf-8")
    return path


def flipped(whole: bytes) -> bytes:
    """A DuckDB file of which the disk gives other bits back, its headers excepted; of the same size."""
    spoilt = bytearray(whole)
    for place in range(3 * 4096, len(spoilt), 4096):
        spoilt[place] ^= 1
    return bytes(spoilt)
