"""Specimens of Banque de France, DARES, Urssaf, France Travail: SYNTHETIC rows in the documented wire formats, and the cells that must
come out of them, worked out by hand."""

from __future__ import annotations

import tempfile
from pathlib import Path

import duckdb
from banc_specimens import Cellule, Specimen, classeur, jeu

from extract.replica.services.ods_datasets import DARES, URSSAF, WEBSTAT

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

OBSERVATIONS = {
    "dataset_id": "text",
    "series_key": "text",
    "title_fr": "text",
    "time_period": "text",
    "time_period_start": "date",
    "time_period_end": "date",
    "obs_value": "double",
    "obs_status": "text",
    "updated_at": "datetime",
}


def _obs(key: str, month: str, value: float | None, status: str = "A") -> tuple[object, ...]:
    return (key.split(".")[0], key, "SPÉCIMEN", month, f"{month}-01", f"{month}-28", value, status, None)


_DEPARTEMENTS = ("14", "27", "50", "61", "76")

SURENDETTEMENT = Specimen(
    source="bdf__surendettement",
    modele="int_mesures__surendettement",
    jeux=(
        jeu(
            WEBSTAT,
            "observations",
            OBSERVATIONS,
            [
                *(
                    _obs(f"IFI.M.D{d}.SUREN.DEPOT", month, base + int(d))
                    for d in _DEPARTEMENTS
                    for month, base in (("2025-01", 100), ("2025-02", 200))
                ),
                # a month that the producer has no value for: status M, and an empty value
                _obs("IFI.M.D61.SUREN.DEPOT", "2025-03", None, "M"),
            ],
        ),
    ),
    cellules=(
        Cellule("depots_mois", ("DEP", "14"), "2025-01", "_T", 114, "A"),
        Cellule("depots_mois", ("DEP", "76"), "2025-02", "_T", 276, "A"),
        Cellule("depots_mois", ("DEP", "61"), "2025-03", "_T", None, "M"),
    ),
    lignes=11,
)

_CONJ2 = {
    "climat_industrie": "CONJ2.M.R28.S.IN.000CZ.ICAIN000.10",
    "production_industrie": "CONJ2.M.R28.S.IN.000CZ.PRTEM100.10",
    "commandes_industrie": "CONJ2.M.R28.S.IN.000CZ.CRTEM100.10",
    "capacites_industrie": "CONJ2.M.R28.T.IN.000CZ.TUTSM000.10",
    "effectifs_services": "CONJ2.M.R28.T.SM.0RG28.EFTPM100.10",
}

CONJONCTURE = Specimen(
    source="bdf__conjoncture",
    modele="int_mesures__conjoncture",
    jeux=(
        jeu(
            WEBSTAT,
            "observations",
            OBSERVATIONS,
            [
                _obs(key, month, value)
                for (name, key), values in zip(
                    _CONJ2.items(),
                    ((101.5, 98.25), (4.5, -12.75), (-3, 2), (77.4, 76.9), (0, 1.25)),
                    strict=True,
                )
                for month, value in zip(("2026-01", "2026-02"), values, strict=True)
            ],
        ),
    ),
    cellules=(
        Cellule("climat_industrie", ("REG", "28"), "2026-01", "_T", 101.5, "A"),
        # a balance of opinion may be negative; zero is a true zero
        Cellule("production_industrie", ("REG", "28"), "2026-02", "_T", -12.75, "A"),
        Cellule("effectifs_services", ("REG", "28"), "2026-01", "_T", 0, "A"),
        Cellule("capacites_industrie", ("REG", "28"), "2026-02", "_T", 76.9, "A"),
    ),
    lignes=10,
)

# ---- DARES

_LIEU = {"code_region": "text", "region": "text", "code_departement": "text", "departement": "text"}
_AGES = ("Moins de 25 ans", "De 25 à 49 ans", "50 ans et plus")


