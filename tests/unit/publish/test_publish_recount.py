"""Figures counted from the rows of a delivery, without the models: what is whole is counted, what is not is not."""

from __future__ import annotations

import pytest

from publish.recount import RECIPES

FILES = [
    {"series_key": f"IFI.M.D{n:02d}.SUREN.DEPOT", "annee": "2023", "depots": "10.0", "mois": "12"}
    for n in range(96)
]
UNITS = [
    {"ANNEE": "2021", "REG": region, "A21": section, "NB_UL": count}
    for region, section, count in [
        ("28", "B", "1"), ("28", "C", "2"), ("28", "D", "3"), ("28", "E", "4"), ("28", "F", "7"), ("28", "M", "5"),
        ("28", "N", "s"), ("FR", "F", "70"), ("FR", "M", "50"), ("FR", "N", "60"),
    ]
]  # fmt: skip
LABELS = [
    {"Région": region, "Univers": universe, "Date de labellisation": day, "Date de fin de labellisation": end}
    for region, universe, day, end in [
        ("GRAND-EST", "Mode et Beauté", "2026-02-01", "2031-02-01"),
        ("Grand Est", "Mode et beauté", "2020-02-01", "2026-02-01"),
        ("Grand Est", "Gastronomie", "2020-01-01", "2026-01-31"),
        ("Ailleurs", "Gastronomie", "2026-01-01", "2031-01-01"),
        ("NORMANDIE", "Gastronomie", "2026-01-01", "2031-01-01"),
    ]
]
NAMES = {"REG-44": "Grand Est", "REG-28": "Normandie", "DEP-14": "Calvados"}


@pytest.mark.parametrize(
    ("source", "rows", "figure", "expected"),
    [
        ("bdf__surendettement_annuel", FILES, ("DEP-14", "2023", "_T"), 10),
        ("bdf__surendettement_annuel", FILES, ("FRANCE-FM", "2023", "_T"), 960),
        ("bdf__surendettement_annuel", FILES[1:], ("FRANCE-FM", "2023", "_T"), None),
        (
            "bdf__surendettement_annuel",
            [FILES[0] | {"mois": "11"}, *FILES[1:]],
            ("DEP-00", "2023", "_T"),
            None,
        ),
        # a region has a code of département too
        ("bdf__surendettement_annuel", FILES, ("REG-28", "2023", "_T"), None),
        ("insee__unites_legales_regions", UNITS, ("REG-28", "2021", "secteur_diren:BE"), 10),
        ("insee__unites_legales_regions", UNITS, ("REG-28", "2021", "secteur_diren:FZ"), 7),
        ("insee__unites_legales_regions", UNITS, ("REG-28", "2021", "secteur_diren:MN"), None),
        ("insee__unites_legales_regions", UNITS, ("FRANCE-F", "2021", "secteur_diren:MN"), 110),
        ("economie__epv", LABELS, ("REG-44", "2026-02", "_T"), 2),
        ("economie__epv", LABELS, ("FRANCE-F", "2026-02", "univers:gastronomie"), 1),
        ("economie__epv", LABELS, ("FRANCE-F", "2026-01", "_T"), None),
    ],
)
def test_a_figure_is_counted_again_or_not_at_all(
    source: str, rows: list[dict[str, str]], figure: tuple[str, str, str], expected: float | None
) -> None:
    assert RECIPES[source](rows, *figure, NAMES) == expected
