"""Specimens of Insee: SYNTHETIC rows in the wire formats of Melodi and of the BDM, and the cells that must come out of them, worked out by
hand. In a dataset of Melodi every crossing is served for every place of the list: the first place has the value written here, the second
one more, and so on; a few observations are put in the place of these to say secrecy, absence, merged communes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from banc_specimens import Cellule, Specimen
from services_insee import Obs, Serie, bdm, melodi

CAEN, REGION = ("COM", "14118"), ("REG", "28")
COMMUNES = ("2025-COM-14118", "2025-COM-27229", "2025-COM-50129", "2025-COM-61001", "2025-COM-76540")
ZONES = ("2025-EPCI-200065597", "2025-ZE2020-2804", "2025-DEP-14", "2025-REG-28", "2025-FRANCE-F")
LIEUX = (*COMMUNES, *ZONES)  # the region is the ninth: + 8
NATIONAUX = ("2023-DEP-14", "2023-REG-28", "2023-FRANCE-F")  # the region is the second: + 1
NORMAL = {"OBS_STATUS": "A", "CONF_STATUS": "F"}
SECRET = {"OBS_STATUS": "A", "CONF_STATUS": "C"}

Croisement = tuple[Mapping[str, str], float]
Remplacement = Mapping[tuple[str, int], tuple[float | None, Mapping[str, str]]]


def _observations(
    lieux: Sequence[str],
    periode: str,
    croisements: Sequence[Croisement],
    remplacements: Remplacement | None = None,
    attributs: Mapping[str, str] = NORMAL,
) -> list[Obs]:
    found = []
    for rank, lieu in enumerate(lieux):
        for number, (dimensions, value) in enumerate(croisements):
            figure, marks = (remplacements or {}).get((lieu, number), (value + rank, attributs))
            found.append(Obs({"GEO": lieu, "TIME_PERIOD": periode, **dimensions}, figure, marks))
    return found


def _tous(commun: Mapping[str, str], axe: str, valeurs: Mapping[str, float]) -> list[Croisement]:
    """One crossing per code of `axe`, the other dimensions being `commun`."""
    return [({**commun, axe: code}, value) for code, value in valeurs.items()]


def _melodi(
    source: str,
    modele: str,
    jeu: str,
    observations: Sequence[Obs],
    lignes: int,
    cellules: Sequence[tuple[str, tuple[str, str], str, str, float | None, str | None]],
) -> Specimen:
    return Specimen(
        source=f"insee__{source}",
        modele=f"int_mesures__{modele}",
        routes=melodi(jeu, observations),
        lignes=lignes,
        cellules=tuple(Cellule(*cell) for cell in cellules),
    )


HISTORIQUES = _melodi(
    "populations_historiques",
    "population_insee",
    "DS_POPULATIONS_HISTORIQUES",
    _observations(
        (*COMMUNES, "2025-DEP-14", "2025-REG-28", "2025-FRANCE-F"),
        "1999",
        [
            ({"POPREF_MEASURE": "PSDC", "FREQ": "A"}, 113000),
            ({"POPREF_MEASURE": "PMUN", "FREQ": "A"}, 112000),
        ],
        {("2025-COM-61001", 0): (None, {"OBS_STATUS": "L", "CONF_STATUS": "F"})},
    ),
    16,
    [
        ("PSDC", CAEN, "1999", "_T", 113000, "A"),
        ("PMUN", REGION, "1999", "_T", 112006, "A"),
        ("PSDC", ("COM", "61001"), "1999", "_T", None, "L"),
    ],
)

ESTIMATIONS = _melodi(
    "estimations_population_sexe",
    "population_insee",
    "DS_ESTIMATION_POPULATION",
    _observations(
        NATIONAUX,
        "2025",
        _tous(
            {"EP_MEASURE": "POP_JAN_1ST", "AGE": "_T", "FREQ": "A"}, "SEX", {"_T": 700, "F": 360, "M": 340}
        ),
        attributs={"OBS_STATUS": "P"},
    ),
    9,
    [
        ("population", ("DEP", "14"), "2025", "_T", 700, "P"),
        ("population", REGION, "2025", "sexe:F", 361, "P"),
    ],
)

_AGES = {
    "_T": 1000,
    "Y_LT15": 150,
    "Y15T24": 120,
    "Y25T39": 180,
    "Y40T54": 190,
    "Y55T64": 130,
    "Y65T79": 160.5,
}
RP_POPULATION = _melodi(
    "rp_population",
    "recensement",
    "DS_RP_POPULATION_PRINC",
    _observations(
        LIEUX,
        "2022",
        [
            *_tous({"RP_MEASURE": "POP", "SEX": "_T"}, "AGE", {**_AGES, "Y_GE80": 69.5, "Y_LT20": 210}),
            *_tous({"RP_MEASURE": "POP", "AGE": "_T"}, "SEX", {"F": 520, "M": 480}),
        ],
        # a commune that another one took in: its figures are in the other's
        {("2025-COM-76540", 7): (0, {"OBS_STATUS": "K"})},
    ),
    110,  # ten cells, Y_LT20 being left out, and one sum, in ten places
    [
        ("population", CAEN, "2022", "_T", 1000, "A"),
        ("population", REGION, "2022", "age:65-79", 168.5, "A"),
        ("population", CAEN, "2022", "sexe:F", 520, "A"),
        ("population_65_plus", CAEN, "2022", "_T", 230, None),
        ("population", ("COM", "76540"), "2022", "age:80-plus", None, "K"),
        ("population_65_plus", ("COM", "76540"), "2022", "_T", None, "K"),
    ],
)

RP_ACTIFS = _melodi(
    "rp_actifs",
    "recensement",
    "DS_RP_EMPLOI_LR_PRINC",
    _observations(
        LIEUX,
        "2022",
        [
            *[
                ({"EMPSTA_ENQ": status, "AGE": age, "SEX": "_T", "EDUC": "_T"}, value)
                for status, values in {
                    "_T": (600, 120),
                    "1T2": (450, 60),
                    "1": (390, 45),
                    "2": (60, 15),
                }.items()
                for age, value in zip(("Y15T64", "Y15T24"), values, strict=True)
            ],
            ({"EMPSTA_ENQ": "1", "AGE": "Y_GE15", "SEX": "_T", "EDUC": "_T"}, 400),
            ({"EMPSTA_ENQ": "1", "AGE": "Y15T64", "SEX": "F", "EDUC": "_T"}, 190),
            # another age, known of the producer, that no indicator reads
            ({"EMPSTA_ENQ": "1", "AGE": "Y25T49", "SEX": "_T", "EDUC": "_T"}, 250),
        ],
        {("2025-COM-61001", 7): (None, SECRET)},
    ),
    100,
    [
        ("population_15_64", CAEN, "2022", "_T", 600, "A"),
        ("actifs_15_64", CAEN, "2022", "age:15-24", 60, "A"),
        ("chomeurs_15_64", REGION, "2022", "_T", 68, "A"),
        ("occupes_15_64", CAEN, "2022", "sexe:F", 190, "A"),
        ("occupes_15_plus", CAEN, "2022", "_T", 400, "A"),
        ("chomeurs_15_64", ("COM", "61001"), "2022", "age:15-24", None, "C"),
    ],
)

RP_CONDITIONS = _melodi(
    "rp_conditions_emploi",
    "recensement",
    "DS_RP_ACTIVITE_PRINC",
    _observations(
        LIEUX,
        "2022",
        [
            *_tous(
                {"RP_MEASURE": "POP", "SEX": "_T", "AGE": "Y_GE15", "WKTIME": "_T"},
                "EMPFORM",
                {"_T": 400, "1": 50, "2": 350, "22T27": 40, "211": 310},
            ),
            # part time is not the total
            ({"RP_MEASURE": "POP", "SEX": "_T", "AGE": "Y_GE15", "WKTIME": "PT", "EMPFORM": "2"}, 70),
        ],
    ),
    40,
    [
        ("occupes", CAEN, "2022", "_T", 400, "A"),
        ("salaries", CAEN, "2022", "_T", 350, "A"),
        ("duree_limitee", REGION, "2022", "_T", 48, "A"),
    ],
)

RP_EMPLOIS = _melodi(
    "rp_emplois",
    "recensement",
    "DS_RP_EMPLOI_LT_PRINC",
    _observations(
        LIEUX,
        "2022",
        [
            ({"EMPFORM": "_T", "SEX": "_T", "WKTIME": "_T", "AGE": "_T"}, 800.25),
            ({"EMPFORM": "_T", "SEX": "F", "WKTIME": "_T", "AGE": "_T"}, 410),
            ({"EMPFORM": "_T", "SEX": "M", "WKTIME": "_T", "AGE": "_T"}, 390.25),
            ({"EMPFORM": "2", "SEX": "_T", "WKTIME": "_T", "AGE": "_T"}, 700),
            ({"EMPFORM": "2", "SEX": "_T", "WKTIME": "PT", "AGE": "_T"}, 140),
            ({"EMPFORM": "1", "SEX": "_T", "WKTIME": "_T", "AGE": "_T"}, 100),
        ],
    ),
    50,
    [
        ("emplois", CAEN, "2022", "_T", 800.25, "A"),
        ("emplois", CAEN, "2022", "sexe:F", 410, "A"),
        ("emplois_salaries_temps_partiel", REGION, "2022", "_T", 148, "A"),
    ],
)

RP_SECTEURS = _melodi(
    "rp_emplois_secteurs",
    "recensement",
    "DS_RP_EMPLOI_LT_COMP",
    _observations(
        LIEUX,
        "2022",
        _tous(
            {"SEX": "_T", "PCS": "_T", "EMPFORM": "_T"},
            "EMP_ACTIVITY",
            {"_T": 810, "AZ": 10, "BE": 100, "FZ": 50, "GU": 400, "OQ": 250},
        ),
        {("2025-EPCI-200065597", 1): (12, {"OBS_STATUS": "W"})},
    ),
    60,
    [
        ("emplois", CAEN, "2022", "secteur_a5:BE", 100, "A"),
        ("emplois", REGION, "2022", "_T", 818, "A"),
        ("emplois", ("EPCI", "200065597"), "2022", "secteur_a5:AZ", 12, "W"),
    ],
)

RP_NAVETTES = _melodi(
    "rp_navettes",
    "recensement",
    "DS_RP_NAVETTES_PRINC",
    _observations(
        LIEUX,
        "2022",
        [
            *_tous(
                {"TRANS": "_T", "AGE": "Y_GE15", "EMPSTA_ENQ": "1"},
                "WORK_AREA",
                {"_T": 400, "10": 250, "21": 120, "22": 20, "23": 9, "24T30": 1},
            ),
            *_tous(
                {"WORK_AREA": "_T", "AGE": "Y_GE15", "EMPSTA_ENQ": "1"},
                "TRANS",
                {"1": 15, "2": 60, "3": 25, "4": 5, "5": 215, "6": 80},
            ),
        ],
        {("2025-COM-27229", 5): (None, {"OBS_STATUS": "L"})},
    ),
    130,
    [
        ("occupes", CAEN, "2022", "_T", 400, "A"),
        ("meme_commune", CAEN, "2022", "_T", 250, "A"),
        ("sortants", CAEN, "2022", "_T", 150, None),
        ("sortants", REGION, "2022", "_T", 182, None),
        ("occupes", CAEN, "2022", "transport:voiture", 215, "A"),
        ("sortants_etranger", ("COM", "27229"), "2022", "_T", None, "L"),
        ("sortants", ("COM", "27229"), "2022", "_T", None, "L"),
    ],
)

_LOGEMENT = {d: "_T" for d in ("TDW", "TSH", "CARS", "L_STAY", "NRG_SRC", "CARPARK", "NOR", "BUILD_END")}
RP_LOGEMENTS = _melodi(
    "rp_logements",
    "recensement",
    "DS_RP_LOGEMENT_PRINC",
    _observations(
        LIEUX,
        "2022",
        [
            *_tous(
                {**_LOGEMENT, "RP_MEASURE": "DWELLINGS"},
                "OCS",
                {"_T": 600, "DW_MAIN": 500, "DW_SEC_DW_OCC": 40, "DW_VAC": 60},
            ),
            *_tous({**_LOGEMENT, "RP_MEASURE": "DWELLINGS", "OCS": "_T"}, "TDW", {"1": 350, "2": 240}),
            *_tous(
                {**_LOGEMENT, "RP_MEASURE": "DWELLINGS", "OCS": "DW_MAIN"}, "TSH", {"100": 260, "221": 110}
            ),
            ({**_LOGEMENT, "RP_MEASURE": "DWELLINGS", "OCS": "DW_MAIN", "CARS": "C0"}, 90),
            ({**_LOGEMENT, "RP_MEASURE": "DWELLINGS_POPSIZE", "OCS": "DW_MAIN"}, 1050),
            # rooms are not dwellings; houses among the main residences are not those of all dwellings
            ({**_LOGEMENT, "RP_MEASURE": "DWELLINGS_ROOMS", "OCS": "DW_MAIN"}, 2100),
            ({**_LOGEMENT, "RP_MEASURE": "DWELLINGS", "OCS": "DW_MAIN", "TDW": "1"}, 300),
        ],
    ),
    100,
    [
        ("logements", CAEN, "2022", "_T", 600, "A"),
        ("logements", CAEN, "2022", "type_logement:maison", 350, "A"),
        ("residences_principales", REGION, "2022", "_T", 508, "A"),
        ("logements_vacants", CAEN, "2022", "_T", 60, "A"),
        ("locataires_hlm", CAEN, "2022", "_T", 110, "A"),
        ("menages_sans_voiture", CAEN, "2022", "_T", 90, "A"),
        ("population_menages", CAEN, "2022", "_T", 1050, "A"),
    ],
)

RP_FAMILLES = _melodi(
    "rp_familles",
    "recensement",
    "DS_RP_FAMILLE_COMP",
    _observations(
        LIEUX,
        "2022",
        _tous({"NCH": "_T"}, "TFN", {"_T": 260, "1": 60, "11": 12, "12": 48, "21": 110, "22": 90, "220": 20}),
    ),
    60,
    [
        ("familles", CAEN, "2022", "_T", 260, "A"),
        ("familles", REGION, "2022", "type_famille:monoparentale", 68, "A"),
    ],
)

RP_DIPLOMES = _melodi(
    "rp_diplomes",
    "recensement",
    "DS_RP_DIPLOMES_PRINC",
    _observations(
        LIEUX,
        "2022",
        _tous(
            {"SEX": "_T", "AGE": "Y_GE15"},
            "EDUC",
            {
                "_T": 700,
                "001T100_RP": 140,
                "200_RP": 40,
                "300_RP": 190,
                "350T351_RP": 120,
                "500_RP": 80,
                "600_RP": 70,
                "700_RP": 60,
            },
        ),
        {("2025-COM-50129", 7): (None, SECRET)},
    ),
    90,
    [
        ("non_scolarises", CAEN, "2022", "_T", 700, "A"),
        ("non_scolarises", CAEN, "2022", "diplome:aucun", 140, "A"),
        ("diplomes_superieur", CAEN, "2022", "_T", 210, None),
        ("diplomes_superieur", REGION, "2022", "_T", 234, None),
        ("diplomes_superieur", ("COM", "50129"), "2022", "_T", None, "C"),
    ],
)

NAISSANCES = _melodi(
    "naissances",
    "population_insee",
    "DS_ETAT_CIVIL_NAIS_COMMUNES",
    _observations(
        LIEUX,
        "2024",
        [({"EC_MEASURE": "LVB", "FREQ": "A"}, 1000)],
        # no birth is a figure; what the producer does not give is not
        {("2025-COM-61001", 0): (0, {"OBS_STATUS": "A"}), ("2025-COM-50129", 0): (None, {"OBS_STATUS": "M"})},
    ),
    10,
    [
        ("naissances", CAEN, "2024", "_T", 1000, "A"),
        ("naissances", ("COM", "61001"), "2024", "_T", 0, "A"),
        ("naissances", ("COM", "50129"), "2024", "_T", None, "M"),
    ],
)

DECES = _melodi(
    "deces",
    "population_insee",
    "DS_ETAT_CIVIL_DECES_COMMUNES",
    _observations(LIEUX, "2024", [({"EC_MEASURE": "DTH", "FREQ": "A"}, 1100)]),
    10,
    [("deces", CAEN, "2024", "_T", 1100, "A"), ("deces", REGION, "2024", "_T", 1108, "A")],
)

FILOSOFI = _melodi(
    "filosofi_zones",
    "revenus_production_insee",
    "DS_FILOSOFI_CC",
    _observations(
        (
            "2025-EPCI-200065597",
            "2025-ARR-142",
            "2025-BV2022-14118",
            "2025-UU2020-14701",
            "2025-AAV2020-021",
            "2025-ZE2020-2804",
            "2025-DEP-14",
            "2025-REG-28",
            "2025-FRANCE-FM",
        ),
        "2021",
        _tous(
            {"UNIT_MEASURE": "EUR"},
            "FILOSOFI_MEASURE",
            {"MED_SL": 22000, "PR_MD60": 14.5, "IR_D9_D1_SL": 3.2, "GI_SL": 0.28, "S_EI_DI": 70},
        ),
        {("2025-BV2022-14118", 1): (None, SECRET), ("2025-UU2020-14701", 1): (0, SECRET)},
    ),
    36,
    [
        ("MED", ("EPCI", "200065597"), "2021", "_T", 22000, "A"),
        ("GINI", ("EPCI", "200065597"), "2021", "_T", 0.28, "A"),
        ("TP60", ("DEP", "14"), "2021", "_T", 20.5, "A"),
        ("TP60", ("BV2022", "14118"), "2021", "_T", None, "C"),
        # a nought beside a mark of secrecy is no figure
        ("TP60", ("UU2020", "14701"), "2021", "_T", None, "C"),
    ],
)

FLORES = _melodi(
    "flores",
    "entreprises_insee",
    "DS_FLORES_A5",
    _observations(
        LIEUX,
        "2023",
        [
            *_tous(
                {"NUMBER_EMPL": "_T", "FLORES_MEASURE": "UNIT_LOC"},
                "ACTIVITY",
                {"_T": 90, "AZ": 2, "BE": 8, "FZ": 10, "GU": 55, "OQ": 15},
            ),
            *_tous(
                {"NUMBER_EMPL": "_T", "FLORES_MEASURE": "EMPL3112"},
                "ACTIVITY",
                {"_T": 1500, "AZ": 5, "BE": 300, "FZ": 95, "GU": 700, "OQ": 400},
            ),
        ],
        {("2025-COM-61001", 8): (None, SECRET)},
    ),
    120,
    [
        ("etablissements", CAEN, "2023", "_T", 90, "A"),
        ("effectifs", CAEN, "2023", "secteur_a5:BE", 300, "A"),
        ("effectifs", REGION, "2023", "_T", 1508, "A"),
        ("effectifs", ("COM", "61001"), "2023", "secteur_a5:BE", None, "C"),
    ],
)

_A10 = {"_T": 500, "BE": 30, "FZ": 60, "GI": 150, "JZ": 20, "KZ": 25, "LZ": 30, "MN": 90, "OQ": 60, "RU": 35}
ETABLISSEMENTS = _melodi(
    "etablissements",
    "entreprises_insee",
    "DS_SIDE_STOCKS_ET_COM",
    _observations(LIEUX, "2023", _tous({"SIDE_MEASURE": "UNIT_LOC", "FREQ": "A"}, "ACTIVITY", _A10)),
    100,
    [
        ("etablissements", CAEN, "2023", "_T", 500, "A"),
        ("etablissements", REGION, "2023", "secteur_a10:GI", 158, "A"),
    ],
)

UNITES_LEGALES = _melodi(
    "unites_legales",
    "entreprises_insee",
    "DS_SIDE_STOCKS_UL_COM",
    _observations(
        LIEUX, "2023", _tous({"SIDE_MEASURE": "UNIT_LEG", "FREQ": "A"}, "ACTIVITY", {**_A10, "_T": 450})
    ),
    100,
    [
        ("unites_legales", CAEN, "2023", "_T", 450, "A"),
        ("unites_legales", CAEN, "2023", "secteur_a10:RU", 35, "A"),
    ],
)

CREATIONS_COMMUNES = _melodi(
    "creations_communes",
    "entreprises_insee",
    "DS_SIDE_CREA_ENT_COM",
    _observations(
        LIEUX,
        "2024",
        _tous(
            {"SIDE_MEASURE": "BURE", "LEGAL_FORM": "_T", "FREQ": "A"},
            "ACTIVITY",
            {"_T": 80, "BE": 5, "GI": 25},
        ),
    ),
    30,
    [("creations", CAEN, "2024", "_T", 80, "A"), ("creations", REGION, "2024", "secteur_a10:GI", 33, "A")],
)

CREATIONS_ETABLISSEMENTS = _melodi(
    "creations_etablissements",
    "entreprises_insee",
    "DS_SIDE_CREA_ETAB_COM",
    _observations(
        LIEUX, "2024", [({"SIDE_MEASURE": "CREA", "LEGAL_FORM": "_T", "ACTIVITY": "_T", "FREQ": "A"}, 95)]
    ),
    10,
    [("creations_etablissements", CAEN, "2024", "_T", 95, "A")],
)

SALAIRES = _melodi(
    "salaires",
    "revenus_production_insee",
    "DS_BTS_SAL_EQTP_SEX_AGE",
    _observations(
        LIEUX,
        "2023",
        _tous(
            {"DERA_MEASURE": "SALAIRE_NET_EQTP_MENSUEL_MOYENNE", "AGE": "_T", "FREQ": "A"},
            "SEX",
            {"_T": 2500, "F": 2300, "M": 2650},
        ),
        {("2025-COM-61001", 1): (None, SECRET)},
    ),
    30,
    [
        ("salaire_net", CAEN, "2023", "_T", 2500, "A"),
        ("salaire_net", CAEN, "2023", "sexe:F", 2300, "A"),
        ("salaire_net", ("COM", "61001"), "2023", "sexe:F", None, "C"),
    ],
)

COMPTES = _melodi(
    "comptes_regionaux",
    "revenus_production_insee",
    "DS_COMPTES_REGIONAUX",
    _observations(
        ("2024-REG-28", "2024-FRANCE-F"),
        "2023",
        [
            (
                {
                    "STO": "B1GQ",
                    "ACTIVITY": "_T",
                    "ACCOUNTING_ENTRY": "B",
                    "UNIT_MEASURE": "XDC",
                    "PRICES": "V",
                    "REF_AREA": "FRD",
                    "FREQ": "A",
                },
                108000.5,
            )
        ],
        attributs={"OBS_STATUS_FR": "PROV", "UNIT_MULT": "6"},
    ),
    2,
    [("pib_valeur", REGION, "2023", "_T", 108000.5, "PROV")],
)

_CAPACITE = {"UNIT_LOC_RANKING": "_T", "L_STAY": "_T"}
CAPACITES = _melodi(
    "capacites_tourisme",
    "cadre_de_vie_insee",
    "DS_TOUR_CAP",
    _observations(
        LIEUX,
        "2026",
        [
            ({**_CAPACITE, "ACTIVITY": "I551", "TOUR_MEASURE": "UNIT_LOC"}, 30),
            ({**_CAPACITE, "ACTIVITY": "I551", "TOUR_MEASURE": "PLACE"}, 1500),
            ({**_CAPACITE, "ACTIVITY": "I553", "TOUR_MEASURE": "UNIT_LOC"}, 2),
            ({**_CAPACITE, "ACTIVITY": "I553", "TOUR_MEASURE": "PLACE"}, 180),
            ({**_CAPACITE, "ACTIVITY": "I552", "TOUR_MEASURE": "BEDPLACE"}, 400),
            # places of the other lodgings: a third unit, that nothing reads
            ({**_CAPACITE, "ACTIVITY": "I552", "TOUR_MEASURE": "PLACE"}, 120),
        ],
    ),
    50,
    [
        ("hotels", CAEN, "2026", "_T", 30, "A"),
        ("chambres_hotel", CAEN, "2026", "_T", 1500, "A"),
        ("emplacements_camping", REGION, "2026", "_T", 188, "A"),
        ("lits_collectifs", CAEN, "2026", "_T", 400, "A"),
    ],
)

_FREQUENTATION = {
    "FREQ": "M",
    "ACTIVITY": "I551",
    "TOUR_RESID": "_T",
    "UNIT_LOC_RANKING": "_T",
    "HOTEL_STA": "_T",
    "TERRTYPO": "_T",
}
FREQUENTATION = _melodi(
    "frequentation_tourisme",
    "cadre_de_vie_insee",
    "DS_TOUR_FREQ",
    _observations(
        NATIONAUX,
        "2025-07",
        _tous(_FREQUENTATION, "TOUR_MEASURE", {"NUI": 117.78, "ARR": 60.5, "DAYS_STAY": 2}),
        {("2023-REG-28", 1): (None, {"OBS_STATUS": "L", "UNIT_MULT": "3"})},
        {"OBS_STATUS": "A", "UNIT_MULT": "3"},
    ),
    6,
    [
        # thousands become nights
        ("nuitees_hotels", ("DEP", "14"), "2025-07", "_T", 117780, "A"),
        ("arrivees_hotels", ("DEP", "14"), "2025-07", "_T", 60500, "A"),
        ("arrivees_hotels", REGION, "2025-07", "_T", None, "L"),
    ],
)

EQUIPEMENTS = _melodi(
    "equipements",
    "cadre_de_vie_insee",
    "DS_BPE",
    _observations(
        LIEUX,
        "2024",
        _tous(
            {"BPE_MEASURE": "FACILITIES", "FACILITY_SDOM": "_T", "FACILITY_TYPE": "_T"},
            "FACILITY_DOM",
            {"_T": 2800, "A": 900, "B": 600, "C": 200, "D": 700, "E": 100, "F": 250, "G": 50},
        ),
    ),
    80,
    [
        ("equipements", CAEN, "2024", "_T", 2800, "A"),
        ("equipements", REGION, "2024", "domaine_bpe:D", 708, "A"),
    ],
)

# ---- BDM


def _bdm(
    source: str,
    modele: str,
    flux: str,
    series: Sequence[Serie],
    lignes: int,
    cellules: Sequence[tuple[str, tuple[str, str], str, str, float | None, str | None]],
) -> Specimen:
    return Specimen(
        source=f"insee__{source}",
        modele=f"int_mesures__{modele}",
        routes=bdm(flux, series),
        flux=flux,
        lignes=lignes,
        cellules=tuple(Cellule(*cell) for cell in cellules),
    )


def _serie(
    number: int,
    freq: str,
    zone: str,
    dimensions: Mapping[str, str],
    observations: Sequence[tuple[str, float | None, str]],
    puissance: int = 0,
) -> Serie:
    return Serie(f"{number:09d}", freq, zone, f"SPÉCIMEN {number}", dimensions, observations, puissance)


def _creations(kind: str, activity: str, correction: str = "BRUT") -> dict[str, str]:
    return {
        "INDICATEUR": kind,
        "ACTIVITE_CREAT_ENT": activity,
        "CORRECTION": correction,
        "NATURE": "VALEUR_ABSOLUE",
        "TYPE-ENT": "SO",
        "SERIE_ARRETEE": "FALSE",
    }


CREATIONS = _bdm(
    "creations",
    "entreprises_insee",
    "CREATIONS-ENTREPRISES-METHODE-2022",
    [
        _serie(
            1, "M", "D14", _creations("TYPE-ENT_TOTAL", "ENS"), [("2026-01", 510, "A"), ("2026-02", 480, "P")]
        ),
        _serie(
            2, "M", "D14", _creations("TYPE-ENT_AE", "ENS"), [("2026-01", 320, "A"), ("2026-02", None, "O")]
        ),
        _serie(3, "M", "D14", _creations("TYPE-ENT_PM", "ENS"), [("2026-01", 140, "A")]),
        _serie(4, "T", "R28", _creations("TYPE-ENT_TOTAL", "ENS", "CVS"), [("2026-Q1", 7100, "A")]),
        _serie(5, "T", "R28", _creations("TYPE-ENT_TOTAL", "BE", "CVS"), [("2026-Q1", 350, "A")]),
        _serie(6, "T", "R28", _creations("TYPE-ENT_HAE", "ENS", "CVS"), [("2026-Q1", 2600, "A")]),
        # raw beside corrected: not read
        _serie(7, "T", "R28", _creations("TYPE-ENT_TOTAL", "ENS"), [("2026-Q1", 7300, "A")]),
    ],
    8,
    [
        ("creations_mois", ("DEP", "14"), "2026-02", "_T", 480, "P"),
        ("creations_micro_mois", ("DEP", "14"), "2026-02", "_T", None, "O"),
        ("creations_trimestre", REGION, "2026-T1", "_T", 7100, "A"),
        ("creations_trimestre", REGION, "2026-T1", "secteur_creations:BE", 350, "A"),
        ("creations_hors_micro_trimestre", REGION, "2026-T1", "_T", 2600, "A"),
    ],
)


def _logements(kind: str, logement: str, cumul: str = "CUMUL") -> dict[str, str]:
    return {
        "INDICATEUR": kind,
        "LOGEMENT": logement,
        "CUMUL12MOIS": cumul,
        "CORRECTION": "BRUT",
        "ETAT_CONSTRUCTION": "CLA",
        "EUROSTAT_C_LOG": "BDM",
    }


CONSTRUCTION_LOGEMENTS = _bdm(
    "construction_logements",
    "cadre_de_vie_insee",
    "CONSTRUCTION-LOGEMENTS",
    [
        _serie(11, "M", "R28", _logements("NBRE_LOG_AUT", "0"), [("2026-03", 15200, "A")]),
        _serie(12, "M", "R28", _logements("NBRE_LOG_AUT", "NLCR"), [("2026-03", 6900, "A")]),
        _serie(13, "M", "D14", _logements("NBRE_LOG_AUT", "SO"), [("2026-03", 5100, "E")]),
        _serie(14, "M", "D14", _logements("NBRE_LOG_COM", "SO"), [("2026-03", 4400, "E")]),
        # the month alone is not the cumul
        _serie(15, "M", "R28", _logements("NBRE_LOG_AUT", "0", "SO"), [("2026-03", 1200, "A")]),
        # two Frances: one is kept
        _serie(16, "M", "FM", _logements("NBRE_LOG_AUT", "0"), [("2026-03", 350000, "A")]),
        _serie(17, "M", "FR-D976", _logements("NBRE_LOG_AUT", "0"), [("2026-03", 360000, "A")]),
    ],
    5,
    [
        ("logements_autorises", REGION, "2026-03", "_T", 15200, "A"),
        ("logements_autorises", REGION, "2026-03", "construction:collectif-et-residence", 6900, "A"),
        ("logements_commences", ("DEP", "14"), "2026-03", "_T", 4400, "E"),
        ("logements_autorises", ("FRANCE", "F"), "2026-03", "_T", 360000, "A"),
    ],
)


def _locaux(kind: str, local: str) -> dict[str, str]:
    return {"INDICATEUR": kind, "LOCAL": local, "CORRECTION": "BRUT", "UNIT_MEASURE": "METRES_CARRES"}


CONSTRUCTION_LOCAUX = _bdm(
    "construction_locaux",
    "cadre_de_vie_insee",
    "CONSTRUCTION-LOCAUX",
    [
        _serie(21, "M", "R28", _locaux("SURF_PLANCHER_AUT", "0"), [("2026-03", 98, "A")], 3),
        _serie(22, "M", "R28", _locaux("SURF_PLANCHER_AUT", "6"), [("2026-03", 31000, "A")]),
        _serie(23, "M", "R28", _locaux("SURF_PLANCHER_COM", "0"), [("2026-03", 61000, "A")]),
        _serie(24, "M", "R28", _locaux("SURF_PLANCHER_AUT", "7"), [("2026-03", 40000, "A")]),
    ],
    3,
    [
        # a power of ten is applied
        ("locaux_autorises", REGION, "2026-03", "_T", 98000, "A"),
        ("locaux_autorises", REGION, "2026-03", "type_local:industrie", 31000, "A"),
        ("locaux_commences", REGION, "2026-03", "_T", 61000, "A"),
    ],
)


def _tourisme(kind: str, indic: str, residence: str, arretee: str = "FALSE") -> dict[str, str]:
    return {
        "INDICATEUR": kind,
        "INDIC_TOUR": indic,
        "RESIDENCE": residence,
        "SERIE_ARRETEE": arretee,
        "CORRECTION": "BRUT",
        "REDRESSEMENT_TOUR": "MR2019-HOT",
    }


TOURISME = _bdm(
    "tourisme",
    "cadre_de_vie_insee",
    "TOURISME-FRANCE-METHODE-REDRESSEMENT-2019",
    [
        _serie(
            31,
            "M",
            "D14",
            _tourisme("HOTELLERIE-NOMBRE-NUITEES", "NUITEES", "ENS"),
            [("2026-05", 210.5, "A")],
            3,
        ),
        _serie(
            32, "M", "R28", _tourisme("CAMPING-NOMBRE-NUITEES", "NUITEES", "ENS"), [("2026-05", 300, "A")], 3
        ),
        _serie(
            33,
            "M",
            "R28",
            _tourisme("HOTELLERIE-NOMBRE-CHAMBRES-OFFERTES", "HOTEL_TCHOF_TOTAL", "SO"),
            [("2026-05", 800000, "A")],
        ),
        _serie(
            34,
            "M",
            "R28",
            _tourisme("HOTELLERIE-NOMBRE-CHAMBRES-OCCUPEES", "HOTEL_TCHOC_TOTAL", "SO"),
            [("2026-05", 480000, "A"), ("2026-06", None, "Q")],
        ),
        # those who do not reside, a series that was stopped
        _serie(
            35,
            "M",
            "D14",
            _tourisme("HOTELLERIE-NOMBRE-NUITEES", "NUITEES", "ETR"),
            [("2026-05", 60, "A")],
            3,
        ),
        _serie(
            36,
            "M",
            "R28",
            _tourisme("CAMPING-NOMBRE-NUITEES", "NUITEES", "ENS", "TRUE"),
            [("2018-05", 250, "A")],
            3,
        ),
    ],
    5,
    [
        ("nuitees_hotels", ("DEP", "14"), "2026-05", "_T", 210500, "A"),
        ("nuitees_campings", REGION, "2026-05", "_T", 300000, "A"),
        ("chambres_occupees", REGION, "2026-05", "_T", 480000, "A"),
        ("chambres_occupees", REGION, "2026-06", "_T", None, "Q"),
    ],
)


def _inscrits(category: str, sex: str, age: str, arretee: str = "FALSE") -> dict[str, str]:
    return {
        "INDICATEUR": "DEFM_MOYENNE_TRIMESTRIELLE",
        "CORRECTION": "CVS-CJO",
        "DEMANDEURS_EMPLOI": category,
        "SEXE": sex,
        "AGE": age,
        "METIER": "SO",
        "DIPLOME": "SO",
        "ANCIENNETE": "SO",
        "SERIE_ARRETEE": arretee,
    }


DEMANDEURS = _bdm(
    "demandeurs_emploi",
    "revenus_production_insee",
    "DEMANDES-EMPLOIS-NATIONALES",
    [
        _serie(41, "T", "D14", _inscrits("A", "0", "SO"), [("2026-Q1", 29500, "A")]),
        _serie(42, "T", "D14", _inscrits("A-B-C", "0", "SO"), [("2026-Q1", 55200, "A")]),
        _serie(43, "T", "D14", _inscrits("A-B-C", "SO", "00-24"), [("2026-Q1", 8100, "A")]),
        _serie(44, "T", "R28", _inscrits("A", "2", "SO"), [("2026-Q1", 64000, "P")]),
        _serie(45, "T", "R28", _inscrits("A", "0", "SO", "TRUE"), [("2017-Q1", 150000, "A")]),
    ],
    4,
    [
        ("A", ("DEP", "14"), "2026-T1", "_T", 29500, "A"),
        ("ABC", ("DEP", "14"), "2026-T1", "age:0-24", 8100, "A"),
        ("A", REGION, "2026-T1", "sexe:F", 64000, "P"),
    ],
)


def _chomage(sex: str, age: str) -> dict[str, str]:
    kind = "TAUX_CHOMAGE_LOCALISE_MOYENNE_ANNUELLE"
    return {"INDICATEUR": kind, "CORRECTION": "BRUT", "SEXE": sex, "AGE": age, "NATURE": "TAUX"}


CHOMAGE = _bdm(
    "taux_chomage_annuel",
    "revenus_production_insee",
    "TCRED-TRAVAIL-EMPLOI-TCHOMA-SA",
    [
        _serie(51, "A", "R28", _chomage("0", "00-"), [("2024", 6.9, "A"), ("2025", 7.1, "P")]),
        _serie(52, "A", "R28", _chomage("0", "15-24"), [("2025", 18.4, "P")]),
        _serie(53, "A", "R28", _chomage("0", "25-49"), [("2025", 6.2, "P")]),
        _serie(54, "A", "D14", _chomage("0", "50-"), [("2025", 4.8, "P")]),
        _serie(55, "A", "D14", _chomage("2", "00-"), [("2025", 6.6, "P")]),
    ],
    6,
    [
        ("taux", REGION, "2025", "_T", 7.1, "P"),
        ("taux", REGION, "2025", "age:15-24", 18.4, "P"),
        ("taux", ("DEP", "14"), "2025", "sexe:F", 6.6, "P"),
    ],
)


def _pauvrete(age: str) -> dict[str, str]:
    return {"INDICATEUR": "TAUX_PAUVRETE", "CORRECTION": "BRUT", "AGE": age, "NATURE": "TAUX"}


PAUVRETE = _bdm(
    "pauvrete_ages",
    "revenus_production_insee",
    "TCRED-SALAIRES-REVENUS-TAUX-PAUVRETE-AGE",
    [
        _serie(61, "A", "R28", _pauvrete("00-"), [("2021", 13.9, "A")]),
        _serie(62, "A", "R28", _pauvrete("00-29"), [("2021", 24.1, "A")]),
        _serie(63, "A", "D14", _pauvrete("75-"), [("2021", None, "Q")]),
        _serie(64, "A", "D14", _pauvrete("40-49"), [("2021", 15, "A")]),
    ],
    3,
    [
        ("TP60", REGION, "2021", "_T", 13.9, "A"),
        ("TP60_moins_30", REGION, "2021", "_T", 24.1, "A"),
        ("TP60_75_plus", ("DEP", "14"), "2021", "_T", None, "Q"),
    ],
)


def _pib(unit: str) -> dict[str, str]:
    return {"INDICATEUR": "PIB_EURO_VALEUR", "CORRECTION": "BRUT", "UNIT_MEASURE": unit, "BASIND": "2014"}


PIB = _bdm(
    "pib_regions",
    "revenus_production_insee",
    "TCRED-ECONOMIE-PIB-REG-2014",
    [
        _serie(71, "A", "R28", _pib("EUROS_HABITANTS"), [("2022", 31900, "SD")]),
        _serie(72, "A", "R28", _pib("EUROS_EMPLOI"), [("2022", 81200, "A")]),
        _serie(73, "A", "R28", _pib("VALEURS_PRIX_COURANTS"), [("2022", 106000, "A")], 6),
        _serie(74, "A", "F_H_IDF", _pib("EUROS_HABITANTS"), [("2022", 33000, "A")]),
    ],
    2,
    [
        ("pib_par_habitant", REGION, "2022", "_T", 31900, "SD"),
        ("pib_par_emploi", REGION, "2022", "_T", 81200, "A"),
    ],
)


def _vab(nature: str, sector: str) -> dict[str, str]:
    return {"INDICATEUR": "VAB_SECTEURS", "CORRECTION": "BRUT", "NATURE": nature, "NAF2_RGP": sector}


VALEUR_AJOUTEE = _bdm(
    "valeur_ajoutee",
    "revenus_production_insee",
    "TCRED-ECONOMIE-VAB-REG-2014",
    [
        _serie(81, "A", "R28", _vab("VALEUR_ABSOLUE", "TOT"), [("2022", 95000, "A")], 6),
        _serie(82, "A", "R28", _vab("TAUX", "BE"), [("2022", 20.1, "A")]),
    ],
    2,
    [
        # millions stay millions, a share stays a share
        ("valeur_ajoutee", REGION, "2022", "_T", 95000, "A"),
        ("part_valeur_ajoutee", REGION, "2022", "secteur_a5:BE", 20.1, "A"),
    ],
)


def _naissances(kind: str, age: str) -> dict[str, str]:
    return {
        "INDICATEUR": kind,
        "CORRECTION": "BRUT",
        "AGE": age,
        "DEMOGRAPHIE": "SO",
        "SERIE_ARRETEE": "FALSE",
    }


FECONDITE = _bdm(
    "fecondite",
    "population_insee",
    "NAISSANCES-FECONDITE",
    [
        _serie(91, "A", "D14", _naissances("INDICATEUR_FECONDITE", "00-"), [("2024", 1.61, "P")]),
        _serie(92, "A", "D14", _naissances("AGE_MOYEN_MERES_ACCOUCHEMENT", "SO"), [("2024", 30.9, "A")]),
        _serie(93, "A", "R28", _naissances("INDICATEUR_FECONDITE", "15-24"), [("2024", 0.2, "A")]),
    ],
    2,
    [
        ("icf", ("DEP", "14"), "2024", "_T", 1.61, "P"),
        ("age_maternite", ("DEP", "14"), "2024", "_T", 30.9, "A"),
    ],
)


def _esperance(sex: str, kind: str) -> dict[str, str]:
    return {
        "INDICATEUR": "ESPERANCE_VIE",
        "CORRECTION": "BRUT",
        "SEXE": sex,
        "AGE": "SO",
        "DEMOGRAPHIE": kind,
        "SERIE_ARRETEE": "FALSE",
    }


MORTALITE = _bdm(
    "mortalite",
    "population_insee",
    "DECES-MORTALITE",
    [
        _serie(101, "A", "R28", _esperance("1", "ESPV"), [("2024", 79.1, "P")]),
        _serie(102, "A", "R28", _esperance("2", "ESPV"), [("2024", 85.2, "P")]),
        _serie(103, "A", "D14", _esperance("2", "ESPV-60"), [("2024", 27.9, "A")]),
        _serie(104, "A", "D14", _esperance("1", "ESPV-20"), [("2024", 60.1, "A")]),
    ],
    3,
    [
        ("esperance_vie", REGION, "2024", "sexe:F", 85.2, "P"),
        ("esperance_vie_60", ("DEP", "14"), "2024", "sexe:F", 27.9, "A"),
    ],
)

SPECIMENS = (
    HISTORIQUES,
    ESTIMATIONS,
    RP_POPULATION,
    RP_ACTIFS,
    RP_CONDITIONS,
    RP_EMPLOIS,
    RP_SECTEURS,
    RP_NAVETTES,
    RP_LOGEMENTS,
    RP_FAMILLES,
    RP_DIPLOMES,
    NAISSANCES,
    DECES,
    FILOSOFI,
    FLORES,
    ETABLISSEMENTS,
    UNITES_LEGALES,
    CREATIONS_COMMUNES,
    CREATIONS_ETABLISSEMENTS,
    SALAIRES,
    COMPTES,
    CAPACITES,
    FREQUENTATION,
    EQUIPEMENTS,
    CREATIONS,
    CONSTRUCTION_LOGEMENTS,
    CONSTRUCTION_LOCAUX,
    TOURISME,
    DEMANDEURS,
    CHOMAGE,
    PAUVRETE,
    PIB,
    VALEUR_AJOUTEE,
    FECONDITE,
    MORTALITE,
)