def _commune(date: str, code: str, values: tuple[int | None, ...]) -> list[tuple[object, ...]]:
    """The six rows of a commune and a year, in the order of the true export."""
    slices = [
        ("Total", "Total"),
        ("Hommes", "Total"),
        ("Femmes", "Total"),
        *(("Total", age) for age in _AGES),
    ]
    head = (date, "28", "Normandie", code[:2], "SPÉCIMEN", code, "SPÉCIMEN", "Brutes", "ABC")
    return [(*head, sex, age, value) for (sex, age), value in zip(slices, values, strict=True)]


COMMUNES = Specimen(
    source="dares__demandeurs_emploi_communes",
    modele="int_mesures__demandeurs_emploi_detail",
    jeux=(
        jeu(
            DARES,
            "dares_defm_communales-brutes",
            {
                "date": "text",
                **_LIEU,
                "code_commune": "text",
                "commune": "text",
                "type_de_donnees": "text",
                "categorie": "text",
                "sexe": "text",
                "tranche_d_age": "text",
                "nombre_de_demandeurs_d_emploi": "int",
            },
            [
                *_commune("2023-T4", "14118", (7035, 3650, 3380, 1220, 4105, 1710)),
                *_commune("2024-T4", "14118", (7110, 3700, 3410, 1240, 4150, 1720)),
                # rounded to 5: zero is said, and is a zero
                *_commune("2024-T4", "61010", (10, 5, 5, 0, 5, 5)),
                # not of the region: the demand leaves it out
                (
                    "2024-T4",
                    "11",
                    "Île-de-France",
                    "91",
                    "Essonne",
                    "91001",
                    "X",
                    "Brutes",
                    "ABC",
                    "Total",
                    "Total",
                    15,
                ),
            ],
        ),
    ),
    cellules=(
        Cellule("ABC", ("COM", "14118"), "2024-T4", "_T", 7110),
        Cellule("ABC", ("COM", "14118"), "2024-T4", "sexe:F", 3410),
        Cellule("ABC", ("COM", "14118"), "2023-T4", "age:50-plus", 1710),
        Cellule("ABC", ("COM", "61010"), "2024-T4", "age:0-24", 0),
    ),
    lignes=18,
)


def _zone(
    region: str,
    zone: str,
    value: int | None,
    sexe: str = "Total",
    age: str = "Total",
    duree: str = "Total",
    cat: str = "ABC",
):  # type: ignore[no-untyped-def]
    return ("2025-T2", region, "SPÉCIMEN", zone, "SPÉCIMEN", "Brutes", cat, sexe, age, duree, value)


ZONES = Specimen(
    source="dares__demandeurs_emploi_zones",
    modele="int_mesures__demandeurs_emploi_detail",
    jeux=(
        jeu(
            DARES,
            "dares_defm_zoneeemploi_brut_trim",
            {
                "date": "text",
                "code_region": "text",
                "region": "text",
                "code_zone_d_emploi": "text",
                "zone_d_emploi": "text",
                "type_de_donnees": "text",
                "categorie": "text",
                "sexe": "text",
                "tranche_d_age": "text",
                "anciennete": "text",
                "nombre_de_demandeurs_d_emploi": "int",
            },
            [
                _zone("28", "2804", 30120),
                _zone("28", "2804", 14010, sexe="Femmes"),
                _zone("28", "2804", 4800, age="Moins de 25 ans"),
                _zone("28", "2804", 12900, duree="Un an ou plus"),
                _zone("28", "2804", 17220, duree="Moins d'un an"),
                _zone("28", "2804", 17000, cat="A"),
                # crossed sex and age: not a breakdown that we hold
                _zone("28", "2804", 2100, sexe="Femmes", age="Moins de 25 ans"),
                # a zone over two regions: its parts are summed
                _zone("28", "0051", 6100),
                _zone("52", "0051", 940),
                # a part without a figure: the zone has none
                _zone("28", "0054", 900, cat="A"),
                _zone("32", "0054", None, cat="A"),
            ],
        ),
    ),
    cellules=(
        Cellule("ABC", ("ZE2020", "2804"), "2025-T2", "_T", 30120),
        Cellule("ABC", ("ZE2020", "2804"), "2025-T2", "sexe:F", 14010),
        Cellule("ABC", ("ZE2020", "2804"), "2025-T2", "anciennete:1-an-plus", 12900),
        Cellule("ABC", ("ZE2020", "0051"), "2025-T2", "_T", 7040),
        Cellule("A", ("ZE2020", "0054"), "2025-T2", "_T", None),
    ),
    lignes=7,
)


