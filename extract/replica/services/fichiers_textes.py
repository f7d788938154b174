"""Files of text: CSV of the COG, of the census populations and of Filosofi, GeoJSON outlines."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from extract.replica.app import ReplicaApp
from extract.replica.services.octets import gzip_bytes, zip_bytes

Build = Callable[[ReplicaApp], bytes]

# where the published label is that of COG 2026, only the code was kept
POPULATIONS = """
select p.*, p.pmun + p.pcap as ptot, coalesce(p.libelle, c."LIBELLE") as nom,
    substr(p.com, 3) as code_court, r.nom_region
from populations_communes p
left join cog_communes c on c."COM" = p.com and c."TYPECOM" in ('COM', 'ARM')
left join (select "REG" as reg, "LIBELLE" as nom_region from cog_regions) r on r.reg = p.reg
where annee = ? order by p.dep, p.com
"""
# what each year's file calls its columns: they change every year
COLUMNS = {
    2019: {"REG": "reg", "DEP": "dep", "COM": "com"},
    2020: {
        "CODREG": "reg",
        "REG": "nom_region",
        "CODDEP": "dep",
        "CODARR": "arr",
        "CODCAN": "can",
        "CODCOM": "code_court",
        "COM": "nom",
    },
}
COLUMNS[2021] = COLUMNS[2022] = COLUMNS[2023] = {
    "REG": "reg",
    "Région": "nom_region",
    "DEP": "dep",
    "CODARR": "arr",
    "CODCAN": "can",
    "CODCOM": "code_court",
    "COM": "com",
    "Commune": "nom",
}


def csv_bytes(header: Sequence[str], rows: Iterable[Sequence[Any]], separator: str, end: str) -> bytes:
    """UTF-8 without BOM, quotes only where the value needs them, None as an empty cell."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=separator, lineterminator=end)
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue().encode("utf-8")


def cog(table: str) -> Build:
    """A file of the Code officiel géographique: `,` and CRLF."""

    def build(app: ReplicaApp) -> bytes:
        cursor = app.figures.cursor().execute(f"select * from {table}")
        header = [column[0] for column in cursor.description]
        return csv_bytes(header, cursor.fetchall(), ",", "\r\n")

    return build


def populations(year: int) -> Build:
    """Zip of `donnees_communes.csv` of a census: `;` and CRLF."""

    def build(app: ReplicaApp) -> bytes:
        columns = COLUMNS[year] | {"PMUN": "pmun", "PCAP": "pcap", "PTOT": "ptot"}
        query = f"select {', '.join(columns.values())} from ({POPULATIONS})"
        content = csv_bytes(list(columns), app.figures.rows(query, [year]), ";", "\r\n")
        return zip_bytes({"donnees_communes.csv": content})

    return build


def filosofi(app: ReplicaApp) -> bytes:
    """Filosofi 2021 by commune: `;`, LF, decimal comma, `s` secret, `nd` not available."""
    cursor = app.figures.cursor().execute("select * from insee_filosofi_communes")
    return csv_bytes([column[0] for column in cursor.description], cursor.fetchall(), ";", "\n")


def contours(table: str) -> Build:
    """Outlines as gzipped GeoJSON (WGS84), with `surface_km2` computed on them before the change of
    projection."""

    def build(app: ReplicaApp) -> bytes:
        features = []
        for code, name, area, geometry in app.figures.rows(f"select * from {table} order by code"):
            properties = json.dumps({"code": code, "nom": name, "surface_km2": area}, ensure_ascii=False)
            features.append(f'{{"type":"Feature","properties":{properties},"geometry":{geometry}}}')
        text = '{"type":"FeatureCollection","features":[\n' + ",\n".join(features) + "\n]}\n"
        return gzip_bytes(text.encode("utf-8"))

    return build


def unites_legales(app: ReplicaApp) -> bytes:
    """Legal units by region and section: `;`, CRLF, `nd` where there is no figure, `s` where it is secret."""
    rows = app.figures.rows("select annee, reg, a21, nb_ul from insee_unites_legales_regions")
    return csv_bytes(("ANNEE", "REG", "A21", "NB_UL"), rows, ";", "\r\n")
