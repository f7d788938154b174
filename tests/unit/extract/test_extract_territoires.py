"""Membership tables: each way of spoiling one is refused with the line, the reason and the likely fix.

The lists of communes are Insee's (figures of the replica); the tables are SYNTHETIC specimens made here, with real codes."""

from __future__ import annotations

from pathlib import Path

import duckdb
import openpyxl
import pytest

from extract.__main__ import main
from extract.cog import Cog, ranges
from extract.errors import DeliveryRefused, SettingsError
from extract.replica.figures import FOLDER
from extract.territoires import Member, Verdict, read_members, verify

# Communes of Normandie in each list, and the whole country where a list of Insee was read.
NORMANDIE = {
    2014: 3232, 2015: 3221, 2016: 2885, 2017: 2722, 2018: 2709, 2019: 2651, 2020: 2652, 2021: 2652, 2022: 2652, 2023: 2651,
    2024: 2651, 2025: 2644, 2026: 2644,
}  # fmt: skip
FRANCE = {2019: 34970, 2021: 34965, 2022: 34955, 2023: 34945, 2024: 34935, 2025: 34875, 2026: 34875}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder whose landing holds the list and the movements."""
    folder = tmp_path_factory.mktemp("data")
    landing = folder / "landing"
    with duckdb.connect() as c:
        for source, figures in (
            ("insee__cog_communes", "cog_communes"),
            ("insee__cog_mouvements", "cog_mouvements"),
        ):
            (landing / source).mkdir(parents=True)
            c.execute(
                f"copy (select *, '{source}-1' as _livraison, null::varchar as _partition, row_number() over () as _ligne"
                f" from '{FOLDER}/{figures}.parquet') to '{landing}/{source}/{source}-1.parquet' (format parquet)"
            )
        c.execute(
            "copy (select source || '-1' as livraison, source, timestamp '2026-01-02' as recu_le, null::timestamp as publie_le,"
            " 'nouveau' as resultat from (values ('insee__cog_communes'), ('insee__cog_mouvements')) v (source))"
            f" to '{landing}/_livraisons.parquet' (format parquet)"
        )
    return folder


@pytest.fixture(scope="module")
def cog(data: Path) -> Cog:
    return Cog.from_landing(data / "landing")


def judge(cog: Cog, codes: list[str], year: int | None = None, zones: list[str] | None = None) -> Verdict:
    members = [Member(n, code, zones[n - 2] if zones else None) for n, code in enumerate(codes, start=2)]
    return verify(members, cog, year)


def test_the_replay_gives_every_list(cog: Cog) -> None:
    counts = {
        year: sum(code[:2] in ("14", "27", "50", "61", "76") for code in codes)
        for year, codes in cog.lists.items()
    }
    assert counts == NORMANDIE
    assert {year: len(cog.lists[year]) for year in FRANCE} == FRANCE


def test_the_replay_gives_the_lists_of_insee_code_by_code(cog: Cog) -> None:
    gaps = duckdb.execute(
        f'select "ANNEE", "COM", "PRESENTE" from \'{FOLDER}/cog_communes_ecarts.parquet\''
    ).fetchall()
    for year in {row[0] for row in gaps}:
        absent = {code for y, code, there in gaps if y == year and not there}
        present = {code for y, code, there in gaps if y == year and there}
        assert cog.lists[year] == (set(cog.current) - absent) | present, year


def test_a_code_can_die_and_come_back(cog: Cog) -> None:
    assert ranges(cog.years("27676")) == "2014 à 2020, 2023 à 2026"
    assert ranges(cog.years("14666")) == "2014 à 2016, 2020 à 2026"


@pytest.mark.parametrize(
    ("code", "kind", "words", "fix"),
    [
        ("1004", "zero_perdu", "zéro de tête est perdu", "Sans doute 01004 (Ambérieu-en-Bugey)"),
        ("14118.0", "forme", "cinq caractères", "Sans doute 14118 (Caen)"),
        ("14 118", "forme", "cinq caractères", "Sans doute 14118 (Caen)"),
        ("2a004", "forme", "cinq caractères", "Sans doute 2A004 (Ajaccio)"),
        ("", "vide", "pas de code", "ôtez-la"),
        ("Caen", "jamais", "pas un code de commune", "cinq caractères"),
        ("14999", "jamais", "aucune commune n'a porté ce code", "Vérifiez le code"),
        ("50129", "ok", "", ""),
        ("50173", "millesime", "Équeurdreville-Hainneville n'est pas une commune du COG 2026", "2014 à 2015. En 2026 : 50129 (Cherbourg-en-Cotentin)"),
        ("75101", "fraction", "un arrondissement municipal, pas une commune", "La commune est 75056 (Paris)"),
    ],
)  # fmt: skip
def test_each_fault_says_why_and_what_to_do(cog: Cog, code: str, kind: str, words: str, fix: str) -> None:
    verdict = judge(cog, ["14118", code] if code != "14118.0" and code != "14 118" else ["76540", code])
    if kind == "ok":
        assert not verdict.faults
        return
    (fault,) = verdict.faults
    assert (fault.line, fault.kind, fault.code) == (3, kind, code)
    assert words in fault.reason
    assert fix in fault.fix


def test_a_code_of_a_later_vintage_is_told(cog: Cog) -> None:
    (fault,) = judge(cog, ["14581"], 2023).faults
    assert "2025 à 2026" in fault.fix


def test_a_commune_twice_names_the_first_line(cog: Cog) -> None:
    (fault,) = judge(cog, ["14118", "14327", "14118"]).faults
    assert (fault.line, fault.kind) == (4, "doublon")
    assert "ligne 2" in fault.reason


def test_a_commune_twice_in_two_zones_is_right(cog: Cog) -> None:
    assert not judge(cog, ["14118", "14118"], zones=["A", "B"]).faults
    assert judge(cog, ["14118", "14118"], zones=["A", "A"]).faults


def test_the_whole_file_of_another_vintage_is_recognised(cog: Cog) -> None:
    former = sorted(code for code in cog.lists[2018] if code.startswith("14"))
    verdict = judge(cog, former)
    assert verdict.fitting[-1] == 2018
    assert "--cog 2018" in (verdict.advice or "")
    assert not judge(cog, former, 2018).faults


def test_a_table_saved_by_a_spreadsheet_is_refused(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SYNTHETIC specimen in the layout of a real one: cp1252, semicolons, codes turned into numbers."""
    table = tmp_path / "appartenance_zeros_perdus.csv"
    table.write_bytes(
        "CODGEO;LIBGEO;DEP;REG;EPCI\r\n1004;Ambérieu-en-Bugey;1;84;240100883\r\n1005;Ambérieux-en-Dombes;1;84;200042497\r\n"
        "14118;Caen;14;28;200065597\r\n".encode("cp1252")
    )
    monkeypatch.setenv("REFERENTIEL_DATA", str(data))
    assert main(["verifier-zonage", str(table)]) == 1
    members = read_members(table)
    assert [m.line for m in members] == [2, 3, 4]
    verdict = verify(members, Cog.from_landing(data / "landing"))
    assert [fault.kind for fault in verdict.faults] == ["zero_perdu", "zero_perdu"]
    assert "tableur" in (verdict.advice or "")


