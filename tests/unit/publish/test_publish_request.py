"""What `make export` understands, and what it says when it does not."""

from __future__ import annotations

from pathlib import Path

import pytest

from publish.errors import PublishFault
from publish.exports.request import Names, parse

NAMES = Names(
    {
        "EPCI-200065597": "CU Caen la Mer",
        "EPCI-200066827": "CC Terre d'Auge",
        "COM-14118": "Caen",
        "ZE2020-2804": "Caen",
        "DEP-14": "Calvados",
        "BV2022-14118": "Caen",
    },
    {"population_municipale": "Population municipale", "taux_chomage_localise": "Taux de chômage localisé"},
    {"Population": ["population_municipale"], "Chômage": ["taux_chomage_localise"]},
)


def test_a_territory_is_known_by_key_or_by_its_one_label() -> None:
    assert parse({"PORTRAIT": "EPCI-200065597, Calvados"}, NAMES).portraits == ("EPCI-200065597", "DEP-14")
    assert parse({"PORTRAIT": "cu caen la mer"}, NAMES).portraits == ("EPCI-200065597",)


def test_a_label_of_several_territories_is_not_guessed() -> None:
    with pytest.raises(PublishFault, match=r"plusieurs territoires.*COM-14118.*ZE2020-2804"):
        parse({"PORTRAIT": "Caen"}, NAMES)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"PORTRAIT": "EPCI-200065579"}, r"Territoire inconnu.*EPCI-200065597 \(CU Caen la Mer\)"),
        ({"PORTRAIT": "CU Caen la Mère"}, "Territoire inconnu.*EPCI-200065597"),
        ({"PORTRAITS": "ECPI"}, "niveau inconnu.*EPCI"),
        ({"CLASSEUR": "a.xlsx", "TERRITOIRES": "DEP-14", "INDICATEURS": "taux_chomage"}, "taux_chomage_localise"),
        ({"CLASSEUR": "a.xlsx", "TERRITOIRES": "DEP-14", "INDICATEURS": "Emplois"}, "thème inconnu : Emplois"),
        ({"CLASSEUR": "a.xls", "TERRITOIRES": "DEP-14"}, "finit par .xlsx"),
        ({"CLASSEUR": "a.xlsx"}, "demande TERRITOIRES"),
        ({"CLASSEUR": "a.xlsx", "TERRITOIRES": "DEP", "MODELE": "/absent.xlsx"}, "n'existe pas"),
        ({"INDICATEURS": "Population"}, "vont avec CLASSEUR"),
        ({"VRAC": "geojsn"}, "format inconnu.*geojson"),
        ({"TABLEAU_DE_BORD": "peut-être"}, "oui ou non"),
    ],
)  # fmt: skip
def test_what_is_not_understood_is_said_with_the_nearest(given: dict[str, str], said: str) -> None:
    with pytest.raises(PublishFault, match=said):
        parse(given, NAMES)


def test_levels_and_themes_are_spread_out() -> None:
    asked = parse({"CLASSEUR": "x.xlsx", "TERRITOIRES": "EPCI,DEP-14", "INDICATEURS": "chomage"}, NAMES)
    assert asked.territories == ("EPCI-200065597", "EPCI-200066827", "DEP-14")
    assert asked.indicators == ("taux_chomage_localise",) and asked.workbook == Path("x.xlsx")
    assert set(parse({"PORTRAITS": "tous"}, NAMES).portraits) == set(NAMES.territories) - {"COM-14118"}
    assert parse({"VRAC": "tout"}, NAMES).bulk == ("csv", "parquet", "geopackage", "geojson", "sdmx")
    assert parse({}, NAMES).is_empty
