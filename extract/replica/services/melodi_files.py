"""Insee Melodi: the range of a dataset and its downloadable zip."""

from __future__ import annotations

import csv
import io
from typing import Any

from extract.replica.app import ReplicaApp
from extract.replica.services.melodi_data import VINTAGE
from extract.replica.services.octets import zip_bytes

MEASURES = {
    "PMUN": ("Population municipale", "Municipal population"),
    "PCAP": ("Population comptée à part", "Population counted apart"),
    "PTOT": ("Population totale", "Total population"),
}
CONCEPTS = {
    "GEO": ("Géographie", "Geography"),
    "FREQ": ("Fréquence", "Frequency"),
    "TIME_PERIOD": ("Période temporelle", "Time period"),
    "POPREF_MEASURE": ("Mesure", "Measure"),
    "MEASURE": ("Mesure", "Measure"),
}


def ranges(app: ReplicaApp, sheet: dict[str, Any]) -> dict[str, Any]:
    """Body of `range/{id}`: the GEO identifiers carry the vintage; the iri only where a published one is at
    hand."""
    levels = {
        item["id"]: {x["lang"]: x["content"] for x in item["label"]} for item in sheet["spatialResolution"]
    }
    territories = app.figures.rows(
        """select distinct on (t.numero) t.level, t.code, t.libelle, u.uri
        from melodi_popref t left join insee_geo_uris u on u.niveau = t.level and u.code = t.code
        where t.popref_measure = 'PMUN' order by t.numero"""
    )
    geo = []
    for level, code, label, uri in territories:
        value: dict[str, Any] = {"code": code}
        if uri:
            value["iri"] = uri
        value["label"] = {"fr": label}
        value["type"] = {"code": level, **levels[level]}
        value["id"] = f"{VINTAGE}-{level}-{code}"
        geo.append(value)
    level_type = {
        "libelle": {"fr": "Niveau", "en": "Niveau"},
        "ordreRmes": 1,
        "uri": "NIVEAU",
        "total": False,
    }
    measure = {
        "code": "OBS_VALUE_NIVEAU",
        "label": {"fr": "Valeur", "en": "Value"},
        "measureType": {"code": "NIVEAU", **level_type, "id": "NIVEAU"},
    }
    return {
        "code": sheet["identifier"],
        "label": {title["lang"]: title["content"] for title in sheet["title"]},
        "range": [
            _dimension("GEO", geo, "geo"),
            _dimension("FREQ", [_value("A", "Annuel", "Annual")], "modalites"),
            _dimension("TIME_PERIOD", [_value("2023", "2023", "2023")], "date"),
            _dimension(
                "POPREF_MEASURE", [_value(code, *labels) for code, labels in MEASURES.items()], "modalites"
            ),
            _dimension("MEASURE", [measure], "mesures"),
        ],
    }


def _dimension(code: str, values: list[dict[str, Any]], kind: str) -> dict[str, Any]:
    french, english = CONCEPTS[code]
    return {"concept": {"code": code, "label": {"fr": french, "en": english}}, "values": values, "type": kind}


def _value(code: str, french: str, english: str) -> dict[str, Any]:
    return {"code": code, "label": {"fr": french, "en": english}}


def archive(app: ReplicaApp, stem: str) -> bytes:
    """Zip of `<stem>_data.csv` and `<stem>_metadata.csv`: `;`, text quoted, UTF-8, no vintage in GEO."""
    data = app.figures.rows(
        "select freq, code, level, popref_measure, time_period, valeur from melodi_popref order by numero"
    )
    header = ("FREQ", "GEO", "GEO_OBJECT", "POPREF_MEASURE", "TIME_PERIOD", "OBS_VALUE")
    labels: list[tuple[str, str, str, str]] = [("FREQ", "Fréquence", "A", "Annuel")]
    for level, code, label in app.figures.rows(
        "select level, code, libelle from melodi_popref where popref_measure = 'PMUN' order by numero"
    ):
        labels.append(("GEO", "Géographie", f"{level}-{code}", label))
    labels += [("POPREF_MEASURE", "Mesure", code, names[0]) for code, names in MEASURES.items()]
    labels.append(("TIME_PERIOD", "Période temporelle", "2023", "2023"))
    return zip_bytes(
        {
            f"{stem}_data.csv": _csv(header, data),
            f"{stem}_metadata.csv": _csv(("COD_VAR", "LIB_VAR", "COD_MOD", "LIB_MOD"), labels),
        }
    )


def _csv(header: tuple[str, ...], rows: list[Any]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", quoting=csv.QUOTE_NONNUMERIC, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue().encode("utf-8")
