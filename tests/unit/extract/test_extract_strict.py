"""What the yaml expects is demanded; what it does not know is refused; nothing is cast or lost on the way."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as limits
from hypothesis import strategies as st

from extract.definitions import Part
from extract.errors import DeliveryRefused
from extract.landing import content_hash
from extract.reading import Table
from extract.reading.table import quoted
from extract.strict import shaped


def _shape(columns: list[str], rows: list[list[str | None]], **attendu: Any) -> Table:
    part = Part("insee__essai", None, {}, {}, {"colonnes": columns, "lignes_min": 1} | attendu)
    return shaped(Table.of_rows(columns, rows), part)


def _rows(table: Table) -> list[tuple[Any, ...]]:
    names = ", ".join(quoted(name) for name in table.columns)
    return table.connection.execute(f"select {names} from brut order by _n").fetchall()


@pytest.mark.parametrize(
    ("attendu", "said"),
    [
        ({"colonnes": ["CODE"]}, "colonne inconnue : V"),
        ({"colonnes": ["CODE", "V", "X"]}, "colonne attendue absente : X"),
        ({"colonnes": ["CODE", "W"]}, "absente : W ; colonne inconnue : V"),
        ({"lignes_min": 4}, "3 lignes reçues, il en faut au moins 4"),
        ({"cle": ["CODE"]}, "doubl.* « 02 » .ligne 2."),
        ({"motifs": {"V": "[0-9]+"}}, "V : valeurs .* « 1,5 » .ligne 3."),
        ({"modalites": {"CODE": ["01"]}}, "modalité inconnue : « 02 »"),
        ({"presentes": {"CODE": ["01", "03"]}}, "valeur attendue absente : 03"),
    ],
)
def test_refused(attendu: dict[str, Any], said: str) -> None:
    with pytest.raises(DeliveryRefused, match=said):
        _shape(["CODE", "V"], [["01", "1"], ["02", None], ["02", "1,5"]], **attendu)


def test_more_rows_than_expected_are_told_not_refused() -> None:
    assert "2 au plus" in _shape(["A"], [["1"], ["2"], ["3"]], lignes_max=2).warnings[0]
    assert _shape(["A"], [["1"], ["2"]], lignes_max=2).warnings == ()


@pytest.mark.parametrize(
    ("form", "periods", "since", "said"),
    [
        ("annee", ["2021", "2023"], None, "absente : 2022"),
        ("annee", ["2022", "2023"], "2020", "absente : 2020, 2021"),
        ("annee", ["2022", "2023"], "2024", "absente : 2024"),
        ("annee", ["2022", "23"], None, "n'est pas « annee » : « 23 »"),
        ("trimestre", ["2022-Q4", "2023T2"], None, "absente : 2023-T1"),
        ("mois", ["2022-11", "2023-01-31"], None, "absente : 2022-12"),
        ("mois", ["2022-13"], None, "« 2022-13 »"),
        ("annee", [None], None, "aucune période"),
    ],
)
def test_periods_are_all_there(form: str, periods: list[str | None], since: str | None, said: str) -> None:
    rule = {"colonne": "P", "forme": form} | ({"depuis": since} if since else {})
    with pytest.raises(DeliveryRefused, match=said):
        _shape(["P"], [[period] for period in periods], periodes=rule)


def test_periods_without_a_hole_are_accepted() -> None:
    rule = {"colonne": "P", "forme": "trimestre", "depuis": "2022-T3"}
    assert _shape(["P"], [["2022-Q4"], ["2022T3"], ["2023-T1"], ["2022-T4"]], periodes=rule).rows == 4


def test_ignored_optional_renamed_and_constant_columns() -> None:
    part = Part(
        "insee__essai",
        None,
        {},
        {},
        {
            "colonnes": ["COM"],
            "colonnes_facultatives": ["NOM", "ABSENTE"],
            "colonnes_ignorees": ["X[0-9]"],
            "renommer": {"COM": "CODE"},
            "constantes": {"niveau": "l'un"},
            "lignes_min": 1,
        },
    )
    table = shaped(Table.of_rows(["X1", "NOM", "COM"], [["x", "Été", "01"]]), part)
    assert table.columns == part.landing_columns == ("niveau", "CODE", "NOM", "ABSENTE")
    assert _rows(table) == [("l'un", "01", "Été", None)]


def test_unpivoted_columns_become_rows_in_order() -> None:
    rule = {"colonnes": "([0-9]{4}-T[1-4])", "nom": "periode", "valeur": "valeur", "min": 2}
    part = Part(
        "insee__essai",
        None,
        {},
        {},
        {"colonnes": ["CODE"], "depivoter": rule, "lignes_min": 2, "cle": ["CODE", "periode"]},
    )
    read = [["01", "1", None], ["02", "3", "4,5"]]
    table = shaped(Table.of_rows(["CODE", "2003-T1", "2003-T2"], read), part)
    assert _rows(table) == [
        ("01", "2003-T1", "1"),
        ("01", "2003-T2", None),
        ("02", "2003-T1", "3"),
        ("02", "2003-T2", "4,5"),
    ]
    with pytest.raises(DeliveryRefused, match=r"1 colonnes .* au lieu d'au moins 2"):
        shaped(Table.of_rows(["CODE", "2003-T1"], [["01", "1"]]), part)


TEXTS = st.one_of(st.none(), st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=8))


@limits(max_examples=60, deadline=None)
@given(st.lists(st.tuples(TEXTS, TEXTS), min_size=1, max_size=12))
def test_values_come_out_as_they_went_in(rows: list[tuple[str | None, str | None]]) -> None:
    table = _shape(["a", "b"], [list(row) for row in rows])
    assert _rows(table) == rows


@limits(max_examples=40, deadline=None)
@given(st.lists(st.tuples(TEXTS, TEXTS), min_size=1, max_size=12), st.randoms())
def test_content_hash_ignores_the_order_and_nothing_else(
    rows: list[tuple[str | None, str | None]], chance: Any
) -> None:
    table = Table.of_rows(["a", "b"], rows)
    shuffled = list(rows)
    chance.shuffle(shuffled)
    assert content_hash(Table.of_rows(["a", "b"], shuffled)) == content_hash(table)
    assert content_hash(Table.of_rows(["a", "c"], rows)) != content_hash(table)
    changed = [(*rows[0][:1], (rows[0][1] or "") + "x"), *rows[1:]]
    assert content_hash(Table.of_rows(["a", "b"], changed)) != content_hash(table)
    assert content_hash(Table.of_rows(["a", "b"], [*rows, rows[0], rows[0]])) != content_hash(table)