def _mois(region: str, dep: str, value: int, sexe: str = "Total", cat: str = "ABC", duree: str = "Total"):  # type: ignore[no-untyped-def]
    return ("2026-08", region, "SPÉCIMEN", dep, "SPÉCIMEN", "Brutes", cat, sexe, "Total", duree, value)


DEPARTEMENTS = Specimen(
    source="dares__demandeurs_emploi_departements",
    modele="int_mesures__demandeurs_emploi_detail",
    jeux=(
        jeu(
            DARES,
            "dares_defm_stock_regions_brut_mens",
            {
                "date": "text",
                **_LIEU,
                "type_de_donnees": "text",
                "categorie": "text",
                "sexe": "text",
                "tranche_d_age": "text",
                "anciennete": "text",
                "nombre_de_demandeurs_d_emploi": "int",
            },
            [
                _mois("28", "14", 54320),
                _mois("28", "14", 26110, sexe="Femmes"),
                _mois("28", "14", 31000, cat="A"),
                _mois("28", "14", 800, cat="G"),
                _mois("28", "14", 20000, duree="1 an ou plus"),
                # region and France stand in the same table, their labels as codes
                _mois("28", "Total", 258770),
                _mois("Total France", "Total", 5410000),
                _mois("53", "Total", 1),
            ],
        ),
    ),
    cellules=(
        Cellule("ABC", ("DEP", "14"), "2026-08", "_T", 54320),
        Cellule("ABC", ("DEP", "14"), "2026-08", "sexe:F", 26110),
        Cellule("A", ("DEP", "14"), "2026-08", "_T", 31000),
        Cellule("ABC", ("REG", "28"), "2026-08", "_T", 258770),
        Cellule("ABC", ("FRANCE", "F"), "2026-08", "_T", 5410000),
    ),
    lignes=6,
)

_COLLECTEES, _SATISFAITES = "Offres d'emploi collectées", "Offres d'emploi satisfaites"

OFFRES = Specimen(
    source="dares__offres_emploi",
    modele="int_mesures__offres_emploi",
    jeux=(
        jeu(
            DARES,
            "dares_offres_collectees_satisfaites_france_travail_brutes_mens",
            {
                "date": "text",
                **_LIEU,
                "type_de_donnees": "text",
                "type_d_offre_d_emploi": "text",
                "type_d_emploi": "text",
                "qualification": "text",
                "nombre_d_offres_d_emploi": "int",
            },
            [
                (
                    "2026-07",
                    "Total France",
                    "France",
                    "Total",
                    "Total",
                    "Brutes",
                    _COLLECTEES,
                    "Total",
                    "Total",
                    211300,
                ),
                (
                    "2026-07",
                    "Total France",
                    "France",
                    "Total",
                    "Total",
                    "Brutes",
                    _SATISFAITES,
                    "Total",
                    "Total",
                    178200,
                ),
                (
                    "2026-07",
                    "28",
                    "Normandie",
                    "14",
                    "Calvados",
                    "Brutes",
                    _COLLECTEES,
                    "Total",
                    "Total",
                    2300,
                ),
                # a qualification, a type of job: asked out
                (
                    "2026-07",
                    "28",
                    "Normandie",
                    "14",
                    "Calvados",
                    "Brutes",
                    _COLLECTEES,
                    "Total",
                    "Cadres",
                    100,
                ),
                (
                    "2026-07",
                    "28",
                    "Normandie",
                    "14",
                    "Calvados",
                    "Brutes",
                    _COLLECTEES,
                    "Durable",
                    "Total",
                    900,
                ),
            ],
        ),
    ),
    cellules=(
        Cellule("collectees", ("FRANCE", "F"), "2026-07", "_T", 211300),
        Cellule("satisfaites", ("FRANCE", "F"), "2026-07", "_T", 178200),
        Cellule("collectees", ("DEP", "14"), "2026-07", "_T", 2300),
    ),
    lignes=3,
)

