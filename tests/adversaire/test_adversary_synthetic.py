"""The adversary can win: on releases that leak, it finds the hidden figure exactly; on those that do not, it finds nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from attack import Adversary, Cell, Outcome
from synthetic_release import COMMUNES, VALUES, SyntheticRelease

MACRO = Path(__file__).resolve().parents[2] / "publish/macros/zone.sql"


def interval(outcome: Outcome, code: str) -> tuple[float, float]:
    """What was found of the hidden commune `code`."""
    return next(bounds for cell, bounds in outcome.intervals.items() if cell[3][1].split("@")[0] == code)


def fallen(outcome: Outcome) -> set[str]:
    return {one.cell[3][1].split("@")[0] for one in outcome.fallen}


def total(*codes: str) -> float:
    return sum(VALUES[code] for code in codes)


def test_a_total_beside_all_its_parts_but_one_gives_the_last_exactly() -> None:
    release = SyntheticRelease()
    release.communes(hidden={"14902"})
    release.figure("EPCI-1", total("14901", "14902", "14903"))
    outcome = Adversary(release.c).attack()
    assert outcome.attacked == 1
    assert interval(outcome, "14902") == pytest.approx((VALUES["14902"],) * 2)
    assert fallen(outcome) == {"14902"}


def test_two_hidden_parts_veil_each_other() -> None:
    release = SyntheticRelease()
    release.communes(hidden={"14902", "14903"})
    release.figure("EPCI-1", total("14901", "14902", "14903"))
    outcome = Adversary(release.c).attack()
    assert outcome.attacked == 2
    assert not outcome.fallen
    assert interval(outcome, "14902") == pytest.approx((0, total("14902", "14903")))


def test_the_difference_of_two_nested_totals_is_found() -> None:
    release = SyntheticRelease()
    release.communes(hidden={"14902", "14903", "14904"})
    release.figure("EPCI-1", total("14901", "14902", "14903"))
    release.figure("DEP-14", total(*[c for c in COMMUNES if c.startswith("14")]))
    outcome = Adversary(release.c).attack()
    assert fallen(outcome) == {"14904"}
    assert interval(outcome, "14904") == pytest.approx((VALUES["14904"],) * 2)


def test_a_narrow_interval_falls_too() -> None:
    release = SyntheticRelease()
    release.communes(hidden={"14902", "14903"})
    # What is left for the two hidden communes is 4: each is between 0 and 4, better than ± 3.
    release.figure("EPCI-1", VALUES["14901"] + 4)
    assert fallen(Adversary(release.c).attack()) == {"14902", "14903"}


def test_a_parent_total_less_its_other_parts_is_found() -> None:
    release = SyntheticRelease()
    release.figure("DEP-14", None)
    release.figure("DEP-27", 200.0)
    release.figure("REG-28", 500.0)
    # The region here has two départements; the adversary knows that the real one has five: nothing follows.
    assert not Adversary(release.c).attack().fallen
    for department in ("50", "61", "76"):
        release.place("DEP", department)
        release.member("DEP", department, f"{department}901")
        release.figure(f"DEP-{department}", 10.0)
    outcome = Adversary(release.c).attack()
    assert interval(outcome, "14") == pytest.approx((270, 270))


def test_a_merged_commune_beside_its_old_parts_is_found() -> None:
    release = SyntheticRelease()
    release.merge(2024, ["14901", "14999"], "14901")
    release.figure("COM-14999", None, cog=2024, today=False)
    release.figure("COM-14901", 30.0, cog=2024, today=False)
    assert not Adversary(release.c).attack().fallen
    release.figure("COM-14901", 47.0, cog=2026)
    outcome = Adversary(release.c).attack()
    assert interval(outcome, "14999") == pytest.approx((17, 17))


def test_a_ratio_and_its_other_term_give_a_hidden_term() -> None:
    release = SyntheticRelease()
    release.communes(hidden={"14902"})
    release.figure("COM-14902", 50.0, name="autre")
    assert not Adversary(release.c).attack().fallen
    release.figure("COM-14902", 30.0, name="part")
    outcome = Adversary(release.c).attack()
    assert interval(outcome, "14902") == pytest.approx((15, 15))


def test_a_breakdown_with_one_hidden_modality_is_found() -> None:
    release = SyntheticRelease()
    for code in COMMUNES:
        parts = {"secteur:A": 10.0, "secteur:B": 20.0, "secteur:C": 30.0}
        release.figure(f"COM-{code}", 60.0)
        for breakdown, value in parts.items():
            hide = code == "14902" and breakdown == "secteur:A"
            release.figure(f"COM-{code}", None if hide else value, breakdown=breakdown)
    outcome = Adversary(release.c).attack()
    assert interval(outcome, "14902") == pytest.approx((10, 10))


def test_a_number_of_units_is_a_figure() -> None:
    release = SyntheticRelease()
    release.c.execute("update seuils_diffusion set indicateur_menages = 'compte'")
    release.c.execute(
        "insert into seuils_diffusion select 'autre', * exclude (indicateur) from seuils_diffusion"
    )
    release.communes(hidden={"14902"})
    release.figure("COM-14902", 7.0, name="autre", units=41)
    assert interval(Adversary(release.c).attack(), "14902") == pytest.approx((41, 41))


def test_an_older_version_that_is_still_printed_falls() -> None:
    release = SyntheticRelease()
    release.communes(hidden={"14902"})
    release.figure("COM-14902", 40.0, today=False, until="2022-01-01")
    outcome = Adversary(release.c).attack()
    assert [one.how for one in outcome.fallen] == ["une version antérieure est imprimée"]


def test_a_hidden_figure_printed_today_falls() -> None:
    release = SyntheticRelease()
    release.communes(hidden={"14902"})
    release.figure("COM-14902", 40.0, history=False)
    assert fallen(Adversary(release.c).attack()) == {"14902"}


def test_zone_answers_nothing_that_holds_a_hidden_commune() -> None:
    release = SyntheticRelease()
    release.communes(hidden={"14902", "14903"})
    release.figure("EPCI-1", total("14901", "14902", "14903"))
    release.c.execute(MACRO.read_text(encoding="utf-8"))
    outcome = Adversary(release.c).attack(zones=50)
    assert outcome.zones_asked >= 6
    assert outcome.zones_answered > 0
    assert not outcome.fallen


def test_a_zone_that_sums_what_it_sees_would_be_caught() -> None:
    release = SyntheticRelease()
    release.communes(hidden={"14902", "14903"})
    release.figure("EPCI-1", total("14901", "14902", "14903"))
    # A wrong macro: it knows the hidden figures and refuses only lists of one commune.
    release.c.execute(
        "create table vrais as select unnest(?) as code, unnest(?) as v",
        [list(VALUES), list(VALUES.values())],
    )
    release.c.execute(
        "create macro zone(liste, un_indicateur) as table select '2021' as periode,"
        " case when len(liste) > 1 then (select sum(v) from vrais where code in (select unnest(liste))) end as valeur"
    )
    assert fallen(Adversary(release.c).attack(zones=50)) >= {"14902"}


def test_a_ratio_of_a_zone_would_be_caught() -> None:
    release = SyntheticRelease()
    release.communes(hidden={"14902", "14903"})
    release.communes(hidden=set(), name="autre")
    release.figure("EPCI-1", total("14901", "14902", "14903"))
    # A wrong macro: the true ratio of a zone that holds a hidden numerator, whose denominators are all printed.
    release.c.execute(
        "create table vrais as select unnest(?) as code, unnest(?) as v",
        [list(VALUES), list(VALUES.values())],
    )
    release.c.execute(
        "create macro zone(liste, un_indicateur) as table select '2021' as periode, case when un_indicateur = 'part' then"
        " (select 100 * sum(v) / sum(v) from vrais where code in (select unnest(liste))) end as valeur"
    )
    assert "14902" in fallen(Adversary(release.c).attack(zones=50))


CARRIED = (
    "create macro dans_cog(annee) as table select 'compte' as indicateur, {place} as territoire, '2021' as periode, '_T' as modalite,"
    " {value}::double as valeur, 'A' as statut, 2024 as millesime_cog"
)


def test_a_figure_given_in_another_geography_would_be_caught() -> None:
    release = SyntheticRelease()
    release.communes(hidden={"14902", "14903"})
    release.c.execute("insert into passages values (2018, '14902', 2026, '14902', 1, 'identite')")
    release.c.execute(CARRIED.format(place="'COM-14902'", value=VALUES["14902"]))
    assert not Adversary(release.c).attack().fallen
    assert fallen(Adversary(release.c, [2018]).attack()) == {"14902"}


def test_a_zone_given_in_another_geography_would_be_caught() -> None:
    release = SyntheticRelease()
    release.communes(hidden={"14902"})
    release.c.execute(CARRIED.format(place="'EPCI-1'", value=total("14901", "14902", "14903")))
    assert not Adversary(release.c).attack().fallen
    outcome = Adversary(release.c, [2024]).attack()
    assert outcome.carried == 1
    assert fallen(outcome) == {"14902"}


def test_the_regional_part_of_a_zone_is_a_total_like_another() -> None:
    release = SyntheticRelease()
    release.communes(hidden={"14902"})
    release.place("EPCI_PARTIE", "1-28")
    for code in ("14901", "14902"):
        release.member("EPCI_PARTIE", "1-28", code)
    assert not Adversary(release.c).attack().fallen
    release.figure("EPCI_PARTIE-1-28", total("14901", "14902"))
    assert fallen(Adversary(release.c).attack()) == {"14902"}


@pytest.mark.parametrize(
    ("units", "shares", "answer"),
    [
        ((5, 7), (0.3, 0.4), "publiée"),
        ((1, 1), (None, None), "Moins de 3 unités"),
        ((5, 7), (0.3, 1.0), "publiée"),
        ((5, 7), (0.3, None), "publiée"),
    ],
)
def test_zone_applies_the_threshold(units: tuple[int, int], shares: tuple[float, float], answer: str) -> None:
    release = SyntheticRelease()
    release.c.execute(MACRO.read_text(encoding="utf-8"))
    for code, count, share in zip(("14901", "14902"), units, shares, strict=True):
        release.figure(f"COM-{code}", VALUES[code], units=count, share=share)
    value, reason = release.c.execute(
        "select valeur, motif from zone(['14901', '14902'], 'compte')"
    ).fetchone()
    assert (value is not None) == (answer == "publiée")
    assert value is not None or answer in reason


def test_zone_refuses_a_unit_that_dominates() -> None:
    release = SyntheticRelease()
    release.c.execute(MACRO.read_text(encoding="utf-8"))
    release.figure("COM-14901", 10.0, units=5, share=0.5)
    release.figure("COM-14902", 990.0, units=5, share=0.9)
    value, reason = release.c.execute(
        "select valeur, motif from zone(['14901', '14902'], 'compte')"
    ).fetchone()
    assert value is None
    assert "85 %" in reason


def test_protection_intervals_come_from_the_data() -> None:
    release = SyntheticRelease()
    release.c.execute("update seuils_diffusion set protection_relative = 0.6, protection_absolue = 40")
    release.communes(hidden={"14902", "14903"})
    release.figure("EPCI-1", total("14901", "14902", "14903") - 40)
    assert len(Adversary(release.c).attack().fallen) == 2


def test_the_cells_are_named_with_their_place() -> None:
    release = SyntheticRelease()
    release.communes(hidden={"14902"})
    cell: Cell = ("compte", "2021", "_T", ("COM", "14902"))
    assert set(Adversary(release.c).hidden) == {cell}
