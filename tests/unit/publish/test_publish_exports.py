"""The workbook and flat files read back: every figure printed is the release's figure."""

from __future__ import annotations

from pathlib import Path

import duckdb
import openpyxl
import pandas as pd
import pytest
from openpyxl.worksheet.worksheet import Worksheet

from publish import database, words
from publish.releases import Release
from tests.unit.publish.conftest import World


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Release:
    from tests.unit.publish import conftest, synthetic

    folder = tmp_path_factory.mktemp("exports")
    settings = conftest.Settings(data=folder / "data", region="28")
    settings.build.mkdir(parents=True)
    candidate = synthetic.make(settings.build / "candidat.duckdb")
    quality = settings.build / "qualite"
    quality.mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(database, "MACROS", folder)
        return World(
            settings, candidate, synthetic.manifest(candidate, folder / "manifest.json"), quality
        ).publish()


@pytest.fixture(scope="module")
def book(release: Release) -> openpyxl.Workbook:
    return openpyxl.load_workbook(release.folder / "exports/chiffres_cles.xlsx")


def query(release: Release, sql: str) -> list[tuple]:  # type: ignore[type-arg]
    with duckdb.connect(str(release.database), read_only=True) as c:
        return c.execute(sql).fetchall()


def columns(sheet: Worksheet, row: int) -> dict[str, int]:
    return {cell.value: cell.column for cell in sheet[row] if cell.value}


def test_region_sheet_is_the_release(release: Release, book: openpyxl.Workbook) -> None:
    sheet = book.worksheets[0]
    where = columns(sheet, 4)
    rows = {
        sheet.cell(r, 1).value: r
        for r in range(5, sheet.max_row + 1)
        if sheet.cell(r, where["Période"]).value
    }
    expected = query(
        release,
        "select libelle, valeur, variation, rang, unite, decimales from chiffres_cles join indicateurs using"
        " (indicateur) where territoire = 'REG-28' and valeur is not null",
    )
    assert len(expected) == 28
    for label, value, change, rank, unit, decimals in expected:
        row = rows[label]
        assert sheet.cell(row, where["Valeur"]).value == pytest.approx(value, abs=1e-12)
        assert sheet.cell(row, where["Unité"]).value == unit
        assert sheet.cell(row, where["Rang*"]).value == rank
        found = sheet.cell(row, where["Évolution"]).value
        assert (found is None and change is None) or found == pytest.approx(change)
        shape = sheet.cell(row, where["Valeur"]).number_format
        assert shape.startswith("#,##0.0" if decimals else "#,##0") and (unit != "%" or '" %"' in shape)


@pytest.mark.parametrize(
    ("tab", "level", "count"),
    [("EPCI", "EPCI", 71), ("Communes", "COM", 2644), ("Zones d'emploi", "ZE2020", 24)],
)
def test_wide_sheets_are_the_release(
    release: Release, book: openpyxl.Workbook, tab: str, level: str, count: int
) -> None:
    sheet = book[tab]
    labels = {label: column for label, column in columns(sheet, 4).items()}
    expected = query(
        release,
        "select code_territoire, i.libelle, k.valeur from chiffres_cles k join territoires using (territoire)"
        f" join indicateurs i using (indicateur) where type_territoire = '{level}'",
    )
    rows = {str(sheet.cell(r, 1).value): r for r in range(7, sheet.max_row + 1)}
    assert len(rows) == count
    for code, label, value in expected:
        found = sheet.cell(rows[code], labels[label]).value
        assert found == (words.SECRET if value is None else pytest.approx(value)), (code, label)
    assert sheet.auto_filter.ref is not None and sheet.freeze_panes == "C7"


def test_secret_is_a_word_never_a_zero_nor_a_blank(release: Release, book: openpyxl.Workbook) -> None:
    sheet = book["Communes"]
    column = columns(sheet, 4)["Niveau vie median"]
    values = [sheet.cell(r, column).value for r in range(7, sheet.max_row + 1)]
    (expected,) = query(
        release, "select count(*) from observations where indicateur = 'niveau_vie_median' and valeur is null"
    )
    assert expected[0] > 0 and values.count("secret") == expected[0]
    assert 0 not in values and None not in values


def test_every_sheet_prints_on_a4_landscape_with_its_header(book: openpyxl.Workbook) -> None:
    assert [s.title for s in book.worksheets][1:] == [
        "Départements",
        "EPCI",
        "Zones d'emploi",
        "Communes",
        "Notes et sources",
    ]
    for sheet in book.worksheets:
        assert sheet.page_setup.orientation == "landscape" and str(sheet.page_setup.paperSize) == "9"
        assert sheet.print_title_rows and sheet.freeze_panes and sheet.cell(1, 1).value


def test_notes_name_producer_licence_and_attribution(book: openpyxl.Workbook) -> None:
    sheet = book["Notes et sources"]
    text = {sheet.cell(r, 1).value: [c.value for c in sheet[r]] for r in range(5, sheet.max_row + 1)}
    (label,) = [key for key in text if str(key).startswith("Taux chomage localise")]
    row = " ".join(str(v) for v in text[label])
    for expected in (
        "Insee",
        "Licence Ouverte 2.0",
        "jeu synthétique",
        "T3 2023",
        "COG 2025",
        "taux_chomage_localise",
    ):
        assert expected in row


def test_flat_files_are_the_release(release: Release) -> None:
    folder = release.folder / "exports"
    expected = query(release, "select territoire, indicateur, valeur from chiffres_cles order by 1, 2")
    for frame in (
        pd.read_csv(folder / "chiffres_cles.csv", sep=";", decimal=",", dtype={"code_territoire": str}),
        pd.read_parquet(folder / "chiffres_cles.parquet"),
    ):
        frame["territoire"] = frame.type_territoire + "-" + frame.code_territoire
        found = frame.sort_values(["territoire", "indicateur"])
        assert list(found.territoire) == [e[0] for e in expected]
        assert found.valeur.isna().sum() == sum(e[2] is None for e in expected)
        assert found.valeur.sum() == pytest.approx(sum(e[2] or 0 for e in expected))
        assert set(found.loc[found.valeur.isna(), "mention"]) == {"secret"}
    assert (folder / "chiffres_cles.csv").read_bytes().startswith(b"\xef\xbb\xbf")


@pytest.mark.exports
def test_same_release_gives_the_same_workbook(release: Release, tmp_path: Path) -> None:
    from datetime import datetime

    from publish.exports import bundle
    from publish.exports.produce import Origin

    made = datetime.fromisoformat(release.manifest["produite_le"])
    listed = bundle.write(Origin(release.database, "28", release.nom, made), tmp_path)
    assert listed[0].name == "chiffres_cles.xlsx"
    again = {path.relative_to(tmp_path) for path in tmp_path.rglob("*") if path.is_file()}
    folder = release.folder / "exports"
    assert again == {path.relative_to(folder) for path in folder.rglob("*") if path.is_file()}
    assert {path.relative_to(tmp_path) for path in listed} <= again
    for path in again:
        assert (tmp_path / path).read_bytes() == (folder / path).read_bytes(), path
    tables = (folder / "dictionnaire/tables.html").read_text(encoding="utf-8")
    assert "<code>controles</code>" in tables, "added after the others"