_VACANTS = {
    "date": "text",
    "champ": "text",
    "nomenclature": "text",
    "code_naf": "text",
    "libelle_naf": "text",
    "type_de_donnees": "text",
    "nombre_d_emplois_vacants": "int",
    "taux_d_emplois_vacants_en": "double",
}

VACANTS = Specimen(
    source="dares__emplois_vacants",
    modele="int_mesures__emplois_vacants",
    jeux=(
        jeu(
            DARES,
            "dares_emploivacants_brut_emploisvacants",
            _VACANTS,
            [
                ("2026-T1", "Dix salariés ou plus", "NA5", "Total", "Ensemble", "Brutes", 512300, 2.6),
                ("2026-T1", "Dix salariés ou plus", "NA5", "FZ", "Construction", "Brutes", 40100, 3.9),
                # the other spelling of a quarter
                ("2026-Q2", "Dix salariés ou plus", "NA5", "Total", "Ensemble", "Brutes", 498700, 2.5),
                # two scopes of one quarter: which is ours is not known, so there is no figure
                ("2025-T4", "Dix salariés ou plus", "NA5", "Total", "Ensemble", "Brutes", 505000, 2.5),
                ("2025-T4", "Ensemble des entreprises", "NA5", "Total", "Ensemble", "Brutes", 700000, 3.1),
            ],
        ),
    ),
    cellules=(
        Cellule("nombre", ("FRANCE", "F"), "2026-T1", "_T", 512300),
        Cellule("taux", ("FRANCE", "F"), "2026-T2", "_T", 2.5),
        Cellule("nombre", ("FRANCE", "F"), "2025-T4", "_T", None),
    ),
    lignes=6,
)

# ---- Urssaf

_APE = {
    "code_region": "text",
    "code_departement": "text",
    "code_zone_d_emploi": "text",
    "code_commune": "text",
    "grand_secteur_d_activite": "text",
    "code_ape": "text",
    "nombre_d_etablissements_2018": "int",
    "effectifs_salaries_2018": "int",
    "nombre_d_etablissements_2023": "int",
    "nombre_d_etablissements_2024": "int",
    "effectifs_salaries_2023": "int",
    "effectifs_salaries_2024": "int",
}

SECTEURS = Specimen(
    source="urssaf__effectifs_secteurs",
    modele="int_mesures__emploi_prive_secteurs",
    jeux=(
        jeu(
            URSSAF,
            "etablissements-et-effectifs-salaries-au-niveau-commune-x-ape-last",
            _APE,
            [
                # one row per commune and APE: the portal sums two APE of one sector
                ("28", "14", "2804", "14118", "GS1 Industrie", "2511Z", 1, 9, 3, 4, 120, 131),
                ("28", "14", "2804", "14118", "GS1 Industrie", "2562B", 1, 9, 2, 2, 30, 29),
                ("28", "14", "2804", "14118", "GS4 Hôtellerie-restauration", "5610A", 1, 9, 10, 11, 40, 45),
                # no employer in 2023: null; then one
                ("28", "14", "2804", "14700", "GS3 Commerce", "4711B", None, None, None, 1, None, 4),
                ("11", "75", "1109", "75101", "GS6 Intérim", "7820Z", 1, 9, 5, 5, 900, 950),
                ("11", "75", "1109", "75102", "GS6 Intérim", "7820Z", 1, 9, 4, 4, 700, 650),
            ],
        ),
    ),
    cellules=(
        Cellule("effectifs", ("COM", "14118"), "2024", "grand_secteur:industrie", 160),
        Cellule("etablissements", ("COM", "14118"), "2024", "grand_secteur:industrie", 6),
        Cellule("etablissements", ("COM", "14118"), "2024", "_T", 17),
        Cellule("effectifs", ("COM", "14700"), "2024", "grand_secteur:commerce", 4),
        Cellule("effectifs", ("DEP", "14"), "2023", "grand_secteur:hotellerie-restauration", 40),
        Cellule("effectifs", ("ZE2020", "2804"), "2024", "grand_secteur:industrie", 160),
        Cellule("effectifs", ("REG", "28"), "2024", "grand_secteur:commerce", 4),
        Cellule("effectifs", ("FRANCE", "F"), "2024", "grand_secteur:interim", 1600),
    ),
    lignes=95,  # the bench has no COG: the two arrondissements stay apart
)

