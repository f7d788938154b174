"""Insee métadonnées/geo: the territories of each level as tables, and as the objects that the service
returns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from werkzeug.exceptions import NotImplemented as NotServed

from extract.replica.app import ReplicaApp

YEARS = (2019, 2021, 2022, 2023, 2024, 2025, 2026)
# the composition of EPCI is at hand for 1 January 2025: it would be false for an earlier year
EPCI_YEAR = 2025

# the COG list of a year is the present one corrected by what was different that year
_COMMUNES = """
select "COM" as code, "REG" as region, "DEP" as departement, "ARR" as arrondissement, "TNCC" as article,
    "NCCENR" as nom, "LIBELLE" as intitule, null as chef_lieu, null as commune,
    (select lpad(cast(siren as varchar), 9, '0') from dgcl_epci_membres where insee = "COM") as epci
from (
    select "COM", "REG", "DEP", "ARR", "TNCC", "NCCENR", "LIBELLE" from cog_communes
    where "TYPECOM" = 'COM' and "COM" not in (select "COM" from cog_communes_ecarts where "ANNEE" = {year})
    union all
    select "COM", "REG", "DEP", "ARR", "TNCC", "NCCENR", "LIBELLE" from cog_communes_ecarts
    where "ANNEE" = {year} and "PRESENTE"
)
"""
_PARTS = """
select p."COM" as code, c."REG" as region, c."DEP" as departement, c."ARR" as arrondissement,
    p."TNCC" as article, p."NCCENR" as nom, p."LIBELLE" as intitule,
    null as chef_lieu, p."COMPARENT" as commune, null as epci
from cog_communes p join cog_communes c on c."COM" = p."COMPARENT" and c."TYPECOM" = 'COM'
where p."TYPECOM" = '{typecom}'
"""
_UPPER = """
select "{code}" as code, {region} as region, {departement} as departement, null as arrondissement,
    "TNCC" as article, "NCCENR" as nom, "LIBELLE" as intitule, "CHEFLIEU" as chef_lieu,
    null as commune, null as epci
from {table}
"""
_EPCI = """
select lpad(cast(siren as varchar), 9, '0') as code, null as region, null as departement,
    null as arrondissement, 'X' as article, raison_sociale as nom, raison_sociale as intitule,
    null as chef_lieu, null as commune, null as epci
from dgcl_epci
"""
_ZE = """
select "ZE2020" as code, null as region, null as departement, null as arrondissement, 'X' as article,
    "LIBZE2020" as nom, "LIBZE2020" as intitule, null as chef_lieu,
    null as commune, null as epci
from insee_ze2020
"""


@dataclass(frozen=True)
class Level:
    """A level of territories: names in the service, form of the codes, SQL of its table, levels that
    contain it."""

    type: str
    plural: str
    key: str
    pattern: str
    sql: str
    parents: tuple[str, ...] = ()
    only_last_year: bool = False


_COMMUNE = r"[0-9][0-9AB][0-9]{3}"
_INSIDE = ("commune", "arrondissement", "departement", "region")
LEVELS = {
    "region": Level(
        "Region", "regions", "region", r"[0-9]{2}",
        _UPPER.format(code="REG", region="null", departement="null", table="cog_regions"),
    ),
    "departement": Level(
        "Departement", "departements", "departement", r"([013-8][0-9])|(2[0-9AB])|(9[0-5])|(97[1-6])",
        _UPPER.format(code="DEP", region='"REG"', departement="null", table="cog_departements"), ("region",),
    ),
    "arrondissement": Level(
        "Arrondissement", "arrondissements", "arrondissement", r"[0-9AB]{3,4}",
        _UPPER.format(code="ARR", region='"REG"', departement='"DEP"', table="cog_arrondissements"),
        ("departement", "region"),
    ),
    "commune": Level(
        "Commune", "communes", "commune", _COMMUNE, _COMMUNES,
        ("arrondissement", "departement", "region", "epci"),
    ),
    "communeDeleguee": Level(
        "CommuneDeleguee", "communesDeleguees", "commune_deleguee", _COMMUNE, _PARTS.format(typecom="COMD"),
        _INSIDE, only_last_year=True,
    ),
    "communeAssociee": Level(
        "CommuneAssociee", "communesAssociees", "commune_associee", _COMMUNE, _PARTS.format(typecom="COMA"),
        _INSIDE, only_last_year=True,
    ),
    "arrondissementMunicipal": Level(
        "ArrondissementMunicipal", "arrondissementsMunicipaux", "arrondissement_municipal", _COMMUNE,
        _PARTS.format(typecom="ARM"), _INSIDE,
    ),
    "intercommunalite": Level("Intercommunalite", "intercommunalites", "epci", r"[0-9]{9}", _EPCI),
    "zoneDEmploi2020": Level("ZoneDEmploi2020", "zonesDEmploi2020", "ze", r"[0-9]{4}", _ZE),
}  # fmt: skip


def fetch(
    app: ReplicaApp, level: Level, year: int, where: dict[str, str] | None = None, column: str = ""
) -> list[Any]:
    """Territories of a level as the service's objects, ordered by code; with `column`, the values of that
    column.

    Communes déléguées et associées are at hand for the last year only: none are given for another one.
    Raises 501 for EPCI before the year their composition is known for.
    """
    if level.only_last_year and year != YEARS[-1]:
        return []
    if year < EPCI_YEAR and (level.key == "epci" or "epci" in (column, *(where or {}))):
        raise NotServed(f"La réplique n'a la composition des EPCI qu'au 1er janvier {EPCI_YEAR}.")
    table = level.sql.replace("{year}", str(year))
    conditions = [f"{name} = ?" for name in where or {}]
    filters = f"where {' and '.join(conditions)}" if conditions else ""
    rows = app.figures.dicts(f"select * from ({table}) {filters} order by code", list((where or {}).values()))
    if column:
        return [row[column] for row in rows]
    uris = app.memo("geo uris", lambda: _uris(app))
    return [_object(level, row, uris) for row in rows]


def _uris(app: ReplicaApp) -> dict[tuple[str, str], str]:
    names = {"DEP": "Departement", "REG": "Region"}
    rows = app.figures.rows("select niveau, code, uri from insee_geo_uris where niveau in ('DEP', 'REG')")
    return {(names[level], code): uri for level, code, uri in rows}


def _object(level: Level, row: dict[str, Any], uris: dict[tuple[str, str], str]) -> dict[str, Any]:
    code = row["code"]
    path = level.type[0].lower() + level.type[1:]
    item = {
        "code": code,
        "uri": uris.get((level.type, code), f"http://id.insee.fr/geo/{path}/{code}"),
        "type": level.type,
        "intituleSansArticle": row["nom"],
        "typeArticle": row["article"],
        "intitule": row["intitule"],
    }
    if row["chef_lieu"]:
        item["chefLieu"] = row["chef_lieu"]
    return item
