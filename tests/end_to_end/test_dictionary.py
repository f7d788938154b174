"""The dictionary of the release, in a real headless Chromium, opened as a reader opens it: from a file, without a network."""

import html
import re
import shutil
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from urllib.parse import unquote

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from publish import words

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
navigateur_present = pytest.mark.skipif(
    CHROMIUM is None, reason="Chromium absent, le dictionnaire n'a pas été essayé : apt-get install chromium"
)


@pytest.fixture(scope="session")
def site(data: Path) -> Path:
    return data / "published/current/exports/dictionnaire"


@pytest.fixture(scope="session")
def navigateur() -> Iterator[Browser]:
    with sync_playwright() as p:
        ouvert = p.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield ouvert
        ouvert.close()


@pytest.fixture
def page(navigateur: Browser) -> Iterator[Page]:
    """A page that may fetch files only, and whose every error is kept."""
    fautes: list[str] = []
    page = navigateur.new_page(viewport={"width": 1180, "height": 900})
    page.on("console", lambda m: fautes.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda e: fautes.append(str(e)))
    page.on("request", lambda r: None if r.url.startswith("file:") else fautes.append(r.url))
    yield page
    page.close()
    assert not fautes, fautes


def test_one_page_an_indicator_a_source_a_level(site: Path, base) -> None:
    for dossier, requete in (
        ("indicateur", "select indicateur from indicateurs"),
        ("source", "select source from sources"),
        ("niveau", "select distinct type_territoire from territoires"),
    ):
        attendues = {nom for (nom,) in base.execute(requete).fetchall()}
        assert {p.stem for p in (site / dossier).glob("*.html")} == attendues, dossier


def test_every_link_leads_somewhere(site: Path) -> None:
    for fichier in site.rglob("*.html"):
        texte = fichier.read_text(encoding="utf-8")
        ancres = set(re.findall(r'id="([^"]+)"', texte))
        for lien in re.findall(r'(?:href|src)="([^"]+)"', texte):
            if lien.startswith("http"):
                continue
            chemin, _, ancre = unquote(html.unescape(lien)).partition("#")
            assert not chemin or (fichier.parent / chemin).resolve().is_file(), f"{fichier.name} : {lien}"
            assert chemin or ancre in ancres, f"{fichier.name} : {lien}"


def test_every_table_and_column_is_explained(site: Path, base) -> None:
    texte = (site / "tables.html").read_text(encoding="utf-8")
    for (colonne,) in base.execute(
        "select column_name from duckdb_columns() where schema_name = 'main' and not internal"
    ).fetchall():
        assert f"<code>{colonne}</code>" in texte
    assert "<td>None</td>" not in texte


def test_figures_of_the_pages_are_those_of_the_release(site: Path, base) -> None:
    lues = 0
    for indicateur, decimales in base.execute("select indicateur, decimales from indicateurs").fetchall():
        texte = (site / "indicateur" / f"{indicateur}.html").read_text(encoding="utf-8")
        table = re.search(r"<summary>Les points de la courbe</summary>(.*?)</table>", texte, re.DOTALL)
        if table is None:
            continue
        ecrites = re.findall(r'<th scope="row">(.*?)</th><td>(.*?)</td><td class="n">(.*?)</td>', table[1])
        connues = {
            (libelle, words.period(periode), words.number(valeur, decimales or 0))
            for libelle, periode, valeur in base.execute(
                "select t.libelle, o.periode, o.valeur from observations as o inner join territoires as t using (territoire)"
                " where o.indicateur = ? and o.modalite = '_T' and t.type_territoire in ('REG', 'FRANCE')",
                [indicateur],
            ).fetchall()
        }
        assert ecrites
        for libelle, periode, valeur in ecrites:
            assert (html.unescape(libelle), periode, html.unescape(valeur)) in connues, (
                f"{indicateur} {periode}"
            )
            lues += 1
    assert lues > 500


def test_coverage_counts_are_those_of_the_release(site: Path, base) -> None:
    texte = (site / "indicateur/niveau_vie_median.html").read_text(encoding="utf-8")
    chiffres, total, secrets = base.execute(
        "select count(o.valeur), count(*), count(*) filter (o.valeur is null and o.confidentialite <> 'F') from territoires as t"
        " left join observations as o on o.territoire = t.territoire and o.indicateur = 'niveau_vie_median' and o.modalite = '_T'"
        " and o.periode = (select max(periode) from observations where indicateur = 'niveau_vie_median' and valeur is not null)"
        " where t.type_territoire = 'COM'"
    ).fetchone()
    ligne = re.search(r'COM\.html">Communes</a>.*?</tr>', texte, re.DOTALL)[0]
    assert f"{words.number(chiffres)} sur {words.number(total)}" in ligne
    assert f'<td class="n">{words.number(secrets)}</td></tr>' in ligne


