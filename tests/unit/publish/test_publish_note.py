"""NOTE.md as its reader meets it: whose figure moved, from what to what, what is gone, what was refused."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import duckdb
import pytest

from expectations.model import Controle, Verdict
from publish import note
from publish.operations import feed
from publish.releases import Release
from tests.unit.publish.conftest import MOMENT, World

PERCENT = "\u202f%"


def told(release: Release) -> str:
    return (release.folder / "NOTE.md").read_text(encoding="utf-8")


def after(world: World, *changes: str) -> str:
    """The note of a release made once these statements changed the candidate of the one before."""
    world.publish("a" * 64)
    with duckdb.connect(str(world.candidate)) as c:
        for change in changes:
            c.execute(change)
    return told(world.publish("b" * 64))


def rate(value: object, period: str = "2023-T3") -> str:
    """Normandie's rate of unemployment, changed: 6,9 % in the third quarter of 2023."""
    return (
        f"update observations set valeur = {value} where indicateur = 'taux_chomage_localise' and territoire ="
        f" 'REG-28' and periode = '{period}'"
    )


def brief(text: str) -> list[str]:
    return text[text.index("## En bref") : text.index("\n\n## ", text.index("## En bref"))].splitlines()[2:]


def test_note_says_what_changed(world: World) -> None:
    assert "Première release" in told(world.publish("0" * 64))
    text = after(
        world,
        rate(7.4),
        "delete from observations where indicateur = 'emploi_salarie' and territoire = 'DEP-61'",
    )
    assert (
        "Taux chomage localise (`taux_chomage_localise`) | 0 | 0 | 1 | Territoire synthétique REG 28 (REG-28),"
        f" T3 2023 : 6,9{PERCENT} → 7,4{PERCENT} |" in text
    )
    assert (
        "- Taux chomage localise, Territoire synthétique REG 28 (REG-28), T3 2023 :"
        f" 6,9{PERCENT} → 7,4{PERCENT} (7,2{PERCENT})" in text
    )
    assert "(`emploi_salarie`) | 0 | 1 | 0 |" in text
    lines = brief(text)
    assert lines[:3] == [
        "- Nouveau : rien.",
        "- Révisé : 1 chiffre (Taux chomage localise).",
        "- Retiré : 1 chiffre (Emploi salarie).",
    ]
    assert lines[3].startswith("- En retard : ") and lines[4].startswith("- Refusé ou en échec : ")
    root = ET.parse(feed.write(world.settings.published, MOMENT)).getroot()
    summary = root.findtext(f"{{{feed.ATOM}}}entry/{{{feed.ATOM}}}summary")
    assert summary is not None and summary.splitlines() == lines, "the feed tells what the note tells"


def test_nothing_withdrawn_is_not_told(world: World) -> None:
    assert not [line for line in brief(after(world, rate(7.4))) if line.startswith("- Retiré")]


def test_indicator_that_left_the_dictionary_is_told_by_its_former_name(world: World) -> None:
    text = after(
        world,
        *(f"delete from {table} where indicateur = 'emploi_salarie'" for table in
          ("indicateurs", "observations", "chiffres_cles")),
    )  # fmt: skip
    assert any(
        line.startswith("- Retiré : ") and line.endswith("(Emploi salarie).") for line in brief(text)
    ), brief(text)


def test_detail_is_not_told_as_the_figure_of_its_territory(world: World) -> None:
    detail = (
        "insert into observations select * replace ('{0}' as modalite, {1} as valeur) from observations where"
        " indicateur = 'emploi_salarie' and territoire = 'REG-28'"
    )
    with duckdb.connect(str(world.candidate)) as c:
        c.execute("insert into modalites values ('secteur:AZ', 'secteur', 'AZ', 'Agriculture', null)")
        c.execute(detail.format("secteur:AZ", 83056))
    text = after(world, "update observations set valeur = 83058 where modalite = 'secteur:AZ'")
    place = "Territoire synthétique REG 28 (REG-28)"
    moved = "83\u202f056 → 83\u202f058"
    assert f"(`emploi_salarie`) | 0 | 0 | 1 | {place}, Agriculture, T4 2022 : {moved} |" in text
    assert f"- Emploi salarie (Agriculture), {place}, T4 2022 : {moved} (moins de 0,1{PERCENT})" in text, text


@pytest.mark.parametrize(
    ("new", "said"),
    [
        (7.2, f"6,9{PERCENT} → 7,2{PERCENT}"),
        (6.94, f"6,90{PERCENT} → 6,94{PERCENT}"),
        (6.9004, f"6,9000{PERCENT} → 6,9004{PERCENT}"),
        (6.96, f"6,9{PERCENT} → 7,0{PERCENT}"),
    ],
)
def test_revision_shows_where_it_moves(world: World, new: float, said: str) -> None:
    """At the indicator's decimals when they tell the two apart, else with as many as it takes."""
    text = after(world, rate(new))
    assert text.count(f" : {said}") == 2, text


def test_figure_that_only_became_secret_has_no_strongest_revision(world: World) -> None:
    """Neither has one of which only the secrecy changed: « 45,0 → 45,0 » says nothing."""
    text = after(
        world,
        "update observations set confidentialite = 'N' where indicateur = 'emploi_salarie' and territoire = 'REG-28'",
    )
    assert "(`emploi_salarie`) | 0 | 0 | 1 |  |" in text


def test_refused_source_says_when_it_was_last_received(world: World) -> None:
    """What was accepted last may be another partition than the refused one, received a second later."""
    with duckdb.connect(str(world.candidate)) as c:
        c.execute("update sources set dernier_motif = 'commune : HTML' where dernier_resultat = 'refuse'")
    text = told(world.publish())
    assert (
        "(`bdf__synthetique`) : refusée, commune : HTML ; dernière réception réussie le 05/01/2026." in text
    )


def test_a_warning_is_told_by_names_that_its_reader_knows() -> None:
    """Never by keys, columns and Python's missing values, and the workbook holds the rest."""
    rows = tuple(
        {
            "indicateur": "emploi",
            "territoire": "REG-28",
            "periode": "2023-T3",
            "modalite": m,
            "avant": 1500.0,
            "apres": 7,
        }
        for m in ("_T", "secteur:A", "secteur:B", "secteur:C")
    )
    never = {"derniere_livraison": None, "source": "insee__jeu", "dernier_motif": float("nan")}
    verdict = Verdict(
        [
            Controle(
                "a",
                "publication",
                "avertissement",
                "averti",
                "observations",
                "Rien ne bouge.",
                "",
                rows,
                "nouveautes",
            ),
            Controle("b", "publication", "avertissement", "averti", "sources", "Tout arrive.", "", (never,)),
        ]
    )
    labels = {
        "indicateur": {"emploi": "Emploi salarié"},
        "territoire": {"REG-28": "Normandie"},
        "modalite": {"secteur:A": "Agriculture", "secteur:B": "Bois"},
        "source": {"insee__jeu": "Un jeu"},
    }
    said = note._warnings(verdict, [], labels)
    assert (
        "- Rien ne bouge. 4 lignes, dans `qualite/vigilance.xlsx` : « Emploi salarié, Normandie, T3 2023\u00a0: 1500 → 7 » ;"
        " « Emploi salarié, Normandie, Agriculture, T3 2023\u00a0: 1500 → 7 » ; « Emploi salarié, Normandie, Bois, T3 2023\u00a0:"
        " 1500 → 7 » ; et 1 autre." in said
    )
    assert "- Tout arrive. 1 ligne : « Un jeu »." in said