def test_a_good_table_is_accepted(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    table = tmp_path / "zone.csv"
    table.write_text("territoire,code_commune\nA,14118\nB,14118\n", encoding="utf-8")
    monkeypatch.setenv("REFERENTIEL_DATA", str(data))
    assert main(["verifier-zonage", str(table), "--zone", "territoire"]) == 0
    assert main(["verifier-zonage", str(table)]) == 1
    assert main(["verifier-zonage", str(table), "--cog", "1999"]) == 2


def test_workbooks_are_read_and_numbers_in_them_are_lost_zeros(cog: Cog, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(["Lisez-moi"])
    sheet = book.create_sheet("Communes")
    for row in (["Zonage de test"], [], ["INSEE", "Zone"], [1004, "A"], ["14118", "A"]):
        sheet.append(row)
    path = tmp_path / "zones.xlsx"
    book.save(path)
    verdict = verify(read_members(path), cog)
    assert [(fault.line, fault.kind) for fault in verdict.faults] == [(4, "zero_perdu")]


def test_a_file_without_codes_is_refused(tmp_path: Path) -> None:
    table = tmp_path / "noms.csv"
    table.write_text("nom;zone\nCaen;A\n", encoding="utf-8")
    with pytest.raises(DeliveryRefused, match="--colonne"):
        read_members(table)
    with pytest.raises(DeliveryRefused, match="pas de colonne secteur"):
        read_members(table, column="nom", zone="secteur")


def test_without_the_lists_nothing_is_judged(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="make demo"):
        Cog.from_landing(tmp_path)
