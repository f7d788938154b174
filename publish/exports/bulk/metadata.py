"""What says what the files are: datapackage.json (Frictionless), catalogue.jsonld (DCAT-AP), LICENCES.md."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

from publish.manifest import sha256

# The licences that the sources carry, as Frictionless and DCAT name them.
LICENCES = {
    "Licence Ouverte 2.0": ("etalab-2.0", "https://www.etalab.gouv.fr/licence-ouverte-open-licence/"),
    "ODbL 1.0": ("ODbL-1.0", "https://opendatacommons.org/licenses/odbl/1-0/"),
}
MEDIA = {
    ".csv": ("text/csv", "CSV"),
    ".gz": ("text/csv", "CSV"),
    ".parquet": ("application/vnd.apache.parquet", "PARQUET"),
    ".gpkg": ("application/geopackage+sqlite3", "GPKG"),
    ".geojson": ("application/geo+json", "GEOJSON"),
}
# Codes of the file-type vocabulary of the EU (Publications Office) that DCAT-AP asks for.
FILE_TYPE = "http://publications.europa.eu/resource/authority/file-type/"
TYPES = {
    "VARCHAR": "string",
    "BIGINT": "integer",
    "INTEGER": "integer",
    "DOUBLE": "number",
    "BOOLEAN": "boolean",
    "DATE": "date",
    "TIMESTAMP": "datetime",
}
SOURCES = "select titre, producteur, page, licence, attribution from sources order by titre"


def sources(connection: duckdb.DuckDBPyConnection) -> list[tuple[str, str, str, str, str]]:
    """Title, producer, page, licence, attribution."""
    return connection.execute(SOURCES).fetchall()


def embedded(listed: list[tuple[str, str, str, str, str]], region: str, release: str) -> dict[str, str]:
    """What each file that can carry metadata carries."""
    return {
        "release": release,
        "region": region,
        "licence": " ; ".join(sorted({s[3] for s in listed})),
        "attribution": " ; ".join(sorted({s[4] for s in listed if s[4]})),
    }


def schema(connection: duckdb.DuckDBPyConnection, table: str) -> dict[str, Any]:
    """A Frictionless Table Schema from the types and comments of the release."""
    rows = connection.execute(
        "select column_name, data_type, comment from duckdb_columns() where table_name = $table"
        " and not internal order by column_index",
        {"table": table},
    ).fetchall()
    fields = [
        {"name": name, "type": TYPES.get(kind, "any")} | ({"description": comment} if comment else {})
        for name, kind, comment in rows
    ]
    if table in ("observations", "chiffres_cles"):
        known = dict(
            connection.execute(
                "select column_name, comment from duckdb_columns() where table_name = 'indicateurs'"
                " and column_name in ('unite', 'licence')"
                " union all select column_name, comment from duckdb_columns()"
                " where table_name = 'sources' and column_name = 'attribution'"
            ).fetchall()
        )
        fields += [
            {"name": n, "type": "string", "description": known.get(n)}
            for n in ("unite", "licence", "attribution")
        ]
    return {"fields": fields, "missingValues": [""]}


def datapackage(
    connection: duckdb.DuckDBPyConnection,
    folder: Path,
    files: list[tuple[str, Path]],
    region: str,
    label: str,
    release: str,
    made: datetime,
) -> dict[str, Any]:
    """The descriptor of the folder; each resource with its size and sha256."""
    resources = []
    for name, path in files:
        relative = path.relative_to(folder).as_posix()
        media, kind = MEDIA[path.suffix]
        resource: dict[str, Any] = {
            "name": f"{path.parent.name}-{name}".lower().replace("_", "-"),
            "path": relative,
            "format": kind.lower(),
            "mediatype": media,
            "bytes": path.stat().st_size,
            "hash": f"sha256:{sha256(path)}",
        }
        if path.suffix in (".csv", ".gz"):
            resource |= {"profile": "tabular-data-resource", "encoding": "utf-8"}
            if path.suffix == ".gz":
                resource["compression"] = "gz"
            if name != "sdmx":
                resource["schema"] = schema(connection, name)
        resources.append(resource)
    listed = sources(connection)
    return {
        "$schema": "https://datapackage.org/profiles/1.0/datapackage.json",
        "name": f"referentiel-regional-{region}",
        "title": f"Référentiel régional de données socio-économiques — {label}",
        "version": release,
        "created": made.isoformat(),
        "keywords": ["population", "emploi", "chômage", "entreprises", "revenus", label],
        "licenses": [_licence(name) for name in sorted({s[3] for s in listed})],
        "sources": [
            {"title": f"{attribution}. {licence}." if attribution else title, "path": page or ""}
            for title, _, page, licence, attribution in listed
        ],
        "resources": resources,
    }


def _licence(name: str) -> dict[str, str]:
    known = LICENCES.get(name)
    return {"name": known[0], "path": known[1], "title": name} if known else {"name": "other", "title": name}


def catalogue(
    connection: duckdb.DuckDBPyConnection, package: dict[str, Any], region: str, label: str, made: datetime
) -> dict[str, Any]:
    """DCAT-AP 3 as JSON-LD: a catalogue, one dataset per release, one distribution per file."""
    listed = sources(connection)
    (first, last), themes = (
        connection.execute("select min(date_debut), max(date_fin) from observations").fetchone()
        or (None, None),
        [
            row[0]
            for row in connection.execute("select distinct theme from indicateurs order by 1").fetchall()
        ],
    )
    identity = f"urn:referentiel-regional:{region}"
    dataset = f"{identity}:{package['version']}"
    publisher = {
        "@id": f"{identity}:editeur",
        "@type": "foaf:Agent",
        "foaf:name": _said(f"Référentiel régional — {label}"),
    }
    rights = [
        {"@type": "dct:RightsStatement", "rdfs:label": _said(f"{s[4]}. {s[3]}.")} for s in listed if s[4]
    ]
    distributions = [
        {
            "@id": f"{dataset}:{resource['path']}",
            "@type": "dcat:Distribution",
            "dct:title": _said(resource["path"]),
            "dcat:accessURL": {"@id": resource["path"]},
            "dcat:downloadURL": {"@id": resource["path"]},
            "dcat:mediaType": {
                "@id": f"https://www.iana.org/assignments/media-types/{resource['mediatype']}"
            },
            "dct:format": {"@id": FILE_TYPE + resource["format"].upper()},
            "dcat:byteSize": {"@value": str(resource["bytes"]), "@type": "xsd:nonNegativeInteger"},
            "spdx:checksum": {
                "@type": "spdx:Checksum",
                "spdx:algorithm": {"@id": "spdx:checksumAlgorithm_sha256"},
                "spdx:checksumValue": {
                    "@value": resource["hash"].removeprefix("sha256:"),
                    "@type": "xsd:hexBinary",
                },
            },
            "dct:license": [{"@id": licence["path"]} for licence in package["licenses"] if "path" in licence],
        }
        for resource in package["resources"]
    ]
    return {
        "@context": {
            "dcat": "http://www.w3.org/ns/dcat#",
            "dct": "http://purl.org/dc/terms/",
            "foaf": "http://xmlns.com/foaf/0.1/",
            "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
            "spdx": "http://spdx.org/rdf/terms#",
            "xsd": "http://www.w3.org/2001/XMLSchema#",
        },
        "@id": f"{identity}:catalogue",
        "@type": "dcat:Catalog",
        "dct:title": _said(f"Catalogue du référentiel régional — {label}"),
        "dct:description": _said(
            "Les releases publiées du référentiel régional de données socio-économiques."
        ),
        "dct:publisher": publisher,
        "dcat:dataset": {
            "@id": dataset,
            "@type": "dcat:Dataset",
            "dct:title": _said(package["title"]),
            "dct:description": _said(
                f"Indicateurs socio-économiques de {label}, de la région à la commune :"
                f" {', '.join(themes).lower()}."
            ),
            "dct:identifier": package["version"],
            "dct:issued": {"@value": made.isoformat(), "@type": "xsd:dateTime"},
            "dct:publisher": {"@id": publisher["@id"]},
            "dct:language": {"@id": "http://publications.europa.eu/resource/authority/language/FRA"},
            "dcat:theme": {"@id": "http://publications.europa.eu/resource/authority/data-theme/ECON"},
            "dcat:keyword": [_said(word) for word in package["keywords"]],
            "dct:spatial": {"@type": "dct:Location", "rdfs:label": _said(label)},
            "dct:temporal": {
                "@type": "dct:PeriodOfTime",
                "dcat:startDate": {"@value": str(first), "@type": "xsd:date"},
                "dcat:endDate": {"@value": str(last), "@type": "xsd:date"},
            },
            "dct:source": [{"@id": page} for page in dict.fromkeys(s[2] for s in listed if s[2])],
            "dct:rights": rights,
            "dcat:distribution": distributions,
        },
    }


def _said(text: str) -> dict[str, str]:
    return {"@value": text, "@language": "fr"}


def licences(listed: list[tuple[str, str, str, str, str]], release: str) -> str:
    """LICENCES.md: what to print beside any figure taken from here."""
    lines = [
        "# Licences et mentions obligatoires",
        "",
        f"Release {release}. Citer la mention de la source sous tout chiffre repris, et la release.",
        "",
        "| Source | Producteur | Licence | Mention | Page |",
        "|---|---|---|---|---|",
    ]
    lines += [f"| {t} | {p} | {licence} | {a or ''} | {page or ''} |" for t, p, page, licence, a in listed]
    return "\n".join(lines) + "\n"
