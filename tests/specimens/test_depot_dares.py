"""Job seekers by commune in another region than the default, and the portal's own export as people download it.

The figures of two communes of Essonne are real (DARES, dares_defm_communales-brutes, 2024-T4, Licence Ouverte 2.0)."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
from banc_specimens import definitions, jeu, serveur, tirer
from specimens_producteurs import COMMUNES

from extract.archive import Archive
from extract.deposit import deposit
from extract.replica.services.ods_datasets import DARES
from extract.run import alone
from extract.settings import Settings

SOURCE = "dares__demandeurs_emploi_communes"
ESSONNE = [
    ("2024-T4", "11", "Île-de-France", "91", "Essonne", code, commune, "Brutes", "ABC", sex, age, value)
    for code, commune, values in (
        ("91001", "Abbéville-la-Rivière", (15, 10, 5, 5, 5, 5)),
        ("91691", "Yerres", (1500, 705, 795, 185, 915, 395)),
    )
    for (sex, age), value in zip(
        (
            ("Total", "Total"),
            ("Hommes", "Total"),
            ("Femmes", "Total"),
            ("Total", "Moins de 25 ans"),
            ("Total", "De 25 à 49 ans"),
            ("Total", "50 ans et plus"),
        ),
        values,
        strict=True,
    )
]
LABELS = "Date;Code région;Région;Code département;Département;Code commune;Commune;Type de données;Catégorie;Sexe;Tranche d'âge;Nombre de demandeurs d'emploi"


def _landed(settings: Settings) -> list[tuple[str, ...]]:
    return duckdb.sql(
        "select code_commune, sexe, tranche_d_age, nombre_de_demandeurs_d_emploi "
        f"from '{settings.landing}/{SOURCE}/{SOURCE}-*.parquet' order by _ligne"
    ).fetchall()


def test_another_region_asks_for_its_own_communes(tmp_path: Path) -> None:
    dataset = COMMUNES.jeux[0]
    both = jeu(DARES, dataset.dataset_id, dict(dataset.types), ESSONNE)
    stacked = type(dataset)(
        **{
            **both.__dict__,
            "sql": f"{both.sql} union all select * from ({dataset.sql}) where code_region = '28'",
        }
    )
    specimen = type(COMMUNES)(**{**COMMUNES.__dict__, "jeux": (stacked,)})
    with serveur([specimen]) as url:
        settings = Settings(data=tmp_path, region="11", producteurs=url)
        results = tirer(settings, [specimen]).results
    assert [(one.resultat, one.lignes) for one in results] == [("nouveau", 12)]
    assert ("91691", "Femmes", "Total", "795") in _landed(settings)
    assert not [row for row in _landed(settings) if row[0].startswith("14")]


def _export(rows: list[tuple[object, ...]]) -> bytes:
    """The file that the portal's site gives: BOM, labels, `;`, CRLF."""
    lines = [LABELS, *(";".join(map(str, row)) for row in rows)]
    return b"\xef\xbb\xbf" + "".join(f"{line}\r\n" for line in lines).encode()


@pytest.mark.parametrize(
    ("change", "outcome"),
    [
        (lambda body: body, "nouveau"),
        # a value that is not rounded to 5 is not of this dataset
        (lambda body: body.replace(b";795\r\n", b";796\r\n"), "refuse"),
        # a spreadsheet went by: the leading zero of a code is lost
        (lambda body: body.replace(b";91001;", b";1001;"), "refuse"),
        (lambda body: body.replace("Île".encode(), "Île".encode("latin-1")), "refuse"),
    ],
    ids=["intact", "not rounded", "lost zero", "latin-1"],
)
def test_the_export_of_the_site_is_taken_by_deposit(tmp_path: Path, change, outcome: str) -> None:  # type: ignore[no-untyped-def]
    settings = Settings(data=tmp_path / "data", region="11")
    file = tmp_path / "POP_CHOMAGE_DARES.csv"
    file.write_bytes(change(_export(ESSONNE)))
    with alone(settings):
        result = deposit(
            settings, Archive(settings.archive), definitions([COMMUNES])[SOURCE], None, file, "2025-03-01"
        )
    assert result.resultat == outcome, result.motif
    if outcome == "nouveau":
        assert len(_landed(settings)) == 12 and ("91001", "Total", "Moins de 25 ans", "5") in _landed(
            settings
        )
