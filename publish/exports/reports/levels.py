"""How the levels of territories are named in French."""

from __future__ import annotations

from typing import NamedTuple


class Level(NamedTuple):
    """« un EPCI », « EPCI », « EPCI » in the plural."""

    one: str
    singular: str
    plural: str


LEVELS = {
    "COM": Level("une commune", "commune", "communes"),
    "EPCI": Level("un EPCI", "EPCI", "EPCI"),
    "ARR": Level("un arrondissement", "arrondissement", "arrondissements"),
    "CAN": Level("un canton", "canton", "cantons"),
    "ZE2020": Level("une zone d'emploi", "zone d'emploi", "zones d'emploi"),
    "BV2022": Level("un bassin de vie", "bassin de vie", "bassins de vie"),
    "UU2020": Level("une unité urbaine", "unité urbaine", "unités urbaines"),
    "AAV2020": Level("une aire d'attraction", "aire d'attraction", "aires d'attraction"),
    "DEP": Level("un département", "département", "départements"),
    "REG": Level("une région", "région", "régions"),
    "FRANCE": Level("la France", "France", "France"),
    "PROJET": Level("un territoire de projet", "territoire de projet", "territoires de projet"),
    "EPCI_PARTIE": Level("une partie d'EPCI", "partie régionale d'EPCI", "parties régionales d'EPCI"),
    "ZE2020_PARTIE": Level(
        "une partie de zone", "partie régionale de zone d'emploi", "parties de zones d'emploi"
    ),
    "BV2022_PARTIE": Level(
        "une partie de bassin", "partie régionale de bassin de vie", "parties de bassins de vie"
    ),
    "UU2020_PARTIE": Level(
        "une partie d'unité", "partie régionale d'unité urbaine", "parties d'unités urbaines"
    ),
    "AAV2020_PARTIE": Level("une partie d'aire", "partie régionale d'aire d'attraction", "parties d'aires"),
}