_TRIMESTRE = {
    "annee": "text",
    "trimestre": "int",
    "code_region": "text",
    "code_ancienne_region": "text",
    "code_zone_d_emploi": "text",
    "zone_d_emploi": "text",
    "effectifs_salaries_brut": "int",
    "effectifs_salaries_cvs": "int",
    "masse_salariale_brut": "int",
    "masse_salariale_cvs": "int",
}

TRIMESTRE_ZONES = Specimen(
    source="urssaf__zones_emploi",
    modele="int_mesures__emploi_prive_trimestre",
    jeux=(
        jeu(
            URSSAF,
            "effectifs-salaries-et-masse-salariale-du-secteur-prive-par-zone-demploi",
            _TRIMESTRE,
            [
                ("2025", 4, "28", "25", "2804", "Caen", 130330, 132010, 951000000, 948500000),
                # L'Aigle: two rows a quarter, one per former region
                ("2025", 4, "28", "25", "2812", "L'Aigle", 8190, 8202, 47500000, 47711377),
                ("2025", 4, "28", "23", "2812", "L'Aigle", 1058, 1063, 7300000, 7409910),
                # a zone over two regions, one part of which is hidden
                ("2025", 4, "28", "25", "0051", "Alençon", 30000, 30100, 200000000, 201000000),
                ("2025", 4, "52", "52", "0051", "Alençon", None, None, None, None),
            ],
        ),
    ),
    cellules=(
        Cellule("effectifs_cvs", ("ZE2020", "2804"), "2025-T4", "_T", 132010),
        Cellule("effectifs_cvs", ("ZE2020", "2812"), "2025-T4", "_T", 9265),
        Cellule("masse_cvs", ("ZE2020", "2812"), "2025-T4", "_T", 55121287),
        Cellule("effectifs_brut", ("ZE2020", "2812"), "2025-T4", "_T", 9248),
        Cellule("masse_cvs", ("ZE2020", "0051"), "2025-T4", "_T", None),
    ),
    lignes=12,
)

TRIMESTRE_DEPARTEMENTS = Specimen(
    source="urssaf__departements_secteurs",
    modele="int_mesures__emploi_prive_trimestre",
    jeux=(
        jeu(
            URSSAF,
            "effectifs-salaries-et-masse-salariale-du-secteur-prive-par-departement-x-grand-s",
            {
                "annee": "text",
                "trimestre": "int",
                "code_departement": "text",
                "grand_secteur_d_activite": "text",
                "effectifs_salaries_brut": "int",
                "effectifs_salaries_cvs": "int",
                "masse_salariale_brut": "int",
                "masse_salariale_cvs": "int",
            },
            [
                ("2025", 4, "61", "GS1 Industrie", 17000, 16950, 130000000, 131000000),
                ("2025", 4, "61", "GS2 Construction", 5000, 5010, 34000000, 34100000),
                ("2025", 4, "61", "nca _non_classés_ailleurs_", 12, 12, 90000, 90000),
                ("2025", 4, "61", "_calage_", 0, -37, 0, -150000),
                ("2025", 4, "50", "GS1 Industrie", 31000, 31000, 250000000, 251000000),
                ("2025", 4, "50", "GS6 Intérim", None, None, None, None),
            ],
        ),
    ),
    cellules=(
        Cellule("effectifs_brut", ("DEP", "61"), "2025-T4", "grand_secteur:industrie", 17000),
        Cellule("effectifs_brut", ("DEP", "61"), "2025-T4", "_T", 22012),
        Cellule("masse_brut", ("DEP", "61"), "2025-T4", "_T", 164090000),
        # one sector has no figure: neither has the département
        Cellule("effectifs_brut", ("DEP", "50"), "2025-T4", "grand_secteur:interim", None),
        Cellule("effectifs_brut", ("DEP", "50"), "2025-T4", "_T", None),
    ),
    lignes=14,
)

