"""Every figure printed is the release's: PDF, HTML, workbooks, maps and bulk files are read back and compared.

Numbers are formatted here on their own, not by the code that printed them.
"""

from __future__ import annotations

import gzip
import hashlib
import html
import json
import os
import re
import subprocess
import sys
import zipfile
from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path
from typing import Any

import duckdb
import geopandas
import openpyxl
import pandas as pd
import pyarrow.parquet
import pyogrio
import pytest
import xlsxwriter
from pypdf import PdfReader

RACINE = Path(__file__).resolve().parents[2]
PORTRAITS = ("EPCI-200065597", "COM-14118", "ZE2020-2804", "DEP-61", "BV2022-14047", "PROJET-BASSE-NORMANDIE")
FINE, INSECABLE, MOINS = "\u202f", "\u00a0", "\u2212"
NUMBER = re.compile(rf"[{MOINS}+]?(?:\d{{1,3}}(?:{FINE}\d{{3}})+(?:,\d+)?|\d+,\d+)")
SCALE = 6.5  # points: round numbers of scales and legends (publish.exports.reports.charts)
NOTES = 6.15  # points: below, the notes, which are the dictionary's sentences


def exporter(data: Path, dossier: Path, **demande: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "publish", "export", "--dossier", str(dossier)],
        cwd=RACINE,
        env={**os.environ, "REFERENTIEL_DATA": str(data), **demande},
        capture_output=True,
        text=True,
        timeout=300,
    )


