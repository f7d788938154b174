"""How figures are said in French, when a source is late, and the commands that only read."""

from __future__ import annotations

import io
from datetime import datetime, timedelta

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from publish import freshness, sql, words
from publish.__main__ import main
from publish.exports import styles
from tests.unit.publish.conftest import World


def test_numbers() -> None:
    assert words.number(3345842) == "3\u202f345\u202f842"
    assert words.number(-0.34, 1, sign=True) == "−0,3"
    assert words.number(0.04, 1, sign=True) == "0,0"
    assert words.number(None) == "n.d."
    assert words.valued(6.9, 1, "%") == "6,9\u202f%"
    assert words.valued(None, 1, "%", "C") == "secret" and words.valued(None, 1, "%", "F") == "n.d."
    assert words.change(0.3, "points", 1) == "+0,3\u202fpt" and words.change(None, "%", 0) == ""
    assert words.labelled("Dossiers déposés dans l'année", "dossiers") == "Dossiers déposés dans l'année"
    assert words.labelled("Emplois pour 100 habitants", "pour 100 habitants") == "Emplois pour 100 habitants"
    assert words.labelled("Défaillances", "unités légales") == "Défaillances (unités légales)"
    assert words.labelled("Taux de chômage", "%") == "Taux de chômage"
    assert words.size(999) == "999 o" and words.size(1_234_000) == "1,2 Mo"


@given(st.floats(allow_nan=False, allow_infinity=False, width=32), st.integers(0, 4))
def test_a_number_said_in_french_reads_back(value: float, decimals: int) -> None:
    said = words.number(value, decimals)
    assert float(said.replace("\u202f", "").replace(",", ".").replace("−", "-")) == pytest.approx(
        round(value, decimals), abs=1e-9
    )


@pytest.mark.parametrize(
    ("code", "said"), [("2023-T3", "T3 2023"), ("2025-08", "août 2025"), ("2023", "2023"), (None, "")]
)
def test_periods(code: str | None, said: str) -> None:
    assert words.period(code) == said


def test_number_formats_carry_decimals_unit_and_status() -> None:
    assert styles.pattern(1, "%") == '#,##0.0" %"'
    assert styles.pattern(0, "emplois", "P") == '#,##0" (p)"'
    assert styles.pattern(0, "euros par an") == '#,##0" €"'
    assert styles.rank_pattern(1, 13) == '0"er sur 13"' and styles.rank_pattern(11, 13) == '0"e sur 13"'


NOW = datetime(2026, 11, 23)


@pytest.mark.parametrize(
    ("rhythm", "delivered", "published", "state"),
    [
        ("trimestrielle", True, datetime(2026, 9, 20), "à jour"),
        ("trimestrielle", True, datetime(2023, 12, 20), "en retard"),
        ("mensuelle", True, None, "inconnue"),
        ("mensuelle", False, None, "jamais"),
        ("arretee", True, datetime(2021, 2, 23), "arrêtée"),
        ("arretee", False, None, "arrêtée"),
        ("suspendue", True, datetime(2021, 2, 23), "suspendue"),
        ("irreguliere", True, datetime(2021, 2, 23), "à jour"),
    ],
)
def test_freshness(rhythm: str, delivered: bool, published: datetime | None, state: str) -> None:
    assert freshness.judge(rhythm, delivered, published, NOW).etat == state


def test_sql_prints_a_result_and_cannot_write(world: World, capfd: pytest.CaptureFixture[str]) -> None:
    release = world.publish()
    console = Console(file=io.StringIO())
    assert sql.shell_binary() is not None
    question = (
        "select valeur::int as v from observations where territoire = 'REG-28' and indicateur ="
        " 'population_municipale'"
    )
    assert sql.run(release, question, console) == 0
    assert "3345842" in capfd.readouterr().out
    assert sql.run(release, "delete from observations", console) == 2
    assert "read-only" in capfd.readouterr().err.lower()


def test_sql_without_the_shell_falls_back(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    release = world.publish()
    monkeypatch.setattr(sql, "shell_binary", lambda: None)
    out = io.StringIO()
    assert sql.run(release, "select 41 + 1 as reponse", Console(file=out)) == 0
    assert "42" in out.getvalue() and "reponse" in out.getvalue()
    assert sql.run(release, "drop table observations", Console(file=out)) == 2


def test_commands_without_release_say_what_to_do(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("REFERENTIEL_DATA", str(world.settings.data))
    for arguments in (["sql", "select 1"], ["export"], ["status"]):
        assert main(arguments) == 2
        assert "make" in capsys.readouterr().err


@pytest.mark.exports
def test_export_and_rollback_commands(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    release = world.publish()
    monkeypatch.setenv("REFERENTIEL_DATA", str(world.settings.data))
    assert main(["export"]) == 0
    assert (world.settings.data / "exports" / release.nom / "chiffres_cles.xlsx").is_file()
    assert main(["rollback"]) == 0
    assert release.nom in capsys.readouterr().out
    assert main(["rollback", release.nom]) == 0


@pytest.mark.parametrize(
    ("rhythm", "held", "received", "state"),
    [
        ("mensuelle", datetime(2026, 8, 31), datetime(2026, 11, 1), "à jour"),
        ("mensuelle", datetime(2026, 3, 31), datetime(2026, 11, 1), "en retard"),
        ("trimestrielle", datetime(2026, 6, 30), datetime(2026, 11, 1), "à jour"),
        ("trimestrielle", datetime(2023, 9, 30), datetime(2026, 11, 1), "en retard"),
        ("annuelle", datetime(2023, 12, 31), datetime(2026, 11, 1), "à jour"),
        ("annuelle", datetime(2021, 12, 31), datetime(2026, 11, 1), "en retard"),
        ("annuelle", None, datetime(2026, 11, 1), "à jour"),
        ("annuelle", None, datetime(2025, 1, 1), "en retard"),
        ("irreguliere", None, datetime(2020, 1, 1), "à jour"),
        ("arretee", None, datetime(2020, 1, 1), "arrêtée"),
    ],
)
def test_freshness_without_a_date_of_publication(
    rhythm: str, held: datetime | None, received: datetime, state: str
) -> None:
    now = datetime(2026, 11, 25)
    assert freshness.judge(rhythm, True, None, now, held=held, received=received).etat == state


def test_a_release_says_the_state_that_the_status_says(world: World) -> None:
    """A source that its producer does not date is judged by the end of its last period, then by its
    reception: the release's own table, its note and `make status` say the same."""
    release = world.publish()
    with duckdb.connect(str(release.database)) as c:
        c.execute("update sources set frequence = 'trimestrielle', derniere_publication = null")
        end = c.execute(
            "select max(date_fin) from observations join indicateurs using (indicateur)"
            " where source = 'insee__synthetique' and valeur is not null"
        ).fetchone()[0]
        last = datetime(end.year, end.month, end.day)
        on_time = freshness.of_release(c, last + timedelta(days=100))["insee__synthetique"]
        late = freshness.of_release(c, last + timedelta(days=300))["insee__synthetique"]
        assert on_time.etat == "à jour"
        assert late.etat == "en retard" and "dernière période close il y a 300 jours" in late.mot
        # nothing of it has a period: its reception tells
        c.execute("update observations set valeur = null")
        received = freshness.of_release(c, datetime(2026, 2, 1))["insee__synthetique"]
        assert received.etat == "à jour"
        c.execute("delete from livraisons")
        assert freshness.of_release(c, last)["insee__synthetique"].etat == "inconnue"