DPAE = Specimen(
    source="urssaf__dpae",
    modele="int_mesures__dpae",
    jeux=(
        jeu(
            URSSAF,
            "dpae-par-departement-x-grand-secteur",
            {
                "code_departement": "text",
                "grand_secteur_d_activite": "text",
                "duree_de_contrat": "text",
                "nature_de_contrat": "text",
                "annee": "text",
                "trimestre": "int",
                "dpae_brut": "int",
                "dpae_cvs": "int",
            },
            [
                ("14", "GS1 Industrie", "-", "CDI", "2024", 4, 1000, 1010),
                ("14", "GS3 Commerce", "-", "CDI", "2024", 4, 2500, 2480),
                ("14", "GS3 Commerce", "CDD longs", "CDD", "2024", 4, 900, 905),
                ("14", "GS3 Commerce", "CDD courts", "CDD", "2024", 4, 4100, 4000),
                # one sector hidden: neither its contracts nor the total are known
                ("50", "GS1 Industrie", "-", "CDI", "2024", 4, None, None),
                ("50", "GS3 Commerce", "-", "CDI", "2024", 4, 700, 690),
                ("50", "GS3 Commerce", "CDD longs", "CDD", "2024", 4, 300, 305),
            ],
        ),
    ),
    cellules=(
        Cellule("dpae", ("DEP", "14"), "2024-T4", "nature_contrat:CDI", 3500),
        Cellule("dpae", ("DEP", "14"), "2024-T4", "_T", 8500),
        Cellule("dpae", ("DEP", "50"), "2024-T4", "nature_contrat:CDD", 300),
        Cellule("dpae", ("DEP", "50"), "2024-T4", "nature_contrat:CDI", None),
        Cellule("dpae", ("DEP", "50"), "2024-T4", "_T", None),
    ),
    lignes=6,
)

# ---- France Travail


def _bmo(annee: int) -> bytes:
    deux = str(annee)[2:]
    entete = [
        "annee",
        "Code métier BMO",
        "Nom métier BMO",
        "Famille_met",
        "Lbl_fam_met",
        "REG",
        "NOM_REG",
        "Dept",
        "NomDept",
        f"BE{deux}",
        f"NOMBE{deux}",
        "met",
        "xmet",
        "smet",
    ]

    def ligne(metier: str, famille: str, dep: str, bassin: str, *effectifs: str) -> list[str]:
        return [
            str(annee),
            metier,
            "SPÉCIMEN",
            famille,
            "SPÉCIMEN",
            "28",
            "Normandie",
            dep,
            "SPÉCIMEN",
            bassin,
            "SPÉCIMEN",
            *effectifs,
        ]

    lignes = [
        ligne("M1X80", "A", "14", "2817", "120", "70", "*"),
        ligne("M1X81", "A", "14", "2818", "30", "*", "10"),
        # a hidden number of projects, of a family of its own
        ligne("M2X90", "C", "14", "2817", "*", "*", "*"),
        ligne("V0X10", "V", "50", "2801", "400", "100", "350"),
        # the same bassin in another département: another row
        ligne("V0X10", "V", "61", "2801", "40", "10", "5"),
        ligne("S1X40", "S", "61", "2803", "60", "0", "0"),
    ]
    return classeur(
        {"Description_des_variables": [["SPÉCIMEN"]], f"BMO_{annee}_open_data": [entete, *lignes]}
    )


_BMO = "/www.francetravail.org/files/live/sites/peorg/files/documents/Statistiques-et-analyses/Open-data/BMO/Base_open_data_BMO_{}.xlsx"

