"""Figures and zonings that nobody had given, dropped in by `extract deposit`, land in today's communes to the unit.

SYNTHETIC: an older census in the geography of 2014, a membership table of 2026 with other cantons, the EPCI of 2019. The codes are Insee's."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import openpyxl
import pytest
from conduite import RACINE

from tests.run_dbt import run_dbt

REGION = ("14", "27", "50", "61", "76")


def people(code: str) -> int:
    """An invented population, the same each time."""
    return int(code.replace("A", "0").replace("B", "0")) * 37 % 9973 + 10


@pytest.fixture(scope="module")
def codes(base: duckdb.DuckDBPyConnection) -> dict[int, list[str]]:
    rows = base.execute(
        "select cog_source, list(distinct code_source order by code_source) from passages"
        " where cog_source in (2014, 2019, 2026) group by 1"
    ).fetchall()
    return dict(rows)


@pytest.fixture(scope="module")
def built(data: Path, codes: dict[int, list[str]], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo's archive and landing, three deposits, and a candidate built from them."""
    folder = tmp_path_factory.mktemp("depots")
    for part in ("archive", "landing"):
        shutil.copytree(data / part, folder / "data" / part)
    census = folder / "ensemble.csv"
    lines = [f"99;{c[:2]};{c};{people(c)};1;{people(c) + 1}" for c in codes[2014]]
    census.write_text("REG;DEP;COM;PMUN;PCAP;PTOT\n" + "\n".join(lines) + "\n", encoding="utf-8")
    zones = folder / "appartenance.csv"
    header = "codgeo,libgeo,dep,reg,epci,arr,canton,ze2020,uu2020,aav2020,bv2022\n"
    here = [c for c in codes[2026] if c.startswith(REGION)]
    # communes whose code is even in one canton, the others in another, département by département
    zones.write_text(
        header
        + "".join(
            f"{c},x,{c[:2]},28,200000001,{c[:2]}1,{c[:2]}9{int(c) % 2},2801,{c[:2]}000,000,{c}\n"
            for c in here
        ),
        encoding="utf-8",
    )
    epci = folder / "epcicom2019.xlsx"
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("Epcicom2019")
    sheet.append(
        ["dept", "siren", "raison_sociale", "nature_juridique", "mode_financ", "nb_membres", "total_pop_tot", "total_pop_mun",
         "dep_com", "insee", "siren_membre", "nom_membre", "ptot_2019", "pmun_2019"]
    )  # fmt: skip
    for c in codes[2019]:
        siren = "9000000" + (c[:2] if c[:2].isdigit() else "20")
        sheet.append([c[:2], siren, "CC X", "CC", "FPU", 2, 1, 1, c[:2], c, "210000000", "x", 1, 1])
    book.save(epci)
    environment = {k: v for k, v in os.environ.items() if not k.startswith("REFERENTIEL_")}
    environment |= {
        "REFERENTIEL_DATA": str(folder / "data"), "REFERENTIEL_LANDING": str(folder / "data/landing"),
        "REFERENTIEL_BASE": str(folder / "candidat.duckdb"), "DBT_TARGET_PATH": str(folder / "cible"),
        "DBT_LOG_PATH": str(folder / "journal"), "DO_NOT_TRACK": "1",
    }  # fmt: skip

    def run(*command: str) -> None:
        done = subprocess.run(
            command, cwd=RACINE, env=environment, capture_output=True, text=True, timeout=400
        )
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-2000:]

    deposit = (sys.executable, "-m", "extract", "deposit")
    run(*deposit, "insee__populations_communes", str(census), "--partition", "2011_geo2014", "--published-on", "2013-12-31")  # fmt: skip
    run(*deposit, "insee__appartenance", str(zones), "--partition", "2026", "--published-on", "2026-02-01")
    run(*deposit, "dgcl__epci", str(epci), "--partition", "2019", "--published-on", "2019-03-01")
    tests = ("populations_france_conservees", "masses_conservees", "passages_poids", "epci_deux_listes")
    for arguments in (("seed",), ("run",), ("test", "--select", *tests)):
        built = run_dbt(*arguments, cwd=RACINE, env=environment, timeout=400)
        assert built.returncode == 0, built.stdout[-3000:] + built.stderr[-2000:]
    return folder / "candidat.duckdb"


def value(c: duckdb.DuckDBPyConnection, place: str) -> tuple:
    return c.execute(
        "select round(valeur, 3), methode, millesime_cog from observations where indicateur = 'population_municipale'"
        " and periode = '2011' and territoire = ?",
        [place],
    ).fetchone()


@pytest.mark.long
def test_an_older_census_lands_in_todays_communes_to_the_unit(
    built: Path, codes: dict[int, list[str]]
) -> None:
    with duckdb.connect(str(built), read_only=True) as c:
        assert value(c, "COM-14118") == (people("14118"), "publiee", 2014)
        # Cherbourg-en-Cotentin gathers five communes of 2014; Sannerville is itself again
        five = sum(people(one) for one in ("50129", "50173", "50203", "50416", "50602"))
        assert value(c, "COM-50129") == (five, "projetee", 2014)
        assert value(c, "COM-14666") == (people("14666"), "publiee", 2014)
        sigy, lucien = (value(c, f"COM-{code}")[0] for code in ("76676", "76601"))
        assert sigy + lucien == pytest.approx(people("76676"))
        assert lucien == pytest.approx(people("76676") * 0.324, rel=0.01)
        # Pont-Farcy went from the Calvados to the Manche: the region keeps all, to the unit
        whole = sum(people(one) for one in codes[2014] if one.startswith(REGION))
        assert value(c, "REG-28")[0] == whole
        assert value(c, "DEP-14")[0] == sum(
            people(one) for one in codes[2014] if one.startswith("14") and one != "14513"
        )


@pytest.mark.long
def test_another_zoning_lands_to_the_unit(built: Path, codes: dict[int, list[str]]) -> None:
    with duckdb.connect(str(built), read_only=True) as c:
        places = c.execute(
            "select code_territoire, population_municipale from territoires where type_territoire = 'CAN' order by 1"
        ).fetchall()
        assert [code for code, _ in places] == [f"{d}9{n}" for d in REGION for n in (0, 1)]
        communes = dict(
            c.execute(
                "select code_territoire, population_municipale from territoires where type_territoire = 'COM'"
            ).fetchall()
        )
        for code, population in places:
            mine = [v for k, v in communes.items() if k.startswith(code[:2]) and int(k) % 2 == int(code[-1])]
            assert population == sum(mine), code
        assert sum(p for _, p in places) == sum(communes.values())


@pytest.mark.long
def test_epci_of_another_year_are_kept_in_their_own_communes(
    built: Path, codes: dict[int, list[str]]
) -> None:
    with duckdb.connect(str(built), read_only=True) as c:
        found = c.execute(
            "select code_commune from appartenances where type_territoire = 'EPCI' and millesime_cog = 2019"
            " and code_territoire = '900000050' order by 1"
        ).fetchall()
        assert [code for (code,) in found] == [one for one in codes[2019] if one.startswith("50")]
        # today's EPCI are still those of the newest list
        assert c.execute("select count(*) from territoires where type_territoire = 'EPCI'").fetchone() == (
            71,
        )