@pytest.fixture(scope="module")
def rapports(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    dossier = tmp_path_factory.mktemp("rapports")
    fait = exporter(data, dossier, PORTRAIT=",".join(PORTRAITS), TABLEAU_DE_BORD="oui")
    assert fait.returncode == 0, fait.stderr
    return dossier


def ecrit(valeur: float, decimales: int, signe: bool = False) -> str:
    """A number as French typography writes it."""
    arrondi = Decimal(repr(valeur)).quantize(Decimal(1).scaleb(-decimales), ROUND_HALF_EVEN)
    # Python's own rounding of the binary value, when both neighbours are as near.
    if abs(abs(Decimal(repr(valeur)) - arrondi) - Decimal(5).scaleb(-decimales - 1)) < Decimal("1e-9"):
        arrondi = Decimal(f"{valeur:.{decimales}f}")
    entier, _, reste = f"{abs(arrondi):f}".partition(".")
    groupes = []
    while entier:
        groupes.insert(0, entier[-3:])
        entier = entier[:-3]
    texte = FINE.join(groupes) + (f",{reste}" if reste else "")
    if not arrondi:
        return texte
    return (MOINS if arrondi < 0 else "+" if signe else "") + texte


def figures_de_la_release(base: duckdb.DuckDBPyConnection) -> set[str]:
    """Every way in which a figure of the release may be printed, of any territory and period."""
    permis: set[str] = set()

    def ajouter(valeur: float | None, decimales: int) -> None:
        if valeur is not None:
            permis.update((ecrit(valeur, decimales), ecrit(valeur, decimales, True)))

    for valeur, decimales in base.execute(
        "select distinct o.valeur, i.decimales from observations o join indicateurs i using (indicateur) where o.valeur is not null"
    ).fetchall():
        ajouter(valeur, decimales)
    for *valeurs, variation, unite, decimales in base.execute(
        "select k.valeur_departement, k.valeur_region, k.valeur_france, k.valeur_un_an_avant, k.variation, k.unite_variation,"
        " i.decimales from chiffres_cles k join indicateurs i using (indicateur)"
    ).fetchall():
        for valeur in valeurs:
            ajouter(valeur, decimales)
        ajouter(variation, 1 if unite == "%" else max(decimales, 1) if unite == "points" else decimales)
    for surface, rangs in base.execute("select superficie_km2, null from territoires").fetchall():
        ajouter(surface, 0)
        ajouter(rangs, 0)
    for (rang,) in base.execute(
        "select distinct unnest([rang, nombre_classes]) from chiffres_cles"
    ).fetchall():
        ajouter(rang, 0)
    for (nombre,) in base.execute(
        "select count(*) from appartenances group by type_territoire, code_territoire, millesime_cog"
    ).fetchall():
        for reste in range(nombre + 1):  # « et 341 autres communes »
            ajouter(reste, 0) if reste > 999 or reste == nombre else None
    return permis


def imprimes(pdf: Path) -> list[tuple[str, float]]:
    """Pieces of text of a PDF with their size in points."""
    trouves: list[tuple[str, float]] = []

    def lire(texte: str, cm: Any, tm: Any, police: Any, taille: float) -> None:
        if texte.strip():
            trouves.append((texte, round(abs(tm[3] * cm[3]) * taille, 2)))

    for page in PdfReader(pdf).pages:
        page.extract_text(visitor_text=lire)
    return trouves


def documents(rapports: Path) -> list[Path]:
    return [*sorted((rapports / "portraits").glob("*.pdf")), rapports / "tableau_de_bord.pdf"]


def test_every_number_of_the_pdf_is_a_figure_of_the_release(base, rapports: Path) -> None:
    permis = figures_de_la_release(base)
    assert len(documents(rapports)) == len(PORTRAITS) + 1
    for pdf in documents(rapports):
        pieces = imprimes(pdf)
        lus = [
            n
            for texte, taille in pieces
            if taille >= NOTES and abs(taille - SCALE) > 0.01
            for n in NUMBER.findall(texte)
        ]
        assert len(lus) > 80, (pdf.name, len(lus))
        etrangers = [n for n in lus if n not in permis]
        assert not etrangers, (pdf.name, etrangers[:10])


def test_every_number_of_the_html_is_a_figure_of_the_release(base, rapports: Path) -> None:
    permis = figures_de_la_release(base)
    pages = [*sorted((rapports / "portraits").glob("*.html")), rapports / "tableau_de_bord.html"]
    assert len(pages) == len(PORTRAITS) + 1
    for page in pages:
        corps, notes = page.read_text(encoding="utf-8").split("<div class='notes'>")
        assert corps.count("<svg") > 5 and notes
        corps = re.sub(
            rf'<style>.*?</style>|<text[^>]* font-size="{SCALE}".*?</text>', " ", corps, flags=re.DOTALL
        )
        # What is said to whoever does not see the charts, then what is written.
        dit = " ".join(re.findall(r'aria-label="([^"]*)"', corps))
        lus = NUMBER.findall(html.unescape(dit + re.sub(r"<sup>.*?</sup>|<[^>]+>", " ", corps)))
        assert len(lus) > 80, (page.name, len(lus))
        etrangers = [n for n in lus if n not in permis]
        assert not etrangers, (page.name, etrangers[:10])


def test_a_changed_figure_would_be_seen(base) -> None:
    permis = figures_de_la_release(base)
    assert f"281{FINE}165" in permis and "6,8" in permis
    assert f"281{FINE}166" not in permis and f"6{FINE}543{FINE}210" not in permis


@pytest.mark.parametrize("territoire", PORTRAITS)
def test_the_table_of_a_portrait_is_its_key_figures(base, rapports: Path, territoire: str) -> None:
    (pdf,) = (rapports / "portraits").glob(f"{territoire}*.pdf")
    texte = "".join(page.extract_text() for page in PdfReader(pdf).pages)
    (page,) = (rapports / "portraits").glob(f"{territoire}*.html")
    lignes = {
        re.sub(r"<sup>.*?</sup>|<[^>]+>", "", cellules[0]): [
            re.sub(r"<sup>.*?</sup>|<[^>]+>", "", c) for c in cellules[1:]
        ]
        for ligne in re.findall(r"<tr>(.*?)</tr>", page.read_text(encoding="utf-8"))
        if len(cellules := re.findall(r"<t[hd].*?>(.*?)</t[hd]>", ligne)) > 5
    }
    vus = 0
    for libelle, unite, decimales, periode, valeur, region, marque in base.execute(
        "select i.libelle, i.unite, i.decimales, k.periode, k.valeur, k.valeur_region, k.marque_producteur from chiffres_cles k"
        " join indicateurs i using (indicateur) where k.territoire = ? and k.valeur is not null",
        [territoire],
    ).fetchall():
        libelle = libelle.replace("'", "’")
        trouvees = [
            c for nom, c in lignes.items() if nom in (libelle, f"{libelle} ({unite})".replace("'", "’"))
        ]
        assert len(trouvees) == 1, libelle
        if marque in ("5 ou moins", "95 ou plus"):
            continue
        attendu = ecrit(valeur, decimales)
        assert trouvees[0][1].startswith(attendu), (libelle, periode, trouvees[0])
        assert attendu in texte.replace("\n", ""), (libelle, attendu)
        if region is not None and not territoire.startswith("REG"):
            assert any(c.startswith(ecrit(region, decimales)) for c in trouvees[0][2:]), libelle
        vus += 1
    assert vus >= 8


def test_secret_and_missing_are_said(base, rapports: Path) -> None:
    secrets = base.execute(
        "select count(*) from chiffres_cles where territoire = 'DEP-61' and confidentialite <> 'F' and valeur is null"
    ).fetchone()[0]
    texte = next((rapports / "portraits").glob("DEP-61*.html")).read_text(encoding="utf-8")
    assert secrets > 0 and "secret" in texte and ">n.d.<" in texte
    lignes = [ligne for ligne in re.findall(r"<tr>(.*?)</tr>", texte) if "n.d." in ligne or "secret" in ligne]
    assert lignes and not any(">0<" in ligne for ligne in lignes)


def test_portraits_have_two_to_four_pages_and_ten_charts(rapports: Path) -> None:
    for pdf in documents(rapports):
        assert 2 <= len(PdfReader(pdf).pages) <= 4, pdf.name
    for page in (rapports / "portraits").glob("*.html"):
        texte = page.read_text(encoding="utf-8")
        assert texte.count("<figure>") == 11, page.name  # the map and ten charts
        assert texte.count('role="img" aria-label="') == 11
    assert len(PdfReader(rapports / "tableau_de_bord.pdf").pages) == 4


def test_pdfs_are_tagged_titled_and_french(rapports: Path) -> None:
    for pdf in documents(rapports):
        lecteur = PdfReader(pdf)
        racine = lecteur.trailer["/Root"]
        assert racine["/Lang"] == "fr-FR" and racine["/MarkInfo"]["/Marked"]
        assert lecteur.metadata is not None and " — " in str(lecteur.metadata.title)
        texte = "".join(page.extract_text() for page in lecteur.pages)
        assert not re.search(r"\d\.\d{1,2} ?%|\d \?| ;(?! )", texte.replace(FINE, "~")), pdf.name


def test_climate_is_printed_or_said_missing(base, rapports: Path) -> None:
    recu = base.execute(
        "select count(valeur) from observations where indicateur like 'climat_affaires%' and territoire = 'REG-28'"
    ).fetchone()[0]
    texte = (rapports / "tableau_de_bord.html").read_text(encoding="utf-8")
    assert ("non reçu dans cette release" in texte) == (recu == 0)


def test_workbook_is_the_release(base, data: Path, tmp_path: Path) -> None:
    fait = exporter(
        data, tmp_path, CLASSEUR="essai.xlsx", TERRITOIRES="EPCI,DEP,COM-14118,COM-61001",
        INDICATEURS="population_municipale,taux_chomage_localise,niveau_vie_median,evolution_emploi_salarie_prive_an",
    )  # fmt: skip
    assert fait.returncode == 0, fait.stderr
    classeur = openpyxl.load_workbook(tmp_path / "essai.xlsx")
    assert {"Lisez-moi", "Population", "Emploi", "Revenus", "Dictionnaire", "Sources"} <= set(
        classeur.sheetnames
    )
    libelles = dict(base.execute("select libelle, indicateur from indicateurs").fetchall())
    territoires = {
        (c, t): k
        for k, c, t in base.execute("select territoire, code_territoire, libelle from territoires").fetchall()
    }
    compares = 0
    for feuille in classeur:
        if " séries " not in feuille.title:
            continue
        assert feuille._charts, feuille.title
        periodes = [c.value for c in feuille[4]][4:]
        for ligne in feuille.iter_rows(min_row=5):
            if ligne[1].value is None:
                continue
            cle = territoires[(ligne[1].value, ligne[2].value)]
            attendus = {
                p: v for p, v in base.execute(
                    "select periode, valeur from observations where indicateur = ? and territoire = ? and modalite = '_T'",
                    [libelles[ligne[0].value], cle],
                ).fetchall()
            }  # fmt: skip
            lus = {p: c.value for p, c in zip(periodes, ligne[4:], strict=True) if c.value is not None}
            assert len(lus) == len(attendus)
            for (_, attendu), lu in zip(sorted(attendus.items()), lus.values(), strict=True):
                assert lu == attendu if attendu is not None else lu in ("secret", "n.d.")
                compares += 1
    assert compares > 1000
    revenus = {ligne[1].value: ligne[3].value for ligne in classeur["Revenus"].iter_rows(min_row=6)}
    assert revenus["14118"] == 21600 and isinstance(revenus["14118"], (int, float))
    assert all(v in ("n.d.", "secret") for k, v in revenus.items() if k and len(k) != 5)


def test_a_workbook_names_what_it_has_no_figure_for_and_prints_in_readable_pages(
    base, data: Path, tmp_path: Path
) -> None:
    fait = exporter(
        data, tmp_path, CLASSEUR="essai.xlsx", TERRITOIRES="EPCI,REG-28", INDICATEURS="Population,Emploi"
    )
    assert fait.returncode == 0, fait.stderr
    classeur = openpyxl.load_workbook(tmp_path / "essai.xlsx")
    sans_chiffre = {
        libelle for (libelle,) in base.execute(
            """select libelle from indicateurs as i where theme in ('Population', 'Emploi') and not exists (
                from observations as o inner join territoires as t using (territoire)
                where o.indicateur = i.indicateur and o.modalite = '_T'
                and (t.type_territoire = 'EPCI' or o.territoire = 'REG-28'))"""
        ).fetchall()
    }  # fmt: skip
    lisez_moi = {ligne[0].value: ligne[1].value for ligne in classeur["Lisez-moi"].iter_rows(min_row=5)}
    dit = lisez_moi["Sans chiffre pour ces territoires"].removesuffix(".").split(" ; ")
    assert sans_chiffre and set(dit) == sans_chiffre
    for nom in ("Population", "Emploi"):
        feuille = classeur[nom]
        noms = {c.value for c in feuille[4][3:] if c.value}
        assert noms and not noms & sans_chiffre
        assert (feuille.page_setup.fitToWidth or 1) == -(
            -len(noms) // 14
        ) and feuille.print_title_cols == "$A:$C"


def test_a_chart_never_puts_an_epci_and_france_on_one_scale(base, data: Path, tmp_path: Path) -> None:
    fait = exporter(
        data,
        tmp_path,
        CLASSEUR="essai.xlsx",
        TERRITOIRES="EPCI-200065597,REG-28,FRANCE-F",
        INDICATEURS="Population,Emploi",
    )
    assert fait.returncode == 0, fait.stderr
    natures = dict(base.execute("select libelle, nature from indicateurs").fetchall())
    classeur = openpyxl.load_workbook(tmp_path / "essai.xlsx")
    for nom in ("Population", "Emploi"):
        colonne = re.search(r"\$([A-Z]+)\$6", classeur[nom]._charts[0].series[0].val.numRef.f)[1]
        assert natures[classeur[nom][f"{colonne}4"].value] == "ratio"
    feuille = classeur["Population séries annuelles"]
    lignes = [int(re.search(r"\$(\d+):", s.val.numRef.f)[1]) for s in feuille._charts[0].series]
    assert {natures[feuille.cell(ligne, 1).value] for ligne in lignes} == {"ratio"} and len(lignes) > 1


def test_a_template_is_filled_and_kept(base, data: Path, tmp_path: Path) -> None:
    modele = openpyxl.Workbook()
    feuille = modele.active
    feuille["A1"], feuille["B2"] = "Région : notre en-tête", "{{population_municipale|EPCI-200065597}}"
    feuille["B3"], feuille["B4"] = (
        "{{periode:taux_chomage_localise|ZE2020-2804}}",
        "{{taux_chomage_localise|ZE2020-2804|2023-T3}}",
    )
    feuille["B5"] = "{{taux_pauvrete|EPCI-200065597}}"
    feuille["B2"].number_format = "0.00"
    modele.save(tmp_path / "modele.xlsx")
    fait = exporter(
        data, tmp_path, CLASSEUR="rempli.xlsx", TERRITOIRES="EPCI-200065597", MODELE=str(tmp_path / "modele.xlsx")
    )  # fmt: skip
    assert fait.returncode == 0, fait.stderr
    rempli = openpyxl.load_workbook(tmp_path / "rempli.xlsx")
    lu = rempli.worksheets[0]
    assert lu["A1"].value == "Région : notre en-tête" and lu["B2"].number_format == "0.00"
    assert (lu["B2"].value, lu["B4"].value, lu["B5"].value) == (281165, 6.8, "n.d.")
    donnees = rempli["Données"]
    n = base.execute(
        "select count(*) from observations where territoire = 'EPCI-200065597' and modalite = '_T'"
    ).fetchone()[0]
    assert donnees.max_row == n + 1
    feuille["B6"] = "{{taux_chomage|ZE2020-2804}}"
    modele.save(tmp_path / "modele.xlsx")
    refus = exporter(
        data, tmp_path, CLASSEUR="refus.xlsx", TERRITOIRES="DEP", MODELE=str(tmp_path / "modele.xlsx")
    )
    assert (
        refus.returncode == 2
        and "B6" in refus.stderr
        and "taux_chomage_localise" in refus.stderr.replace("\n", "")
    )
    assert not list(tmp_path.glob("*refus*"))


def test_charts_of_a_template_stay_and_what_does_not_is_said(data: Path, tmp_path: Path) -> None:
    modele = xlsxwriter.Workbook(tmp_path / "charte.xlsx")
    feuille = modele.add_worksheet("Page")
    modele.add_worksheet("Données")
    feuille.write("A1", "=SUM('Données'!H2:H5)")
    feuille.conditional_format("A1:A5", {"type": "data_bar"})
    barres = modele.add_chart({"type": "column"})
    serie = {"values": "='Données'!$H$2:$H$5", "categories": "='Données'!$G$2:$G$5"}
    barres.add_series(
        {**serie, "name": "Habitants", "fill": {"color": "#C8432B"}, "data_labels": {"value": True}}
    )
    barres.set_title({"name": "Notre graphique"})
    barres.set_y_axis({"min": 5, "num_format": "0.0"})
    courbe = modele.add_chart({"type": "line"})
    courbe.add_series({**serie, "line": {"color": "#00AA00", "width": 3}})
    barres.combine(courbe)
    feuille.insert_chart("D2", barres)
    demande = {"TERRITOIRES": "EPCI-200065597", "MODELE": str(tmp_path / "charte.xlsx")}
    feuille.insert_textbox("A20", "Une zone de texte")
    modele.close()
    fait = exporter(data, tmp_path, CLASSEUR="rempli.xlsx", **demande)
    assert fait.returncode == 0, fait.stderr
    assert "n'est pas repris : formes et zones de texte." in fait.stderr
    with zipfile.ZipFile(tmp_path / "rempli.xlsx") as rempli:
        (nom,) = [n for n in rempli.namelist() if n.startswith("xl/charts/chart")]
        graphique = rempli.read(nom).decode()
    for garde in (
        "barChart",
        "lineChart",
        "Notre graphique",
        "Habitants",
        "C8432B",
        "00AA00",
        'showVal val="1"',
        'min val="5"',
    ):
        assert garde in graphique, garde
    assert graphique.count("'Données'!$H$2:$H$5") == graphique.count("'Données'!$G$2:$G$5") == 2
    lu = openpyxl.load_workbook(tmp_path / "rempli.xlsx")
    assert lu["Page"]["A1"].value == "=SUM('Données'!H2:H5)" and len(lu["Page"].conditional_formatting) == 1
    # The cells that the chart reads hold the figures.
    assert all(isinstance(lu["Données"][f"H{ligne}"].value, int | float) for ligne in range(2, 6))


@pytest.fixture(scope="module")
def vrac(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    dossier = tmp_path_factory.mktemp("vrac")
    fait = exporter(data, dossier, VRAC="tout")
    assert fait.returncode == 0, fait.stderr
    return dossier / "vrac"


def test_bulk_tables_are_the_release(base, vrac: Path) -> None:
    n, somme, secrets = base.execute(
        "select count(*), sum(valeur), count(*) filter (valeur is null) from observations"
    ).fetchone()
    csv = pd.read_csv(vrac / "csv/observations.csv.gz", dtype={"periode": str}, low_memory=False)
    parquet = pd.read_parquet(vrac / "parquet/observations.parquet")
    for table in (csv, parquet):
        assert len(table) == n and table.valeur.isna().sum() == secrets
        assert table.valeur.sum() == pytest.approx(somme, rel=1e-12)
        assert table.licence.notna().all() and table.attribution.notna().mean() > 0.9
    assert b"attribution" in pyarrow.parquet.read_metadata(vrac / "parquet/territoires.parquet").metadata
    sdmx = pd.read_csv(vrac / "sdmx/observations.csv.gz", dtype=str, keep_default_na=False)
    assert list(sdmx.columns[:8]) == [
        "STRUCTURE", "STRUCTURE_ID", "ACTION", "FREQ", "REF_AREA", "INDICATOR", "BREAKDOWN", "TIME_PERIOD",
    ]  # fmt: skip
    assert len(sdmx) == n and (sdmx.OBS_VALUE == "").sum() == secrets
    assert set(sdmx.STRUCTURE) == {"dataflow"} and set(sdmx.ACTION) == {"I"} and set(sdmx.FREQ) <= set("AQMS")
    assert sdmx.TIME_PERIOD.str.fullmatch(r"\d{4}(-Q[1-4]|-S[12]|-(0[1-9]|1[0-2]))?").all()
    assert not sdmx.duplicated(["REF_AREA", "INDICATOR", "BREAKDOWN", "TIME_PERIOD"]).any()


def test_maps_carry_the_figures_and_whole_outlines(base, vrac: Path) -> None:
    couches = {nom for nom, _ in pyogrio.list_layers(vrac / "geopackage/territoires.gpkg")}
    assert {"com", "epci", "ze2020", "bv2022", "dep", "reg"} <= couches
    for niveau in ("epci", "ze2020", "com"):
        attendus = dict(
            base.execute(
                "select k.territoire, k.valeur from chiffres_cles k where k.indicateur = 'emploi_salarie_prive'"
            ).fetchall()
        )
        for fichier in (
            geopandas.read_file(vrac / f"geojson/{niveau}.geojson"),
            geopandas.read_file(vrac / "geopackage/territoires.gpkg", layer=niveau),
        ):
            assert (
                fichier.crs == "EPSG:4326"
                and fichier.geometry.is_valid.all()
                and not fichier.geometry.is_empty.any()
            )
            assert {t: v for t, v in zip(fichier.territoire, fichier.emploi_salarie_prive, strict=True)} == {
                t: pytest.approx(attendus[t], nan_ok=True) for t in fichier.territoire
            }
    communes = geopandas.read_file(vrac / "geojson/com.geojson").to_crs(2154)
    region = geopandas.read_file(vrac / "geojson/reg.geojson").to_crs(2154)
    assert communes.area.sum() == pytest.approx(region.area.sum(), rel=1e-6)
    assert len(communes) == 2644
    zones = geopandas.read_file(vrac / "geojson/ze2020.geojson")
    assert zones.contour_partiel.sum() == 5
    dit = json.loads((vrac / "geojson/epci.geojson").read_text(encoding="utf-8"))
    assert "Licence Ouverte" in dit["licence"] and "Urssaf" in dit["attribution"]


def test_metadata_describe_every_file(vrac: Path) -> None:
    paquet = json.loads((vrac / "datapackage.json").read_text(encoding="utf-8"))
    decrits = {r["path"]: r for r in paquet["resources"]}
    fichiers = {
        p.relative_to(vrac).as_posix() for p in vrac.rglob("*")
        if p.is_file() and p.suffix != ".xml"  # GDAL leaves statistics beside a GeoPackage that was read
        and p.name not in ("datapackage.json", "catalogue.jsonld", "LICENCES.md")
    }  # fmt: skip
    assert set(decrits) == fichiers and len({r["name"] for r in decrits.values()}) == len(decrits)
    for chemin, ressource in decrits.items():
        contenu = (vrac / chemin).read_bytes()
        assert ressource["bytes"] == len(contenu)
        assert ressource["hash"] == "sha256:" + hashlib.sha256(contenu).hexdigest()
        if "schema" in ressource:
            ouvrir = gzip.decompress(contenu) if chemin.endswith(".gz") else contenu
            entete = ouvrir.split(b"\n", 1)[0].decode().strip().split(",")
            assert [champ["name"] for champ in ressource["schema"]["fields"]] == entete, chemin
            assert all(champ.get("description") for champ in ressource["schema"]["fields"]), chemin
    catalogue = json.loads((vrac / "catalogue.jsonld").read_text(encoding="utf-8"))
    jeu = catalogue["dcat:dataset"]
    assert catalogue["@type"] == "dcat:Catalog" and {"dct:title", "dct:description", "dct:publisher"} <= set(
        catalogue
    )
    assert {
        "dct:title",
        "dct:description",
        "dct:publisher",
        "dct:temporal",
        "dcat:theme",
        "dcat:distribution",
    } <= set(jeu)
    assert len(jeu["dcat:distribution"]) == len(fichiers)
    assert all({"dcat:accessURL", "dct:license", "dct:format"} <= set(d) for d in jeu["dcat:distribution"])
    assert "Urssaf" in (vrac / "LICENCES.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("demande", "dit"),
    [
        ({"PORTRAIT": "EPCI-200065579"}, "EPCI-200065597"),
        ({"PORTRAIT": "DEP-14,COM-99999"}, "Territoire inconnu : COM-99999"),
        (
            {"CLASSEUR": "x.xlsx", "TERRITOIRES": "DEP", "INDICATEURS": "population_municipal"},
            "population_municipale",
        ),
        ({"VRAC": "shapefile"}, "format inconnu"),
    ],
)
def test_a_wrong_request_is_refused_whole(
    data: Path, tmp_path: Path, demande: dict[str, str], dit: str
) -> None:
    fait = exporter(data, tmp_path, **demande)
    assert fait.returncode == 2
    assert dit in " ".join(fait.stderr.split())
    assert not list(tmp_path.iterdir())


def test_the_release_carries_a_dashboard_and_a_portrait(data: Path) -> None:
    exports = data / "published/current/exports"
    assert (exports / "tableau_de_bord.pdf").stat().st_size > 20_000
    assert {p.suffix for p in (exports / "portraits").iterdir()} == {".pdf", ".html"}