BMO = Specimen(
    source="francetravail__bmo",
    modele="int_mesures__besoins_main_oeuvre",
    fichiers=tuple((_BMO.format(year), lambda year=year: _bmo(year), XLSX) for year in (2025, 2026)),  # type: ignore[misc]
    cellules=(
        # no hidden cell in the département: its total is known
        Cellule("met", ("DEP", "61"), "2025", "_T", 100),
        Cellule("xmet", ("DEP", "61"), "2025", "_T", 10),
        Cellule("smet", ("DEP", "61"), "2025", "famille_bmo:S", 0),
        # one hidden cell hides what holds it, and is never zero
        Cellule("met", ("DEP", "14"), "2025", "_T", None, "*"),
        Cellule("met", ("REG", "28"), "2025", "_T", None, "*"),
        Cellule("met", ("DEP", "14"), "2025", "famille_bmo:C", None, "*"),
        Cellule("met", ("DEP", "14"), "2025", "famille_bmo:A", 150),
        Cellule("xmet", ("DEP", "14"), "2025", "famille_bmo:A", None, "*"),
        # what is printed, and the cells where both terms of a share are
        Cellule("met_diffuses", ("REG", "28"), "2026", "_T", 650),
        Cellule("met_avec_xmet", ("REG", "28"), "2026", "_T", 620),
        Cellule("xmet_avec_met", ("REG", "28"), "2026", "_T", 180),
        Cellule("met_avec_smet", ("DEP", "14"), "2026", "_T", 30),
        Cellule("smet_avec_met", ("DEP", "14"), "2026", "_T", 10),
        Cellule("met_diffuses", ("DEP", "14"), "2026", "famille_bmo:C", None, "*"),
    ),
    lignes=288,
)

# ---- Sirene

SIRENE_FICHIER = "/static.data.gouv.fr/resources/base-sirene/20260901-060000/stocketablissement-utf8.parquet"
SIRENE_LIGNES = 60_000  # of establishments elsewhere, and a wide column that nobody asks for


def sirene() -> bytes:
    """Four establishments of the region among many, in several row groups, beside a column that weighs most of the file."""
    target = Path(tempfile.mkdtemp(prefix="sirene-")) / "stock.parquet"
    with duckdb.connect() as connection:
        connection.execute(
            """copy (
                select lpad(cast(i as varchar), 14, '0') as siret, 'A' as etatAdministratifEtablissement,
                    '13055' as codeCommuneEtablissement, '47.11B' as activitePrincipaleEtablissement,
                    'N' as caractereEmployeurEtablissement, true as etablissementSiege,
                    sha256(cast(i as varchar)) || sha256(cast(-i as varchar)) as libelleVoieEtablissement
                from range(?) as t (i)
                union all
                select * from (values
                    ('90000000000001', 'A', '14118', '25.11Z', 'O', true, 'x'), ('90000000000002', 'A', '14118', '25.62B', 'N', false, 'x'),
                    ('90000000000003', 'A', '14118', null, null, true, 'x'), ('90000000000004', 'A', '61001', '01.41Z', 'O', true, 'x'),
                    ('90000000000005', 'F', '14118', '25.11Z', 'O', true, 'x'))
            ) to '"""
            + str(target)
            + "' (format parquet, row_group_size 10000)",
            [SIRENE_LIGNES],
        )
    content = target.read_bytes()
    target.unlink()
    target.parent.rmdir()
    return content


SIRENE = Specimen(
    source="insee__sirene_etablissements",
    modele="int_mesures__sirene_etablissements",
    fichiers=((SIRENE_FICHIER, sirene, "application/octet-stream"),),
    renvois=(
        (
            "/www.data.gouv.fr/api/1/datasets/r/a29c1297-1f92-4e2a-8f6b-8c902ce96c5f",
            f"https:/{SIRENE_FICHIER}",
        ),
    ),
    cellules=(
        # published on 1 September: the state of the end of August; a closed establishment does not count
        Cellule("actifs", ("COM", "14118"), "2026-08", "_T", 3),
        Cellule("actifs", ("COM", "14118"), "2026-08", "section_naf:C", 2),
        Cellule("employeurs", ("COM", "14118"), "2026-08", "_T", 1),
        Cellule("sieges", ("COM", "14118"), "2026-08", "section_naf:C", 1),
        Cellule("actifs", ("COM", "61001"), "2026-08", "section_naf:A", 1),
    ),
    lignes=12,
)

SPECIMENS = (
    SURENDETTEMENT,
    CONJONCTURE,
    COMMUNES,
    ZONES,
    DEPARTEMENTS,
    OFFRES,
    VACANTS,
    SECTEURS,
    TRIMESTRE_ZONES,
    TRIMESTRE_DEPARTEMENTS,
    DPAE,
    BMO,
    SIRENE,
)