def _pages(site: Path) -> list[str]:
    """Every kind of page, and three indicators, one with a map."""
    tailles = sorted((site / "indicateur").glob("*.html"), key=lambda p: p.stat().st_size)
    choisis = [
        tailles[0],
        tailles[len(tailles) // 2],
        tailles[-1],
        site / "indicateur/niveau_vie_median.html",
    ]
    seules = [
        "index.html",
        "sources.html",
        "niveaux.html",
        "tables.html",
        "niveau/EPCI.html",
        "niveau/COM.html",
    ]
    sources = [next((site / "source").glob("*.html"))]
    return seules + [str(p.relative_to(site)) for p in choisis + sources]


@navigateur_present
def test_axe_finds_nothing(site: Path, page: Page) -> None:
    axe = files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
    for chemin in _pages(site):
        page.goto((site / chemin).as_uri())
        page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
        page.evaluate(axe)
        trouve = page.evaluate("axe.run(document, {preload: false, resultTypes: ['violations', 'passes']})")
        assert trouve["passes"], "axe n'a rien regardé"
        fautes = [(v["id"], v["nodes"][0]["html"][:200]) for v in trouve["violations"]]
        assert not fautes, f"{chemin} : {fautes}"


@navigateur_present
def test_nothing_is_wider_than_a_telephone(site: Path, page: Page) -> None:
    # A reader who zooms scrolls one way only.
    page.set_viewport_size({"width": 360, "height": 800})
    for chemin in _pages(site):
        page.goto((site / chemin).as_uri())
        assert page.evaluate("document.documentElement.scrollWidth") <= 360, chemin


def _rapports(data: Path) -> list[Path]:
    exports = data / "published/current/exports"
    return [*sorted((exports / "portraits").glob("*.html")), exports / "tableau_de_bord.html"]


@navigateur_present
def test_axe_finds_nothing_in_the_reports_and_a_telephone_holds_them(data: Path, page: Page) -> None:
    axe = files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
    rapports = _rapports(data)
    assert len(rapports) >= 2
    for rapport in rapports:
        page.set_viewport_size({"width": 1180, "height": 900})
        page.goto(rapport.as_uri())
        page.evaluate(axe)
        trouve = page.evaluate("axe.run(document, {preload: false, resultTypes: ['violations', 'passes']})")
        assert trouve["passes"], "axe n'a rien regardé"
        assert not [(v["id"], v["nodes"][0]["html"][:200]) for v in trouve["violations"]], rapport.name
        page.set_viewport_size({"width": 360, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") <= 360, rapport.name


@navigateur_present
def test_axe_sees_a_fault(page: Page, tmp_path: Path) -> None:
    # The judge itself: a page with an unnamed picture is refused.
    (tmp_path / "faute.html").write_text(
        "<html><body><img src='x.png'><input></body></html>", encoding="utf-8"
    )
    page.route("**/x.png", lambda route: route.fulfill(status=200, body=""))
    page.goto((tmp_path / "faute.html").as_uri())
    page.evaluate(files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8"))
    trouves = {v["id"] for v in page.evaluate("axe.run(document, {preload: false})")["violations"]}
    assert {"image-alt", "label", "html-has-lang"} <= trouves


@navigateur_present
def test_search_by_keyboard_alone(site: Path, page: Page, base) -> None:
    page.goto((site / "index.html").as_uri())
    total = base.execute("select count(*) from indicateurs").fetchone()[0]
    assert page.locator("[data-mots]:visible").count() == total
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Aller au contenu"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "mots"
    page.keyboard.type("CHOMAGE localisé")  # without an accent, in capitals: found all the same
    page.wait_for_timeout(500)  # the search waits for the end of typing
    vus = page.locator("[data-mots]:visible a").all_text_contents()
    assert "Taux de chômage localisé" in vus and len(vus) < total
    assert page.locator("#compte").text_content() == (
        f"{len(vus)} indicateurs" if len(vus) > 1 else "1 indicateur"
    )
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    page.wait_for_url("**/indicateur/*.html")
    assert page.locator("h1").text_content() == vus[0]
    page.go_back()
    page.wait_for_function("document.getElementById('compte').textContent !== ''")
    assert page.locator("[data-mots]:visible").count() == len(vus), "revenir garde la recherche"
    page.fill("#mots", "zzzz")
    page.wait_for_function("document.getElementById('compte').textContent.startsWith('Aucun')")
    page.fill("#mots", "")
    page.wait_for_function("document.getElementById('compte').textContent === ''")
    assert page.locator("[data-mots]:visible").count() == total


@navigateur_present
def test_all_is_there_without_a_script(site: Path, navigateur: Browser, base) -> None:
    contexte = navigateur.new_context(java_script_enabled=False)
    page = contexte.new_page()
    page.goto((site / "index.html").as_uri())
    assert (
        page.locator(".liste a:visible").count()
        == base.execute("select count(*) from indicateurs").fetchone()[0]
    )
    assert not page.locator("#mots").is_visible()
    page.goto((site / "indicateur/taux_chomage_localise.html").as_uri())
    assert page.locator("figure svg[role=img]").first.get_attribute("aria-label")
    contexte.close()
